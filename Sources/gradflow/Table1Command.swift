import ArgumentParser
import Reports

struct Table1Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table1",
    abstract: "Table 1 as finished runs give it, beside the report's numbers.",
    discussion: """
      Each row with the report's numbers, the difference, and the range that others found. A run of fewer than 100 epochs, \
      or on other data than the official CIFAR-100, is shown and not judged against the report. Several seeds give mean ± standard \
      deviation. Below stands, but in CSV, how far runs of the report's experiment, whole or begun, lie from published curves: \
      the largest distance and the last.

      Exit codes: 0 the table was made; 1 the engine has drifted from its goldens in a row, or a run diverged. The distance to the report never \
      decides it: a faithful rerun need not meet every number.
      """)

  @OptionGroup var options: RunsOptions
  @OptionGroup var goldens: AgainstOption

  @Option(help: "text, markdown, csv or json.")
  var format = Table1.Form.text

  func run() throws {
    let runs = try options.load()
    let table = Table1(runs, engine: try goldens.findings(runs))
    for line in table.lines(as: format) { try Console.print(line) }
    if table.hasDrift { throw Stop(.failed) }
  }
}

extension Table1.Form: ExpressibleByArgument {}
