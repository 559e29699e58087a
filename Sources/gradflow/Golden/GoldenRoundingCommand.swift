import ArgumentParser
import Experiments
import Goldens
import Kernels
import PlainText
import Traces
import Training

struct GoldenRoundingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rounding",
    abstract: "Judge fresh perturbations of the reference runs: how often does other rounding lie outside?",
    discussion: """
      Makes the first steps and the steps from anchors of each golden's reference run again, each time with other noise in the \
      place of rounding, and judges them by the golden as `golden check` judges a run of another arithmetic. Members 0 to \
      31 with a kappa of 8 are the ensemble that the golden was recorded from; others are fresh.

      Exit codes: 0 all inside; 1 one is outside; 2 there is nothing to judge by.
      """)

  @Option(help: "The profile of the goldens.")
  var profile = Profile.smoke

  @Option(help: "Only these rows, separated by commas; may be given several times.")
  var rows: [String] = []

  @Option(help: "The directory of the goldens.")
  var against = "golden"

  @Option(help: "The noise, in units of 2^-24 of each channel's root mean square; an engine's own rounding is below 1.")
  var kappa = 1.0

  @Option(help: "Which members: A..B, both included.", transform: SeedRange.init(parsing:))
  var members = try! SeedRange(parsing: "100..119")

  @OptionGroup var data: DataOption

  @Option(help: "Write all numbers of every member, as lines of JSON, to this file.")
  var dump: String?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard kappa >= 0, kappa <= 1e6 else { throw ValidationError("--kappa takes a number from 0 to 1000000; not \(kappa)") }
  }

  func run() throws {
    let store = GoldenStore(directory: against)
    let names = try RowNames.text(rows).map(RowNames.init)
    let recorded = try store.recordedRows(of: profile)
    try names?.check(among: recorded)
    let goldens = recorded.map { store.path(profile: profile.rawValue, row: $0) }
    let output = try dump.map {
      try OutputFile($0, option: "--dump", inputs: goldens + data.inputs)
    }
    if output?.isStandardOutput == true {
      throw ValidationError("the table goes to standard output, so --dump needs a file")
    }
    let backend = try compute.backend()
    var table = TextTable([
      ("row", .left), ("members", .right), ("outside", .right), ("largest, in thresholds", .right), ("where", .left),
    ])
    var outside = 0, judged = 0
    var dumped: [String] = []
    for row in names?.names ?? recorded {
      guard let golden = try store.golden(profile: profile.rawValue, row: row) else { continue }
      let engine = try OpeningEngine(
        golden.trace, path: store.path(profile: profile.rawValue, row: row), data: data.directory, backend: backend)
      var count = 0, out = 0
      var largest = (times: 0.0, place: "-")
      for member in members.range {
        let lines = try engine.member(member, kappa: kappa)
        if dump != nil { dumped += lines.map { $0.jsonText(row: row, member: member) } }
        guard let envelope = golden.rounding else { continue }
        let study = envelope.study(lines, opening: golden.trace.opening)
        count += 1
        if study.isOutside { out += 1 }
        if study.largest > largest.times { largest = (study.largest, study.group) }
      }
      if golden.rounding == nil, dump == nil {
        throw Stop(.impossible, "\(row): the golden has no envelope of other roundings; `gradflow golden record` makes one")
      }
      outside += out
      judged += count
      table.add([row, "\(count)", "\(out)", Text.scientific(largest.times), largest.place])
    }
    for line in table.lines { try Console.print(line) }
    try Console.print("kappa \(kappa): \(outside) of \(judged) outside")
    try output?.write(dumped.map { $0 + "\n" }.joined())
    if judged == 0, dump == nil { throw Stop(.impossible) }
    if outside > 0 { throw Stop(.failed) }
  }
}
