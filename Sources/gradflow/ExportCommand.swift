import ArgumentParser
import Files
import Reports
import Traces

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "A run's metrics in other tools' formats.",
    discussion: """
      csv: a line an epoch, a column a number, exact; to standard output unless --out names a file.
      tensorboard: an event file in the directory --out, RUN/tensorboard if not given, and tensorboard/ROW-sSEED for a single \
      trace; `tensorboard --logdir` shows it. There, an epoch takes a second. Exporting again appends the epochs made since, which a TensorBoard that is open shows.
      """)

  @Argument(help: ArgumentHelp("A run's directory, or its trace.", valueName: "run"))
  var source: String

  @Option(help: "csv or tensorboard.")
  var format: Form

  @Option(help: "The file or directory to be written.")
  var out: String?

  enum Form: String, CaseIterable, ExpressibleByArgument { case csv, tensorboard }

  func validate() throws {
    if out == "" { throw ValidationError("--out is empty") }
    if format == .tensorboard { try OutputDirectory.check(out, option: "--out") }
  }

  func run() throws {
    let trace = try TracePath.whole(source)
    if trace.epochs.isEmpty { throw Stop(.impossible, "\(source) has no epoch yet: there is nothing to export") }
    switch format {
    case .csv:
      let lines = MetricsCSV.lines(trace)
      if let out {
        try OutputFile(out, option: "--out", inputs: InputFiles.run(source)).write(lines.map { $0 + "\n" }.joined())
      } else {
        for line in lines { try Console.print(line) }
      }
    case .tensorboard:
      let directory = out ?? (isDirectory(source) ? source + "/tensorboard" : "tensorboard/\(trace.header.runName)")
      try Console.print(try EventDirectory(directory).add(trace))
    }
  }
}
