import ArgumentParser
import Reports

struct Table1Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table1",
    abstract: "Table 1 as finished runs give it, beside the report's numbers.",
    discussion: """
      Each row with the report's numbers, the difference, and the range that others found. A run of fewer than 100 epochs, \
      or on other data than CIFAR-100, is shown and not judged against the report. Several seeds give mean ± standard \
      deviation. The distance to the report never decides the exit code.
      """)

  @OptionGroup var options: RunsOptions

  @Option(help: "text, markdown, csv or json.")
  var format = Table1.Form.text

  func run() throws {
    for line in Table1(try options.load()).lines(as: format) { try Console.print(line) }
  }
}

extension Table1.Form: ExpressibleByArgument {}
