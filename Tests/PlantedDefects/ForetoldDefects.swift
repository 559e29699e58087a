/// Faults that other projects' bug reports foretold and that were mended here: each takes one mend back.
let foretoldDefects = [
  HarnessDefect(
    "foretold-other-images", "images in CIFAR-100's layout are the report's data, whichever they are",
    "Sources/Reports/Published/ProtocolSettings.swift",
    within: "run.header.dataName == dataName && run.header.dataFingerprint == dataFingerprint",
    "run.header.dataFingerprint == dataFingerprint", "true", noticedBy: "ReportsTests.Table1Tests"),
  HarnessDefect(
    "foretold-other-images-unsaid", "nobody is warned that a run on other images will not be judged",
    "Sources/gradflow/TrainingOptions.swift",
    statement: "if problems.isEmpty, !isOther { return [] }", "return []", noticedBy: "CommandTests.DataCommandTests"),
  HarnessDefect(
    "foretold-closed-stream", "a file that is opened gets the number of a closed standard stream",
    "Sources/gradflow/Console.swift",
    within: "static func prepare() {\n    occupyStandardDescriptors()", "occupyStandardDescriptors()", "", form: .statement,
    noticedBy: "CommandTests.StreamTests"),
  HarnessDefect(
    "foretold-output-is-input", "an output that is an input under another spelling is taken", "Sources/gradflow/OutputFile.swift",
    "isSameFile($0, self.path)", "$0 == self.path", noticedBy: "CommandTests.OutputTests"),
  HarnessDefect(
    "foretold-own-epochs", "a recorded row must have the profile's epochs, not its own",
    "Sources/gradflow/Golden/GoldenRecordCommand.swift",
    within: "known.map { $0.epochs ?? profile.epochs }", "$0.epochs ?? profile.epochs",
    "profile.epochs", noticedBy: "CommandTests.MatrixGoldenTests"),
  HarnessDefect(
    "foretold-undescribed-row", "a golden of a row that no file describes ends the check of all",
    "Sources/gradflow/Golden/GoldenCheckCommand.swift",
    statement: "check.add(undescribed: name)", "throw Stop(.impossible, \"there is no row \\(name)\")",
    noticedBy: "CommandTests.MatrixGoldenTests"),
  HarnessDefect(
    "foretold-diverged", "a run that diverged is one that nobody finished", "Sources/gradflow/Golden/GoldenCheck.swift",
    "DivergedRun(in: path)", "DivergedRun?.none", noticedBy: "CommandTests.MatrixGoldenTests"),
  HarnessDefect(
    "foretold-diverged-page", "the page and the table know nothing of a run that diverged",
    "Sources/Reports/Runs/RunSet+Reading.swift",
    "DivergedRun(in: run)", "DivergedRun?.none", noticedBy: "ReportsTests.RunSetTests"),
  HarnessDefect(
    "foretold-device-replaced", "a name of standard output is replaced by a file", "Sources/Files/OutputPath.swift",
    within: "if let number = ownDescriptor(path) {", "ownDescriptor(path)", "Int32?.none",
    noticedBy: "FilesTests.OutputPathTests"),
  HarnessDefect(
    "foretold-pipe-full", "what a pipe does not take at once is lost", "Sources/gradflow/Console.swift",
    "errno == EAGAIN", "false", noticedBy: "CommandTests.StreamTests"),
  HarnessDefect(
    "foretold-affinity", "there are as many threads as the machine has processors", "Sources/SystemLimits/Processors.swift",
    "affine(root) ?? online", "online", noticedBy: "SystemLimitsTests.ProcessorTests"),
  HarnessDefect(
    "foretold-wait", "who waits keeps its processor, whoever wants it", "Sources/Kernels/Waiting.swift",
    "after - before > Self.taken", "false", noticedBy: "KernelsTests.WorkerPoolTests"),
  HarnessDefect(
    "foretold-memory", "gradient checks begin without the memory for them", "Sources/gradflow/GradcheckCommand.swift",
    within: "need: Self.memoryNeed", "Self.memoryNeed", "0", noticedBy: "CommandTests.MachineLimitTests"),
  HarnessDefect(
    "foretold-revision", "a manifest names what is checked out where the program is called", "Sources/gradflow/Manifest.swift",
    within: ".init(\"revision\", Revision.current", "Revision.current",
    "(try? readFile(\".git/HEAD\")).map { String(decoding: $0, as: UTF8.self) }", noticedBy: "CommandTests.CheckoutTests"),
  HarnessDefect(
    "foretold-torn", "golden show refuses a trace whose last frame is torn", "Sources/gradflow/TracePath.swift",
    statement: "if let torn = trace.torn { Console.log(\"gradflow: warning: \\(path): \\(torn)\") }",
    "if trace.torn != nil { throw Stop(.impossible, \"\\(path): get or make it again\") }",
    noticedBy: "CommandTests.MatrixGoldenTests"),
  HarnessDefect(
    "foretold-byte-order-mark", "a byte-order mark is part of a matrix file's first key", "Sources/Experiments/MatrixFile.swift",
    "bytes.starts(with: mark) ? bytes[3...] : bytes[...]", "bytes[...]", noticedBy: "ExperimentsTests.MatrixFileTests"),
  HarnessDefect(
    "foretold-scripts", "the page lets scripts run", "Sources/Reports/Page/Page.swift",
    within: "private static let policy = \"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"",
    "\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"",
    "\"script-src 'unsafe-inline'; style-src 'unsafe-inline'\"", noticedBy: "CommandTests.ReportCommandTests"),
  HarnessDefect(
    "foretold-markup", "an angle bracket in a name is markup on the page", "Sources/Files/XMLText.swift",
    within: "case \"<\": result += \"&lt;\"", "\"&lt;\"", "\"<\"", noticedBy: "CommandTests.ReportCommandTests"),
  HarnessDefect(
    "foretold-markup-figure", "a row's name is markup in the labels of a figure", "Sources/Reports/Drawing/SVG.swift",
    "escapedForXML(text)", "text", noticedBy: "CommandTests.ReportCommandTests"),
  HarnessDefect(
    "foretold-markup-markdown", "a row's name is markup in a Markdown table", "Sources/Reports/TextTable+Forms.swift",
    within: "case \"<\": result += \"&lt;\"", "\"&lt;\"", "\"<\"", noticedBy: "CommandTests.ReportCommandTests"),
  HarnessDefect(
    "foretold-trace-size", "a run begins whose trace nothing could read", "Sources/Training/TraceSize.swift",
    "bytes <= Trace.sizeLimit", "true", noticedBy: "TrainingTests.TraceSizeTests"),
  HarnessDefect(
    "foretold-gradient", "a gradient that is not finite goes into the parameters", "Sources/Training/TrainingStep.swift",
    "network.firstNonFiniteGradient()", "String?.none", noticedBy: "TrainingTests.NonFiniteTests"),
]
