/// Mistakes that this program had, and that readers found who had not written it.
let foundDefects = [
  HarnessDefect(
    "found-noise-alike", "seeds of one and the same accuracy count as a measured scatter of zero", "Sources/Reports/Noise.swift",
    "sample.values.contains { $0 != sample.values[0] }", "true", noticedBy: "ReportsTests.NoiseTests"),
  HarnessDefect(
    "found-noise-images", "more test images make seeds agree more", "Sources/Reports/Noise.swift",
    "max(counting, least(accuracy: accuracy))", "counting", noticedBy: "ReportsTests.NoiseTests"),
  HarnessDefect(
    "found-needs-unmeasured", "seeds too few to measure their scatter are said to decide a claim by it",
    "Sources/Reports/Claims/AccuracyClaims.swift",
    "max($0, Noise.seedsToMeasure(rows: rows.count))", "$0", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "found-claim-6-dead", "a dead plain network loses infinitely many orders of magnitude",
    "Sources/Reports/Claims/GradientClaims.swift",
    within: "try losses(run, whereNoFlow: -.infinity)", "-.infinity", ".infinity", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "found-scatter-of-nothing", "the losses of a network that does not learn scatter as its gradients do",
    "Sources/Reports/Scatter.swift",
    statement: "guard case .gradient = quantity else { return nil }", "",
    noticedBy: "ReportsTests.CurveDistancesTests"),
  HarnessDefect(
    "found-recorded-claims", "claims are as recorded, whatever was recorded", "Sources/gradflow/Night/NightVerdict.swift",
    "verdicts[$0.number] == $0.verdict", "true",
    noticedBy: "CommandTests.NightlyCommandTests"),
  HarnessDefect(
    "found-impossible-header", "a trace's header may tell any settings", "Sources/Training/RunIdentity.swift",
    within: "if let problem = settings.problem", "settings.problem", "String?.none", noticedBy: "TrainingTests.ReplayTests"),
  HarnessDefect(
    "found-compressed-by-name", "a compressed trace is known by its name alone", "Sources/Traces/Trace.swift",
    "Zstd.isCompressed(data, name: path)", "path.hasSuffix(\".zst\")",
    noticedBy: "ReportsTests.RunSetTests"),
  HarnessDefect(
    "found-other-events", "another run's events go into the same directory", "Sources/Reports/Export/EventDirectory.swift",
    "found != name", "false", noticedBy: "ReportsTests.EventDirectoryTests"),
  HarnessDefect(
    "found-replay-silent", "replay says nothing of a step whose state is not the trace's", "Sources/gradflow/ReplayCommand.swift",
    "(isOther ? step.position : nil)", "nil", noticedBy: "CommandTests.BisectCommandTests"),
  HarnessDefect(
    "found-leftovers", "a signal leaves what was begun", "Sources/gradflow/Interrupts.swift",
    statement: "Leftovers.clear()", "", noticedBy: "CommandTests.BisectCommandTests"),
  HarnessDefect(
    "found-repaired-name", "an argument that is not UTF-8 names another file", "Sources/gradflow/Gradflow.swift",
    statement: "try checkArguments()", "", noticedBy: "CommandTests.UsageTests"),
]
