import ArgumentParser
import Files
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "One page of finished runs: verdicts, Table 1, claims, Figures 1 to 7.",
    discussion: """
      The page needs nothing but itself: no network, no scripts. The same runs give the same bytes.
      """)

  @OptionGroup var options: RunsOptions

  @Option(help: "The page.")
  var out = "report.html"

  @Option(help: "Write each figure as an SVG file of its own into this directory too.")
  var figures: String?

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty: name a file") }
    if figures == "" { throw ValidationError("--figures is empty: name a directory") }
  }

  func run() throws {
    let page = Page(try options.load())
    try AtomicFile.write(page.html, to: out)
    if let figures {
      try createDirectory(figures)
      for figure in page.figures.all { try AtomicFile.write(figure.file, to: "\(figures)/\(figure.name).svg") }
    }
    try Console.print("claims  \(page.claims.summary)")
    try Console.print("report  \(out)")
    if let figures { try Console.print("figures \(figures) (\(page.figures.all.count) files)") }
  }
}
