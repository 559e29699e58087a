import Testing

@testable import Reports

@Suite("Numbers as text")
struct FormatTests {
  private static let fixedCases: [(Double, Int, String)] = [
    (4.605170, 3, "4.605"), (0.5, 0, "1"), (-0.0004, 3, "0.000"), (-1.25, 1, "-1.3"), (0.05, 2, "0.05"), (.nan, 2, "nan"),
    (-.infinity, 2, "-inf"), (1e13, 2, "1.0e13"),
  ]

  @Test("fixed decimals, rounded half away from zero, without a negative zero", arguments: fixedCases)
  func fixed(value: Double, digits: Int, text: String) { #expect(Format.fixed(value, digits) == text) }

  private static let scientificCases: [(Double, String)] = [
    (0, "0"), (2.6e-4, "2.6e-4"), (9.96e-12, "1.0e-11"), (1, "1.0e0"), (123, "1.2e2"), (.leastNonzeroMagnitude, "4.9e-324"),
    (-3e-19, "-3.0e-19"),
  ]

  @Test("powers of ten, down to the subnormal numbers", arguments: scientificCases)
  func scientific(value: Double, text: String) { #expect(Format.scientific(value) == text) }

  @Test("thousands, signs and coordinates")
  func others() {
    #expect(Format.grouped(338_500) == "338,500" && Format.grouped(999) == "999" && Format.grouped(-1_000_000) == "-1,000,000")
    #expect(Format.signed(0.004, 2) == "+0.00" && Format.signed(-1, 1) == "-1.0")
    #expect(Format.coordinate(12.5) == "12.5" && Format.coordinate(3) == "3" && Format.coordinate(0.001) == "0")
  }
}

@Suite("Scales")
struct ScaleTests {
  private func labels(_ scale: Scale, _ count: Int) -> [String] { scale.ticks(count).map(\.label) }

  private static let linearCases: [([Double], [String])] = [
    ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), ([0, 4.7], ["0", "1", "2", "3", "4", "5"]),
    ([0, 0.00112], ["0.0000", "0.0002", "0.0004", "0.0006", "0.0008", "0.0010", "0.0012"]),
    ([0, 0.62], ["0.0", "0.2", "0.4", "0.6", "0.8"]), ([0, 12], ["0", "2", "4", "6", "8", "10", "12"]),
  ]

  @Test("linear ticks are round numbers that need no more decimals than they show", arguments: linearCases)
  func linear(values: [Double], expected: [String]) {
    #expect(labels(.linear(around: values, from: 0), 6) == expected)
  }

  @Test("a linear scale has room for all its finite values, and a constant has some too")
  func room() throws {
    for values in [[3.0, 3.0], [-2, 7.3], [1e-19, 4e-19], [0, 0], [5, .nan, .infinity, 6]] {
      let scale = Scale.linear(around: values)
      for value in values where value.isFinite { #expect((-1e-9...1 + 1e-9).contains(try #require(scale.place(value)))) }
      #expect(scale.place(.nan) == nil)
    }
  }

  @Test("logarithmic scales cover whole decades; zero and what is negative or not finite has no place")
  func logarithmic() throws {
    let scale = Scale.log(around: [2e-19, 0, 3e-2, .nan])
    #expect(scale == .log(-19, -1))
    for value in [0, -1, .nan, .infinity] { #expect(scale.place(value) == nil) }
    #expect(abs(try #require(scale.place(1e-10)) - 0.5) < 1e-12)
    #expect(Scale.log(around: []) == .log(-1, 0) && Scale.log(around: [1]) == .log(0, 1))
  }

  @Test("no more logarithmic labels than asked for, and every decade a line", arguments: [2, 5, 11, 30])
  func logarithmicLabels(count: Int) {
    let scale = Scale.log(-20, 0)
    #expect(scale.ticks(count).count <= count + 1 && scale.decades.count == 21)
    #expect(scale.ticks(count).first?.label == "10⁻²⁰")
  }

  @Test(
    "epochs have whole numbers only, however few",
    arguments: [(1, ["0"]), (2, ["0", "1"]), (3, ["0", "1", "2"]), (25, ["0", "2"])])
  func epochs(count: Int, beginning: [String]) {
    #expect(Array(labels(.epochs(count), 13).prefix(beginning.count)) == beginning)
    #expect(labels(.epochs(100), 10) == (0..<10).map { "\($0 * 10)" })
  }

  @Test("heat runs from dark to light, lighter at every step")
  func heat() {
    func luminance(_ hex: String) -> Double {
      let value = Int(hex.dropFirst(), radix: 16) ?? 0
      return 0.2126 * Double(value >> 16) + 0.7152 * Double(value >> 8 & 255) + 0.0722 * Double(value & 255)
    }
    let steps = (0...40).map { luminance(Palette.heat(Double($0) / 40)) }
    for (a, b) in zip(steps, steps.dropFirst()) { #expect(a < b) }
    #expect(Palette.heat(0) == "#00224e" && Palette.heat(1) == "#fee838" && Palette.heat(7) == Palette.heat(1))
  }
}
