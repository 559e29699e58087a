import Testing

@testable import gradflow

@Suite("A limit of time")
struct TimeLimitTests {
  @Test(
    "is hours, minutes and seconds, each at most once, in any order",
    arguments: [("5h30m", 19_800), ("90m", 5400), ("45s", 45), ("1h", 3600), ("1s2m3h", 10_921), ("1000000s", 1_000_000)])
  func taken(text: String, seconds: Int) { #expect(TimeLimit.seconds(text) == seconds) }

  @Test(
    "is nothing else, and more than none",
    arguments: ["", "5", "h", "5h5h", "0s", "0h0m", "1.5h", "-1s", "5d", "1h30", "1000001s", "٣s", "5 h"])
  func refused(text: String) { #expect(TimeLimit.seconds(text) == nil) }
}
