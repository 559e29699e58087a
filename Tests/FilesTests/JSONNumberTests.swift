import TestSupport
import Testing

@testable import Files

@Suite("Numbers in JSON")
struct JSONNumberTests {
  static let doubles: [Double] = [
    0, -0.0, 1, -1, 0.1, 1.0 / 3, 1e15, 1e16, 1e22, 1e23, 123_456_789_012_345_680, 1e-5, 0.0001, 1e-4,
    .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude,
    .leastNormalMagnitude, .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .pi,
    9_007_199_254_740_992, .ulpOfOne, .infinity, -.infinity,
  ]

  static let floats: [Float] = [
    0, -0.0, 0.1, 1.0 / 3, 16_777_216, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
    .leastNormalMagnitude.nextDown,
    .greatestFiniteMagnitude, 8.5899346e9, 1e10, .pi, .infinity, -.infinity,
  ]

  /// Through text, as a file would.
  private func reread(_ value: JSONValue) throws -> JSONValue { try JSONValue(parsing: value.description) }

  @Test("every double reads back as the same bits", arguments: doubles)
  func double(_ value: Double) throws {
    #expect(try reread(JSONValue(value)).double?.bitPattern == value.bitPattern)
  }

  @Test("every float reads back as the same bits", arguments: floats)
  func float(_ value: Float) throws {
    #expect(try reread(JSONValue(value)).float?.bitPattern == value.bitPattern)
  }

  @Test("random bit patterns read back, as doubles and as floats")
  func randomBits() throws {
    var generator = Generator(seed: 1)
    for _ in 0..<2000 {
      let bits = generator.next()
      let double = Double(bitPattern: bits)
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      let read = try reread(JSONValue(double)).double
      #expect(double.isNaN ? read?.isNaN == true : read?.bitPattern == double.bitPattern)
      let readFloat = try reread(JSONValue(float)).float
      #expect(float.isNaN ? readFloat?.isNaN == true : readFloat?.bitPattern == float.bitPattern)
    }
  }

  @Test("a NaN of any sign and payload is \"nan\"")
  func nan() throws {
    for value in [Double.nan, -.nan, Double(nan: 7, signaling: false), Double(nan: 7, signaling: true)] {
      #expect(JSONValue(value) == .string("nan"))
    }
    #expect(JSONValue(-Float.nan) == .string("nan"))
    #expect(JSONValue.string("nan").double?.isNaN == true && JSONValue.string("nan").float?.isNaN == true)
    #expect(
      JSONValue.string("NaN").double == nil && JSONValue.string("1").double == nil && JSONValue.null.double == nil)
  }

  @Test("a float has the shortest text of a float, not of the double beside it")
  func shortest() {
    #expect(JSONValue(Float(0.1)).description == "0.1")
    #expect(JSONValue(0.1).description == "0.1" && JSONValue(-0.0).description == "-0.0")
    #expect(JSONValue(1e-5).description == "1e-05" && JSONValue(Double.infinity).description == "\"inf\"")
  }

  @Test("a float is rounded once, from the text")
  func singleRounding() throws {
    // Just above the middle of two floats, and so close to it that a double in between is the middle.
    let value = try JSONValue(parsing: "1.00000005960464477540")
    #expect(value.float == Float(1).nextUp)
    #expect(value.double.map { Float($0) } == 1)
  }

  @Test(
    "the text of a number is kept as it stands",
    arguments: ["1.50", "-0", "1E+2", "0.1e-05", "123456789012345678901234567890"])
  func exactText(_ text: String) throws {
    #expect(try JSONValue(parsing: text) == .number(text))
    #expect(try JSONValue(parsing: text).description == text)
  }

  @Test("a number beyond the range is no infinity, and one below it a zero of its sign")
  func range() throws {
    #expect(try JSONValue(parsing: "1e400").double == nil && JSONValue(parsing: "-1e999999999999").double == nil)
    #expect(try JSONValue(parsing: "1e39").float == nil && JSONValue(parsing: "1e39").double == 1e39)
    #expect(try JSONValue(parsing: "-1e-400").double?.bitPattern == (-0.0).bitPattern)
    #expect(try JSONValue(parsing: "1" + String(repeating: "0", count: 5000)).double == nil)
  }

  @Test("whole numbers are exact or nothing")
  func whole() throws {
    #expect(try JSONValue(parsing: "9223372036854775807").int == .max)
    #expect(try JSONValue(parsing: "9223372036854775808").int == nil)
    #expect(try JSONValue(parsing: "18446744073709551615").uint64 == .max)
    #expect(try JSONValue(parsing: "18446744073709551616").uint64 == nil)
    #expect(try JSONValue(parsing: "-1").uint64 == nil && JSONValue(parsing: "-1").int == -1)
    #expect(try JSONValue(parsing: "1.0").int == nil && JSONValue(parsing: "1e0").int == nil)
    #expect(JSONValue(Int.min).int == .min && JSONValue(UInt64.max).uint64 == .max && JSONValue.string("1").int == nil)
  }
}
