import Files
import Foundation
import Testing

@testable import Reports

@Suite("The history of nights")
struct NightHistoryTests {
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString).jsonl").path

  private static func night(
    _ day: Int, accuracy: Double? = 0.25, verdict: EngineVerdict.Kind = .identical, row: String = "vgg08",
    profile: String = "smoke"
  ) -> Night {
    Night(
      began: "2026-01-\(day < 10 ? "0" : "")\(day)T01:00:00Z", profile: profile, revision: "r", status: 0,
      rows: [.init(row: row, runs: 1, testAccuracy: accuracy, seconds: 12.5, verdict: verdict)])
  }

  private func history(_ nights: [Night]) throws -> NightHistory {
    defer { unlink(path) }
    var history = try NightHistory(path: path)
    for night in nights { try history.append(night, to: path) }
    let read = try NightHistory(path: path)
    #expect(read == history)
    return read
  }

  @Test("is read as it was written, a night a line")
  func roundTrip() throws {
    let nights = [Self.night(1), Self.night(2, accuracy: nil, verdict: .regression)]
    #expect(try history(nights).nights == nights)
    #expect(try NightHistory(path: path).nights.isEmpty)
  }

  @Test("survives a kill at any byte of a line: what was whole stays, and the next night is whole")
  func torn() throws {
    defer { unlink(path) }
    var whole = try NightHistory(path: path)
    try whole.append(Self.night(1), to: path)
    let first = try readFile(path).count
    try whole.append(Self.night(2), to: path)
    let bytes = try readFile(path)
    for length in first..<bytes.count {
      unlink(path)
      try AtomicFile.write(Array(bytes.prefix(length)), to: path)
      var read = try NightHistory(path: path)
      #expect(read.nights == [Self.night(1)] && read.unreadable == 0, "\(length)")
      try read.append(Self.night(3), to: path)
      #expect(try NightHistory(path: path).nights == [Self.night(1), Self.night(3)], "\(length)")
    }
  }

  @Test("a night that is concluded twice, after a kill, counts once, as it was concluded last")
  func twice() throws {
    let nights = try history([Self.night(1), Self.night(2, accuracy: 0.1), Self.night(2, accuracy: 0.2)]).nights
    #expect(nights == [Self.night(1), Self.night(2, accuracy: 0.2)])
  }

  @Test("lines that are no nights are left as they are, and counted")
  func foreign() throws {
    defer { unlink(path) }
    try AtomicFile.write("not json\n{\"a\":1}\n", to: path)
    var history = try NightHistory(path: path)
    #expect(history.nights.isEmpty && history.unreadable == 2)
    try history.append(Self.night(1), to: path)
    #expect(String(decoding: try readFile(path), as: UTF8.self).hasPrefix("not json\n{\"a\":1}\n{\"night\":"))
  }

  @Test("the charts show the last nights of the page's own profile, a gap where a row has no figure")
  func charts() throws {
    let many = (1...31).map { Self.night($0) } + [Self.night(1, profile: "paper")]
    let charts = NightCharts(try history(many), profile: "smoke")
    #expect(charts.nights.count == 30 && charts.nights.first?.began == "2026-01-02T01:00:00Z")
    let gap = NightCharts(
      try history([Self.night(1), Self.night(2, accuracy: nil, verdict: .regression), Self.night(3)]), profile: "smoke"
    ).section
    // Dots of two accuracies and three times, and no line across the gap.
    #expect(gap.components(separatedBy: "<circle").count - 1 == 5 && gap.components(separatedBy: "<polyline").count - 1 == 1)
    #expect(gap.contains("2026-01-02T01:00:00Z: regression") && gap.contains(">test accuracy: 25.00 %<"))
    #expect(NightCharts(NightHistory.none, profile: "smoke").section.isEmpty)
  }

  @Test("names of rows are escaped, also those that no program would make")
  func escaped() throws {
    let section = NightCharts(try history([Self.night(1, row: "<script>\"&")]), profile: "smoke").section
    #expect(!section.contains("<script") && section.contains("&lt;script&gt;&quot;&amp;"))
  }

  @Test("a page has the section only where it is given a history; else no date and no duration stands on it")
  func page() throws {
    let runs = try FakeRun.quick().set()
    let nights = try history([Self.night(1, profile: runs.experiment.profile)])
    let with = Page(runs, history: nights).html
    #expect(with.contains("<section id=\"nights\">") && with.contains("<a href=\"#nights\">"))
    let without = Page(runs).html
    #expect(!without.contains("id=\"nights\"") && !without.contains("#nights") && !without.contains("2026-01-01"))
    #expect(!Page(runs, history: try history([Self.night(1, profile: "other")])).html.contains("#nights"))
  }
}
