import TestSupport
import Testing

@testable import Files

@Suite("JSON")
struct JSONTests {
  @Test("what is written is read back, members in order, in both layouts")
  func roundTrip() throws {
    let value = JSONValue.object([
      .init("z", .number("1.50")), .init("a", .array([.null, .bool(true), .bool(false), .array([]), .object([])])),
      .init("", .string("\"\\/\n\r\t\u{8}\u{c}\0\u{1f}\u{7f} é 😀 \u{2028}")),
    ])
    #expect(try JSONValue(parsing: value.description) == value)
    #expect(try JSONValue(parsing: value.indented) == value)
    #expect(
      value.description.hasPrefix(#"{"z":1.50,"a":[null,true,false,[],{}],"":"\"\\/\n\r\t\u0008\u000c\u0000\u001f"#))
    #expect(value["a"]?.array?.count == 5 && value["b"] == nil && JSONValue.null["a"] == nil)
  }

  @Test("the layout for people has a member a line")
  func indented() throws {
    let value = try JSONValue(parsing: #"{"a":[1,{"b":2}],"c":{},"d":[]}"#)
    let lines = [
      "{", "  \"a\": [", "    1,", "    {", "      \"b\": 2", "    }", "  ],", "  \"c\": {},", "  \"d\": []", "}",
    ]
    #expect(value.indented == lines.joined(separator: "\n"))
  }

  @Test("escapes are read as the characters they stand for")
  func escapes() throws {
    let text = #""\u0041\u00e9\ud83d\uDE00\/\b\f\n\r\t\"\\""#
    #expect(try JSONValue(parsing: text).string == "Aé😀/\u{8}\u{c}\n\r\t\"\\")
  }

  @Test("space may stand between all parts")
  func space() throws {
    #expect(try JSONValue(parsing: " \t\r\n{ \"a\" : [ 1 , 2 ] } \n").description == #"{"a":[1,2]}"#)
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let text: String
    let offset: Int
    let problem: JSONError.Problem
    var testDescription: String { String(text.prefix(20)) }
    init(_ text: String, _ offset: Int, _ problem: JSONError.Problem) {
      (self.text, self.offset, self.problem) = (text, offset, problem)
    }
  }

  @Test(
    "malformed text is refused with its place",
    arguments: [
      Refusal("", 0, .ends(within: "a value")), .init("  ", 2, .ends(within: "a value")),
      .init("nul", 0, .expected("a value")), .init("nil", 0, .expected("a value")),
      .init("truth", 0, .expected("a value")),
      .init("NaN", 0, .expected("a value")), .init("Infinity", 0, .expected("a value")),
      .init("1 2", 2, .trailingText), .init("{}x", 2, .trailingText), .init("nullnull", 4, .trailingText),
      .init("01", 1, .trailingText), .init("-", 1, .ends(within: "a number")), .init("+1", 0, .expected("a value")),
      .init("-x", 1, .expected("a digit")), .init("1.", 2, .ends(within: "a number")),
      .init(".5", 0, .expected("a value")),
      .init("1.e5", 2, .expected("a digit")), .init("1e", 2, .ends(within: "a number")),
      .init("1e+x", 3, .expected("a digit")),
      .init("0x10", 1, .trailingText),
      .init("[", 1, .ends(within: "a value")), .init("[1", 2, .ends(within: "an array")),
      .init("[1,]", 3, .expected("a value")), .init("[1 2]", 3, .expected("a comma or a closing bracket")),
      .init("[1}", 2, .expected("a comma or a closing bracket")),
      .init("{", 1, .ends(within: "an object")), .init("{1:2}", 1, .expected("a key")),
      .init(#"{"a"}"#, 4, .expected("a colon")), .init(#"{"a":1,}"#, 7, .expected("a key")),
      .init(#"{"a":1 "b":2}"#, 7, .expected("a comma or a closing brace")), .init(#"{"a":}"#, 5, .expected("a value")),
      .init(#"{"a":1,"b":2,"a":3}"#, 13, .duplicateKey("a")), .init(#"{"a":1,"\u0061":3}"#, 7, .duplicateKey("a")),
      .init(#"""#, 1, .ends(within: "a string")), .init(#""ab"#, 3, .ends(within: "a string")),
      .init("\"a\nb\"", 2, .controlCharacter), .init("\"\0\"", 1, .controlCharacter),
      .init(#""\x""#, 1, .expected("a known escape")), .init(#""\"#, 2, .ends(within: "a string")),
      .init(#""\u12"#, 5, .ends(within: "a string")), .init(#""\u12g4""#, 5, .expected("a hexadecimal digit")),
      .init(#""\ud800""#, 1, .loneSurrogate), .init(#""\udc00""#, 1, .loneSurrogate),
      .init(#""\ud800\n""#, 1, .loneSurrogate), .init(#""\ud800\ud800""#, 1, .loneSurrogate),
      .init(#""\ud800\udbff""#, 1, .loneSurrogate),
      .init(String(repeating: "[", count: 65), 64, .tooDeep(limit: 64)),
      .init(String(repeating: #"{"a":"#, count: 65), 320, .tooDeep(limit: 64)),
      .init(String(repeating: "[", count: 100_000), 64, .tooDeep(limit: 64)),
    ])
  func refusals(_ refusal: Refusal) throws {
    let error = try #require(failure(JSONError.self) { try JSONValue(parsing: refusal.text) })
    #expect(error == JSONError(offset: refusal.offset, problem: refusal.problem))
    #expect(error.description.contains("byte \(refusal.offset)"))
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]] as [[UInt8]])
  func notUTF8(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let error = failure(JSONError.self) { try JSONValue(parsing: [0x20, quote] + bytes + [quote]) }
    #expect(error == JSONError(offset: 1, problem: .notUTF8))
  }

  @Test("nesting up to the limit is read")
  func deep() throws {
    let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSONValue(parsing: text).description == text)
  }

  @Test("pairs of surrogates are read up to the last one of each half")
  func lastSurrogates() throws {
    for (text, scalar) in [
      (#""\ud800\udc00""#, "\u{10000}"), (#""\ud83d\udfff""#, "\u{1f7ff}"), (#""\udbff\udfff""#, "\u{10ffff}"),
    ] {
      #expect(try JSONValue(parsing: text) == .string(scalar))
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: #""\ud83d\ue000""#) }
  }

  @Test("the limits are those that the formats' documentation names")
  func limits() {
    #expect(JSONValue.depthLimit == 64)
    // safetensors: "size of the header", at most 100 MB in the format's own implementation.
    #expect(SafeTensors.headerLimit == 100_000_000)
  }
}
