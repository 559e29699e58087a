import TestSupport
import Testing

@testable import Files

@Suite("Malformed safetensors")
struct SafeTensorsRefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let header: String
    var data = 8
    let problem: SafeTensorsError.Problem
    var testDescription: String { header }
  }

  /// A tensor "w" of eight bytes, with some parts changed.
  private static func w(type: String = "\"F32\"", shape: String = "[2]", offsets: String = "[0,8]", more: String = "")
    -> String
  {
    "{\"w\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(offsets)\(more)}}"
  }

  private static func two(_ first: String, _ second: String) -> String {
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(first)},"
      + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":\(second)}}"
  }

  static let cases: [Case] = [
    // The header
    .init(header: "", problem: .headerNotObject),
    .init(header: "[]", problem: .headerNotObject),
    .init(header: " {}", data: 0, problem: .headerNotObject),
    .init(header: "{", problem: .headerNotJSON(JSONError(offset: 1, problem: .ends(within: "an object")))),
    .init(header: "{}\0", problem: .headerNotJSON(JSONError(offset: 2, problem: .trailingText))),
    .init(
      header: "{\"w\":1,\"w\":2}", problem: .headerNotJSON(JSONError(offset: 7, problem: .duplicateKey("w")))),
    .init(
      header: "{\"w\":" + String(repeating: "[", count: 10_000),
      problem: .headerNotJSON(JSONError(offset: 68, problem: .tooDeep(limit: 64)))),
    // Metadata
    .init(header: "{\"__metadata__\":[]}", data: 0, problem: .metadata(key: nil)),
    .init(header: "{\"__metadata__\":{\"k\":1}}", data: 0, problem: .metadata(key: "k")),
    // An entry
    .init(header: "{\"w\":null}", problem: .entry(tensor: "w", key: "dtype")),
    .init(header: "{\"w\":{}}", problem: .entry(tensor: "w", key: "dtype")),
    .init(header: w(type: "32"), problem: .entry(tensor: "w", key: "dtype")),
    .init(header: w(more: ",\"stride\":[1]"), problem: .entry(tensor: "w", key: "stride")),
    .init(header: w(type: "\"F8_E4M3\""), problem: .elementType(tensor: "w", found: "F8_E4M3")),
    .init(header: w(type: "\"f32\""), problem: .elementType(tensor: "w", found: "f32")),
    .init(header: w(shape: "2"), problem: .entry(tensor: "w", key: "shape")),
    .init(header: w(shape: "[-2]"), problem: .shape(tensor: "w", found: "-2")),
    .init(header: w(shape: "[2.0]"), problem: .shape(tensor: "w", found: "2.0")),
    .init(header: w(shape: "[\"2\"]"), problem: .shape(tensor: "w", found: "\"2\"")),
    .init(header: w(shape: "[99999999999999999999]"), problem: .shape(tensor: "w", found: "99999999999999999999")),
    .init(
      header: w(shape: "[4294967296,4294967296]"),
      problem: .tooLarge(tensor: "w", shape: [4_294_967_296, 4_294_967_296])),
    .init(header: w(shape: "[9223372036854775807]"), problem: .tooLarge(tensor: "w", shape: [.max])),
    .init(
      header: w(shape: "[3]"), problem: .size(tensor: "w", shape: [3], type: .f32, expected: 12, found: 8)),
    .init(
      header: w(shape: "[2,0]"), problem: .size(tensor: "w", shape: [2, 0], type: .f32, expected: 0, found: 8)),
    // Its place
    .init(header: "{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}", problem: .entry(tensor: "w", key: "data_offsets")),
    .init(header: w(offsets: "[0]"), problem: .entry(tensor: "w", key: "data_offsets")),
    .init(header: w(offsets: "[0,8,8]"), problem: .entry(tensor: "w", key: "data_offsets")),
    .init(header: w(offsets: "[0,8.0]"), problem: .entry(tensor: "w", key: "data_offsets")),
    .init(header: w(offsets: "[0,9223372036854775808]"), problem: .entry(tensor: "w", key: "data_offsets")),
    .init(header: w(offsets: "[8,0]"), problem: .offsets(tensor: "w", begin: 8, end: 0, dataBytes: 8)),
    .init(header: w(offsets: "[-8,0]"), problem: .offsets(tensor: "w", begin: -8, end: 0, dataBytes: 8)),
    .init(
      header: w(offsets: "[-9223372036854775808,9223372036854775807]"),
      problem: .offsets(tensor: "w", begin: .min, end: .max, dataBytes: 8)),
    .init(header: w(), data: 7, problem: .offsets(tensor: "w", begin: 0, end: 8, dataBytes: 7)),
    // All places together
    .init(header: w(offsets: "[1,9]"), data: 9, problem: .notContiguous(tensor: "w", begin: 1, expected: 0)),
    .init(header: two("[0,4]", "[3,7]"), data: 7, problem: .notContiguous(tensor: "b", begin: 3, expected: 4)),
    .init(header: two("[5,9]", "[0,4]"), data: 9, problem: .notContiguous(tensor: "a", begin: 5, expected: 4)),
    .init(header: two("[0,4]", "[0,4]"), data: 4, problem: .notContiguous(tensor: "b", begin: 0, expected: 4)),
    .init(header: w(), data: 9, problem: .trailingData(covered: 8, dataBytes: 9)),
    .init(header: "{}", data: 1, problem: .trailingData(covered: 0, dataBytes: 1)),
  ]

  private static func file(_ header: String, data: Int) -> [UInt8] {
    let header = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
      + Array(repeating: 1, count: data)
  }

  @Test("each malformation has its error", arguments: cases)
  func refused(_ malformed: Case) throws {
    let bytes = Self.file(malformed.header, data: malformed.data)
    let error = try #require(failure(SafeTensorsError.self) { try SafeTensors(bytes: bytes, name: "f") })
    #expect(error == SafeTensorsError(name: "f", problem: malformed.problem))
    // What is whole and of a type that is not read is not called damaged.
    let isWhole = if case .elementType = malformed.problem { true } else { false }
    #expect(error.description.hasPrefix(isWhole ? "f: " : "f is not a whole safetensors file: "))
  }

  @Test("the cases' common frame is right: unchanged, it is read")
  func baseline() throws {
    #expect(try SafeTensors(bytes: Self.file(Self.w(), data: 8), name: "f")["w"]?.shape == [2])
    #expect(try SafeTensors(bytes: Self.file(Self.two("[4,8]", "[0,4]"), data: 8), name: "f").names == ["a", "b"])
  }

  @Test("too few bytes for a header's length, and lengths that the file does not have", arguments: [0, 1, 7])
  func short(count: Int) {
    let error = failure(SafeTensorsError.self) { try SafeTensors(bytes: Array(repeating: 0, count: count), name: "f") }
    #expect(error?.problem == .tooShort(bytes: count))
  }

  @Test(
    "a header longer than the file, or than any header, is refused",
    arguments: [3, 100_000_001, 1 << 63, .max] as [UInt64])
  func headerLength(_ length: UInt64) {
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + [0x7b, 0x7d]
    let error = failure(SafeTensorsError.self) { try SafeTensors(bytes: bytes, name: "f") }
    #expect(error?.problem == .headerLength(length, available: 2))
  }

  @Test("a file of another kind is no safetensors file")
  func otherFormats() {
    for text in [
      "PK\u{3}\u{4} a zip of pickles", "train_acc,train_loss\n0.1,2.3\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
    ] {
      #expect(failure(SafeTensorsError.self) { try SafeTensors(bytes: Array(text.utf8), name: "f") } != nil)
    }
  }
}
