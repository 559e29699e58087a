import Foundation
import Testing

@testable import Goldens
@testable import Traces

@Suite("Reports of a check")
struct ReportTests {
  private func report(_ judgements: [Judgement], _ requirement: Requirement = Requirement()) -> GoldenReport {
    GoldenReport(
      profile: "smoke", store: GoldenStore(directory: "nowhere"), judgements: judgements, requirement: requirement,
      knownRows: ["vgg08"])
  }

  private func judge(_ trace: Trace) throws -> Judgement { Judgement(trace, against: try Sample.golden(), run: "runs/vgg08-s0") }

  private var regression: Judgement {
    get throws { try judge(Sample.run(seed: 0).with(epoch: 1) { $0.trainLoss = 40 }) }
  }

  private var obstacle: Judgement {
    Judgement(row: "vgg38", profile: "smoke", run: "", obstacle: .noGolden(path: "nowhere/smoke/vgg38.jsonl.zst"))
  }

  @Test("JUnit counts what fails apart from what cannot be compared")
  func junit() throws {
    let good = try judge(Sample.run(seed: 0))
    for (judgements, totals) in [
      ([good], "tests=\"1\" failures=\"0\" errors=\"0\""),
      ([good, try regression, try regression], "tests=\"3\" failures=\"2\" errors=\"0\""),
      ([obstacle], "tests=\"1\" failures=\"0\" errors=\"1\""),
      ([try regression, obstacle], "tests=\"2\" failures=\"1\" errors=\"1\""),
    ] {
      let text = try report(judgements).text(.junit)
      #expect(text.components(separatedBy: totals).count == 3, "\(text)")
      #expect(text.components(separatedBy: "<failure ").count - 1 == judgements.count { $0.verdict == .regression })
    }
  }

  @Test("the whole is the worst of the runs, a regression before what cannot be compared; nothing compared does not pass")
  func outcome() throws {
    let good = try judge(Sample.run(seed: 0)), seed = try judge(Sample.run(seed: 1000)), regression = try regression
    #expect(report([good, seed]).outcome == .passed && report([good, seed]).verdict == "within-band")
    #expect(report([good, seed], Requirement(.identical)).outcome == .failed)
    #expect(report([good, obstacle]).outcome == .notComparable && report([good, obstacle]).verdict == "not comparable")
    #expect(report([obstacle, regression]).outcome == .failed && report([obstacle, regression]).verdict == "regression")
    #expect(report([]).outcome == .notComparable && report([]).verdict == "nothing compared")
    #expect(report([obstacle]).compared == 0 && report([good, obstacle]).compared == 1)
  }

  @Test("another seed is no news, another contract version is offered to be accepted")
  func accept() throws {
    let seed = try judge(Sample.run(seed: 1000)),
      contract = try judge(Sample.run(seed: 0).with(header: Sample.header(numerics: 2)))
    #expect(try !report([seed]).text(.text).contains("accept:"))
    #expect(try report([contract]).text(.text).contains("accept:    gradflow golden record --profile smoke --rows vgg08"))
  }
}
