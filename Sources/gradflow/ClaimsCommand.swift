import ArgumentParser
import PlainText
import Reports
import Traces
import Training

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
    case .text:
      for line in claims.text { try Console.print(line) }
      if let line = try timeNeeded(claims) { try Console.print(line) }
    case .markdown: for line in claims.markdown { try Console.print(line) }
    case .json: try Console.print(claims.json.indented)
    }
    // What diverged is a finding, told with the warnings; the other rows' claims stand as they are.
    if !runs.diverged.isEmpty { throw Stop(.failed) }
    try end(claims.verdict)
  }

  /// What the seeds that are wanted would cost, by the time that the manifests tell of these runs; `nil` where no seeds would
  /// decide a claim: claims that lack a row are not among them. Of machines and not of results, so it stands in no other form.
  private func timeNeeded(_ claims: Claims) throws -> String? {
    let (open, seeds) = claims.decidable
    if open.isEmpty { return nil }
    var times: [String: [Double]] = [:]
    for run in try options.runs.flatMap({ try RunTraces.runs(in: $0) }) {
      let directory = RunDirectory(path: run)
      guard let seconds = RunManifest(directory).seconds, let trace = try? Trace(path: directory.trace) else { continue }
      times[trace.header.row, default: []].append(seconds)
    }
    let count = seeds.values.reduce(0, +)
    let words =
      "\(count) more \(count == 1 ? "run" : "runs") would decide \(open.count == 1 ? "claim" : "claims") "
      + "\(open.map(String.init).joined(separator: ", ")), as said there"
    var seconds = 0.0
    for (row, further) in seeds {
      guard let known = times[row], let longest = known.max() else { return words }
      seconds += Double(further) * longest
    }
    return "\(words): \(Text.time(seconds: seconds)), as these runs took"
  }

  private func end(_ verdict: Claim.Verdict) throws {
    switch verdict {
    case .held: return
    case .notHeld: throw Stop(.failed)
    case .undecidable: throw Stop(.impossible)
    }
  }
}
