import TestSupport
import Testing

@testable import Files

@Suite("safetensors")
struct SafeTensorsTests {
  static var example: SafeTensors {
    var file = SafeTensors(metadata: ["format": "pt", "a\"b": "ü\n"])
    file["labels"] = SafeTensor(shape: [3], [1, 2, 255] as [UInt8])
    file["weight"] = SafeTensor(shape: [2, 2], [1.5, -0.0, .infinity, .leastNonzeroMagnitude] as [Float])
    file["loss"] = SafeTensor(shape: [], [0.1] as [Double])
    file["count"] = SafeTensor(shape: [2], [.min, .max] as [Int64])
    file["small"] = SafeTensor(shape: [1, 2], [-1, 7] as [Int32])
    file["none"] = SafeTensor(shape: [0, 4], [] as [Float])
    return file
  }

  @Test("what is written is read back: names in order, types, shapes, bits, metadata")
  func roundTrip() throws {
    let file = Self.example
    let read = try SafeTensors(bytes: file.fileBytes, name: "f")
    #expect(read == file)
    #expect(read.names == ["labels", "weight", "loss", "count", "small", "none"])
    #expect(read.fileBytes == file.fileBytes)
    #expect(try SafeTensors(bytes: SafeTensors().fileBytes, name: "f") == SafeTensors())
  }

  @Test("elements are read in the types that hold them exactly, and in no other")
  func elements() throws {
    let file = Self.example
    let weight = try #require(file["weight"])
    #expect(
      weight.floats?.map(\.bitPattern)
        == [1.5, -0.0, .infinity, .leastNonzeroMagnitude].map { (value: Float) in value.bitPattern })
    #expect(weight.doubles?[3] == 0x1p-149 && weight.doubles?[1].sign == .minus)
    #expect(weight.integers == nil)
    #expect(file["loss"]?.doubles == [0.1] && file["loss"]?.floats == nil && file["loss"]?.count == 1)
    #expect(file["count"]?.integers == [.min, .max] && file["count"]?.doubles == nil)
    #expect(file["small"]?.integers == [-1, 7] && file["labels"]?.integers == [1, 2, 255])
    #expect(file["none"]?.floats == [] && file["absent"] == nil)
  }

  @Test("a NaN keeps its payload")
  func nan() throws {
    let bits: UInt32 = 0xffc0_1234
    var file = SafeTensors()
    file["x"] = SafeTensor(shape: [1], [Float(bitPattern: bits)])
    #expect(try SafeTensors(bytes: file.fileBytes, name: "f")["x"]?.floats?.first?.bitPattern == bits)
  }

  @Test("the header is padded, and every tensor aligned to its elements")
  func alignment() throws {
    let bytes = Self.example.fileBytes
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
    let header = try #require(JSONValue(parsing: bytes[8..<8 + length]).object)
    #expect(header.map(\.key) == ["__metadata__"] + Self.example.names)
    for member in header.dropFirst() {
      let type = try #require(SafeTensor.ElementType(rawValue: member.value["dtype"]?.string ?? ""))
      let begin = try #require(member.value["data_offsets"]?.array?.first?.int)
      #expect(begin % type.bytes == 0, "\(member.key)")
    }
  }

  @Test("setting replaces in place, and nil removes")
  func setting() {
    var file = Self.example
    file["weight"] = SafeTensor(shape: [1], [1.0])
    #expect(file.names == Self.example.names && file["weight"]?.type == .f64)
    file["weight"] = nil
    #expect(file["weight"] == nil && !file.names.contains("weight"))
    #expect(file != Self.example)
  }

  /// Made by the safetensors package 0.8.0 for Python:
  ///
  ///     from safetensors.numpy import save
  ///     import numpy as n
  ///     save({"b": n.array([[1.5, -2.0]], "float32"), "a": n.array([7, -1], "int64"), "c": n.array([200], "uint8")},
  ///          metadata={"k": "v"}).hex()
  static let foreign =
    "c0000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2261223a7b226474797065223a22"
    + "493634222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c31365d7d2c2262223a7b226474"
    + "797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b31362c32345d7d"
    + "2c2263223a7b226474797065223a225538222c227368617065223a5b315d2c22646174615f6f666673657473223a5b32"
    + "342c32355d7d7d200700000000000000ffffffffffffffff0000c03f000000c0c8"

  @Test("a file of the format's own implementation is read")
  func foreignFile() throws {
    let digits = Array(Self.foreign)
    let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    let file = try SafeTensors(bytes: bytes, name: "f")
    #expect(Set(file.names) == ["a", "b", "c"] && file.metadata == ["k": "v"])
    #expect(file["b"]?.floats == [1.5, -2] && file["b"]?.shape == [1, 2])
    #expect(file["a"]?.integers == [7, -1] && file["c"]?.bytes == [200])
  }

  @Test("a file is read from disk, plain or compressed, and refused where it is missing or too large")
  func files() throws {
    let directory = try TemporaryDirectory()
    let bytes = Self.example.fileBytes
    let (plain, compressed) = (directory.path("w.safetensors"), directory.path("w.safetensors.zst"))
    try AtomicFile.write(bytes, to: plain)
    try AtomicFile.write(Zstd.compress(bytes), to: compressed)
    #expect(try SafeTensors(path: plain) == Self.example && SafeTensors(path: compressed) == Self.example)

    let absent = directory.path("x")
    #expect(failure(FileError.self) { try SafeTensors(path: absent) } == .missing(path: absent))
    let whole = directory.path
    #expect(failure(FileError.self) { try SafeTensors(path: whole) } == .isDirectory(path: whole))
    let limit = bytes.count - 1
    #expect(
      failure(FileError.self) { try SafeTensors(path: plain, limit: limit) } == .tooLarge(path: plain, limit: limit))
    #expect(
      failure(ZstdError.self) { try SafeTensors(path: compressed, limit: limit) }
        == .tooLarge(name: compressed, offset: 0, limit: limit))
  }
}
