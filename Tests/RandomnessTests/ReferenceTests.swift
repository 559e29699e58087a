import Digests
import Foundation
import Randomness
import Testing

/// Everything that the documentation of `RandomStream` promises, against the second implementation in
/// `Reference/make_streams.py`, whose head says what the lines are.
@Suite("A second implementation of the streams agrees")
struct ReferenceTests {
  /// A stream and the lines about it.
  struct Section {
    let stream: RandomStream
    let key: UInt64
    var lines: [[String]] = []
  }

  static func sections() throws -> [Section] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Reference/streams.txt")
    var sections: [Section] = []
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      if fields[0] == "stream" {
        try #require(fields.count == 5)
        let seed = try #require(UInt64(fields[1]))
        let epoch = try #require(UInt64(fields[3]))
        let key = try #require(UInt64(fields[4], radix: 16))
        let stream = RandomStream(seed: seed, name: try Self.name(fields[2]), epoch: epoch)
        sections.append(Section(stream: stream, key: key))
      } else {
        sections[sections.count - 1].lines.append(fields)
      }
    }
    try #require(sections.count == 9)
    return sections
  }

  /// The stream name that reads like this; there is no other way to one than through the list of uses.
  static func name(_ text: String) throws -> StreamName {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    switch (parts[0], parts.count) {
    case ("shuffle", 1): return .shuffle
    case ("crop", 1): return .crop
    case ("flip", 1): return .flip
    case ("initialisation", 2): return .initialisation(parts[1])
    case ("validation-split", 2): return .validationSplit(class: try #require(Int(parts[1])))
    case ("synthetic", 2): return .synthetic(parts[1])
    default: return try #require(nil, "no stream is named \(text)")
    }
  }

  /// Hands every line of one kind to `body`, its numbers after the kind's name.
  private func lines(_ kind: String, atLeast count: Int, _ body: (RandomStream, [String]) throws -> Void) throws {
    var seen = 0
    for section in try Self.sections() {
      for line in section.lines where line[0] == kind {
        try body(section.stream, Array(line.dropFirst()))
        seen += 1
      }
    }
    #expect(seen >= count, "only \(seen) lines of kind \(kind)")
  }

  @Test("keys")
  func keys() throws {
    for section in try Self.sections() { #expect(section.stream.key == section.key) }
  }

  @Test("words, 64-bit values and uniform numbers", arguments: ["word", "value", "uniform"])
  func bits(_ kind: String) throws {
    try lines(kind, atLeast: 150) { stream, fields in
      let index = try #require(UInt64(fields[0]))
      let found =
        switch kind {
        case "word": UInt64(stream.word(at: index))
        case "value": stream.value(at: index)
        default: stream.uniform(at: index).bitPattern
        }
      #expect(found == UInt64(fields[1], radix: 16), "\(kind) \(index)")
    }
  }

  @Test("integers below a bound")
  func integers() throws {
    try lines("integer", atLeast: 450) { stream, fields in
      let bound = try #require(Int(fields[0]))
      let index = try #require(UInt64(fields[1]))
      #expect(stream.integer(below: bound, at: index) == Int(fields[2]), "below \(bound) at \(index)")
    }
  }

  @Test("initial values, in float and in double")
  func symmetric() throws {
    try lines("symmetric", atLeast: 70) { stream, fields in
      let bound = try #require(Double(fields[0]))
      let index = try #require(UInt64(fields[1]))
      let float: Float = stream.symmetric(at: index, bound: bound)
      #expect(float.bitPattern == UInt32(fields[2], radix: 16), "float \(index), bound \(bound)")
      let double: Double = stream.symmetric(at: index, bound: bound)
      #expect(double.bitPattern == UInt64(fields[3], radix: 16), "double \(index), bound \(bound)")
    }
  }

  @Test("normal numbers, to the error of rounding 2π v")
  func normal() throws {
    try lines("normal", atLeast: 350) { stream, fields in
      let index = try #require(UInt64(fields[0]))
      let exact = Double(bitPattern: try #require(UInt64(fields[1], radix: 16)))
      // 2π v < 8 is off by two roundings of 2⁻⁵¹ at most, the radius is below 8.6, and the rest is in the last place.
      #expect(abs(stream.normal(at: index) - exact) < 8.6 * 0x1p-50, "normal \(index)")
    }
  }

  @Test("permutations")
  func permutations() throws {
    try lines("permutation", atLeast: 60) { stream, fields in
      let count = try #require(Int(fields[0]))
      let order = stream.permutation(count)
      #expect(order.sorted() == Array(0..<count))
      #expect(Digest(of: order.map { "\($0)\n" }.joined()).description == fields[1], "of \(count)")
    }
  }
}
