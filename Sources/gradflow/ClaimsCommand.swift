import ArgumentParser
import Reports

struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "The report's claims as checks on finished runs.",
    discussion: """
      Claims 1, 2, 3 and 6 can be decided on the built-in data of the profile quick; the others need the official CIFAR-100 \
      and all 100 epochs. Each line ends in the rule that decided.

      Exit codes: 0 all held; 1 one does not hold, or a run diverged; 2 none failed, and some cannot be decided from these runs.
      """)

  @OptionGroup var options: RunsOptions

  @Option(help: "text, markdown or json.")
  var format = Form.text

  enum Form: String, CaseIterable, ExpressibleByArgument { case text, markdown, json }

  func run() throws {
    let runs = try options.load()
    let claims = Claims(runs)
    switch format {
    case .text: for line in claims.text { try Console.print(line) }
    case .markdown: for line in claims.markdown { try Console.print(line) }
    case .json: try Console.print(claims.json.indented)
    }
    // What diverged is a finding, told with the warnings; the other rows' claims stand as they are.
    if !runs.diverged.isEmpty { throw Stop(.failed) }
    switch claims.verdict {
    case .held: return
    case .notHeld: throw Stop(.failed)
    case .undecidable: throw Stop(.impossible)
    }
  }
}
