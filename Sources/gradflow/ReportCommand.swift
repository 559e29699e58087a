import ArgumentParser
import Files
import Reports
import Traces
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "One page of finished runs: verdicts, Table 1, claims, Figures 1 to 7.",
    discussion: """
      The page needs nothing but itself: no network, no scripts. The same runs give the same bytes.

      Exit codes: 0 the page was written and nothing on it failed; 1 it was written, and a claim does not hold, the engine has \
      drifted from its goldens, or a run diverged.
      """)

  @OptionGroup var options: RunsOptions
  @OptionGroup var goldens: AgainstOption

  @Option(help: "The page.")
  var out = "report.html"

  @Option(help: "Write each figure as an SVG file of its own into this directory too.")
  var figures: String?

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty: name a file") }
    try OutputDirectory.check(figures, option: "--figures")
    if figures == "" { throw ValidationError("--figures is empty: name a directory") }
  }

  func run() throws {
    let traces = try options.runs.flatMap {
      try RunTraces.runs(in: $0).flatMap { RunDirectory(path: $0).files } + RunTraces.goldens(in: $0)
    }
    let inputs = traces + goldens.files
    let output = try OutputFile(out, option: "--out", inputs: inputs)
    let runs = try options.load()
    let page = Page(runs, engine: try goldens.findings(runs))
    try page.write(to: output, figures: figures, inputs: inputs)
    if page.hasFailure { throw Stop(.failed) }
  }
}

extension Page {
  /// Writes the page, and the figures where a directory for them is given; prints what it says and where it is.
  ///
  /// - Parameter inputs: files that must not be overwritten by a figure.
  func write(to page: OutputFile, figures directory: String?, inputs: [String] = []) throws {
    let files = try figures.all.map { figure in
      try directory.map {
        (figure, try OutputFile("\($0)/\(figure.fileName)", option: "--figures", inputs: inputs + [page.path]))
      }
    }.compactMap { $0 }
    try page.write(html)
    if let directory {
      try createDirectory(directory)
      for (figure, file) in files { try file.write(figure.file) }
    }
    try page.tell("engine   \(table.engineSummary)")
    try page.tell("claims   \(claims.summary)")
    try page.tell("report   \(page.path)")
    if let directory { try page.tell("figures  \(directory) (\(figures.all.count) files)") }
  }
}
