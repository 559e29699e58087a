import TestSupport
import Testing

@testable import Files

@Suite("Files of another kind")
struct ForeignFormatTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    let format: ForeignFormat
    let advice: String

    init(_ name: String, _ bytes: [UInt8], _ format: ForeignFormat, _ advice: String) {
      testDescription = name
      self.bytes = bytes + Array(repeating: 0x20, count: 40)
      self.format = format
      self.advice = advice
    }
  }

  static let cases = [
    Case(
      "a Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".utf8), .gitLFSPointer,
      "git lfs pull"),
    Case(
      "an archive of torch.save", Array("PK\u{3}\u{4}".utf8) + [0, 0, 8, 8, 0, 0], .torchArchive, "safetensors.torch.save_file"),
    Case("an old torch.save", [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9], .pickle, "safetensors.torch.save_file"),
    Case("a web page", Array("\n<!DOCTYPE HTML><html><body>Sign in".utf8), .webPage, "download the file itself"),
    Case(
      "a web page behind a byte-order mark", [0xef, 0xbb, 0xbf] + Array("<html lang=en>".utf8), .webPage,
      "download the file itself"),
    Case("gzip", [0x1f, 0x8b, 8, 0, 1, 2, 3, 4], .gzip, "unpack it"),
    Case("HDF5", [0x89] + Array("HDF\r\n\u{1a}\n".utf8), .hdf5, "safetensors"),
    Case("NumPy", [0x93] + Array("NUMPY\u{1}\u{0}v\u{0}".utf8), .numpy, "safetensors.numpy.save_file"),
  ]

  @Test("in the place of weights each is named with what to do, and never as a damaged safetensors file", arguments: cases)
  func weights(_ foreign: Case) throws {
    let error = try #require(failure(SafeTensorsError.self) { try SafeTensors(bytes: foreign.bytes, name: "w") })
    #expect(error.problem == .foreign(foreign.format))
    #expect(error.description.hasPrefix("w is not a safetensors file: it is "), "\(error)")
    #expect(error.description.contains(foreign.advice), "\(error)")
  }

  @Test("a safetensors file whose header's length begins like a pickle is read")
  func pickleLength() throws {
    var file = SafeTensors()
    file["w"] = SafeTensor(shape: [1], [Float(1)])
    var bytes = file.fileBytes
    // A header of 0x280 bytes: its length begins as a pickle does.
    let padding = 0x280 - (Int(bytes[0]) | Int(bytes[1]) << 8)
    let header = 8 + Int(bytes[0])
    bytes.insert(contentsOf: Array(repeating: 0x20, count: padding), at: header)
    bytes[0] = 0x80
    bytes[1] = 0x02
    #expect(ForeignFormat(bytes) == .pickle)
    #expect(try SafeTensors(bytes: bytes, name: "w")["w"]?.floats == [1])
  }

  @Test("in the place of a zstd file too", arguments: cases)
  func compressed(_ foreign: Case) {
    let error = failure(ZstdError.self) { try Zstd.decompress(foreign.bytes, limit: 999, name: "t") }
    #expect(error == .foreign(name: "t", format: foreign.format))
    #expect(error?.description.contains("damaged") == false)
  }

  /// A frame of nothing: descriptor, window of 2^(10 + bits), perhaps a dictionary's number, an empty last block.
  private static func frame(descriptor: UInt8, windowBits: UInt8, dictionary: [UInt8] = []) -> [UInt8] {
    ZstdFrame.magic + [descriptor, (windowBits - 10) << 3] + dictionary + [1, 0, 0]
  }

  @Test("a zstd frame that asks for a larger window or a dictionary is named as that, not as damaged, wherever it stands")
  func needs() throws {
    let cases: [([UInt8], ZstdNeed, String)] = [
      (Self.frame(descriptor: 0, windowBits: 28), .window, "--long"),
      (Self.frame(descriptor: 0, windowBits: 31), .window, "128 MiB"),
      (Self.frame(descriptor: 1, windowBits: 20, dictionary: [7]), .dictionary, "dictionary"),
    ]
    let first = Zstd.compress(Array("first".utf8))
    for (frame, need, words) in cases {
      for start in [[], first] {
        let error = failure(ZstdError.self) { try Zstd.decompress(start + frame, limit: 1 << 20, name: "z") }
        #expect(error == .unsupported(name: "z", offset: start.count, need: need))
        #expect(error?.description.contains(words) == true && error?.description.contains("damaged") == false)
      }
    }
    #expect(try Zstd.decompress(Self.frame(descriptor: 0, windowBits: 27), limit: 9, name: "z") == [])
  }
}

@Suite("Half-precision tensors")
struct HalfPrecisionTests {
  private func tensor(_ type: SafeTensor.ElementType, _ words: [UInt16]) throws -> SafeTensor {
    let header = "{\"h\":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(words.count)],\"data_offsets\":[0,\(2 * words.count)]}}"
    let bytes =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      + words.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    return try #require(try SafeTensors(bytes: bytes, name: "h")["h"])
  }

  @Test("F16 converts exactly: ordinary numbers, both ends, subnormals, zeros with their signs, infinities and NaN")
  func binary16() throws {
    let cases: [(UInt16, Double)] = [
      (0x3c00, 1), (0xc000, -2), (0x3555, 0x1.554p-2), (0x7bff, 65504), (0x0400, 0x1p-14), (0x03ff, 0x1.ff8p-15),
      (0x0001, 0x1p-24),
      (0x8001, -0x1p-24), (0x0000, 0), (0x8000, -0.0), (0x7c00, .infinity), (0xfc00, -.infinity),
    ]
    let found = try #require(try tensor(.f16, cases.map(\.0) + [0x7e01]).doubles)
    #expect(zip(found, cases).allSatisfy { $0.bitPattern == $1.1.bitPattern }, "\(found)")
    #expect(found.last?.isNaN == true)
  }

  @Test("every F16 lies where its exponent and fraction say, by integers")
  func all() throws {
    let words = (0..<UInt16(0x7c00)).map { $0 }
    let found = try #require(try tensor(.f16, words).doubles)
    for (word, value) in zip(words, found) {
      let exponent = Int(word >> 10), fraction = Int(word & 0x3ff)
      let scaled = exponent == 0 ? fraction : (1024 + fraction) << (exponent - 1)
      #expect(value * 0x1p24 == Double(scaled))
    }
  }

  @Test("BF16 converts exactly: the upper half of a binary32")
  func brain() throws {
    let cases: [(UInt16, Double)] = [
      (0x3f80, 1), (0xc040, -3), (0x7f7f, 0x1.fep127), (0x0001, 0x1p-133), (0x8000, -0.0), (0xff80, -.infinity),
    ]
    let found = try #require(try tensor(.bf16, cases.map(\.0)).doubles)
    #expect(zip(found, cases).allSatisfy { $0.bitPattern == $1.1.bitPattern }, "\(found)")
  }

  @Test("metadata may be null, as the format's own reader has it")
  func metadata() throws {
    let header = "{\"__metadata__\":null,\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + [0, 0, 128, 63]
    let file = try SafeTensors(bytes: bytes, name: "w")
    #expect(file.metadata.isEmpty && file["w"]?.floats == [1])
  }
}

@Suite("CSV cells")
struct CSVTests {
  @Test("a text that a spreadsheet would run as a formula is none; numbers, dashes and names stay as they are")
  func formulas() {
    #expect(
      CSV.line(["=1+2", "+cmd", "@x", "-x", "\tx"]) == "'=1+2,'+cmd,'@x,'-x,'\tx")
    #expect(CSV.line(["-1.5", "+2e-3", "-inf", "nan", "-", "", "vgg08", "a,b"]) == "-1.5,+2e-3,-inf,nan,-,,vgg08,\"a,b\"")
    #expect(CSV.line(["=HYPERLINK(\"http://x\",\"y\")"]) == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")
  }

  @Test("a number that is not finite has no sign if it is a NaN", arguments: [Double.nan, -.nan, .signalingNaN])
  func nan(value: Double) {
    #expect(numberText(value) == "nan" && numberText(Float(value)) == "nan")
    #expect(numberText(-Double.infinity) == "-inf" && numberText(0.1) == "0.1")
  }
}
