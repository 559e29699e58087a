import ArgumentParser
import Files
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "One page of finished runs: verdicts, Table 1, claims, Figures 1 to 7.",
    discussion: """
      The page needs nothing but itself: no network, no scripts. The same runs give the same bytes.

      Exit codes: 0 the page was written and nothing on it failed; 1 it was written, and a claim does not hold or the engine \
      has drifted from its goldens.
      """)

  @OptionGroup var options: RunsOptions
  @OptionGroup var goldens: AgainstOption

  @Option(help: "The page.")
  var out = "report.html"

  @Option(help: "Write each figure as an SVG file of its own into this directory too.")
  var figures: String?

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty: name a file") }
    if figures == "" { throw ValidationError("--figures is empty: name a directory") }
  }

  func run() throws {
    let runs = try options.load()
    let page = Page(runs, engine: try goldens.findings(runs))
    try page.write(to: out, figures: figures)
    if page.hasFailure { throw Stop(.failed) }
  }
}

extension Page {
  /// Writes the page, and the figures where a directory for them is given; prints what it says and where it is.
  func write(to path: String, figures directory: String?) throws {
    try AtomicFile.write(html, to: path)
    if let directory {
      try createDirectory(directory)
      for figure in figures.all { try AtomicFile.write(figure.file, to: "\(directory)/\(figure.name).svg") }
    }
    try Console.print("engine   \(table.engineSummary)")
    try Console.print("claims   \(claims.summary)")
    try Console.print("report   \(path)")
    if let directory { try Console.print("figures  \(directory) (\(figures.all.count) files)") }
  }
}
