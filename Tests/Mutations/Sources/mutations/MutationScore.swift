import ArgumentParser
import Foundation

/// Changes the harness's sources by rule, and reports which share of the changes the tests notice.
@main
struct MutationScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutations",
    abstract: "Change the harness's sources by rule, one place at a time, and report what share the tests notice.",
    discussion: """
      The drawn mutants are placed all at once in a copy of the package, each behind its number, so that one build serves all. \
      Then each is switched on in turn, and its module's tests are run until the first failure or a time limit.

      Results are kept in the copy, in results.txt, for --go-on and --again.

      Exit codes: 0 at least --goal per cent are killed; 1 fewer; 2 it could not be done; 75 cut by --minutes.
      """)

  @Option(help: "How many mutants of each module are drawn.")
  var sample = 25

  @Option(help: "Seed of the draw.")
  var seed: UInt64 = 22

  @Option(help: "Only these modules, separated by commas.")
  var modules: String?

  @Option(help: "Only these mutants, by number, separated by commas.")
  var only: String?

  @Option(help: "The package's root.")
  var package = "."

  @Option(help: "Where the mutated copy is made and built.")
  var copy = ".build-mutations"

  @Option(help: "Per cent of the mutants that must be killed.")
  var goal = 90.0

  @Option(help: "Stop after so many minutes; the same command with --go-on continues.")
  var minutes: Double?

  @Flag(help: "Take what an earlier call has found, and do the rest.")
  var goOn = false

  @Flag(help: "The same, but ask again about its survivors: the tests are others now.")
  var again = false

  @Flag(help: "Only say which mutants are drawn; builds nothing.")
  var list = false

  func run() throws {
    let begun = Date()
    let copy = MutatedCopy(original: url(package), root: url(copy))
    let all = try Harness.mutants(of: copy.original)
    var drawn = try Draw(all.map(\.mutant), perModule: sample, seed: seed, modules: try chosenModules())
    if list {
      for mutant in drawn.chosen { print("\(mutant.number)  \(mutant.description)") }
      return
    }
    say("\(all.count) mutants by rule; \(drawn.chosen.count) drawn")
    var results = try Results(path: copy.root.appendingPathComponent("results.txt"), isGoingOn: goOn || again)
    // What does not compile is no mutant: the next one of the draw takes its place.
    while true {
      let known = Set(drawn.chosen.filter { results[$0] == .doesNotCompile }.map(\.number))
      if known.isEmpty { break }
      drawn.replace(known)
    }
    while true {
      try copy.update(with: drawn.chosen.map { all[$0.number - 1] })
      let broken = try copy.build()
      if broken.isEmpty { break }
      say("\(broken.count) do not compile, and are replaced: \(broken.sorted().map(String.init).joined(separator: ", "))")
      for number in broken { try results.note(all[number - 1].mutant, .doesNotCompile) }
      drawn.replace(broken)
    }
    let wanted = Set((only ?? "").split(separator: ",").compactMap { Int($0) })
    let chosen = drawn.chosen.filter { wanted.isEmpty || wanted.contains($0.number) }
    var session = Session(copy: copy, results: results, isRepeating: again)
    for (index, mutant) in chosen.enumerated() {
      if let minutes, Date().timeIntervalSince(begun) > minutes * 60 {
        say("stopped after \(minutes) minutes, \(index) of \(chosen.count) judged; --go-on continues")
        throw ExitCode(75)
      }
      let isKnown = session.results[mutant] != nil && !again
      let outcome = try session.judge(mutant)
      if isKnown { continue }
      say("\(index + 1)/\(chosen.count)  \(mutant.number)  \(outcome.words)  \(mutant.description)")
    }
    let score = Score(chosen.map { ($0, session.results[$0]!) })
    for line in score.lines { print(line) }
    if score.share * 100 < goal { throw ExitCode(1) }
  }

  private func chosenModules() throws -> [String] {
    let known = Harness.modules.map(\.name)
    guard let names = modules?.split(separator: ",").map(String.init) else { return known }
    if let unknown = names.first(where: { !known.contains($0) }) {
      throw ValidationError("there is no module \(unknown) here; there are \(known.joined(separator: ", "))")
    }
    return names
  }

  private func url(_ path: String) -> URL {
    URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)).absoluteURL
      .standardizedFileURL
  }
}

/// Prints at once: it takes long, and is watched.
func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
