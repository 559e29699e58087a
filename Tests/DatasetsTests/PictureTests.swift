import TestSupport
import Testing

@testable import Datasets

@Suite("Contact sheets")
struct PictureTests {
  @Test("a PNG reads back as the picture, its checksums right", arguments: [(1, 1), (3, 2), (40, 700)])
  func roundTrip(width: Int, height: Int) throws {
    var generator = Generator(seed: 2)
    let rgb = (0..<width * height * 3).map { _ in generator.byte() }
    let picture = try PlainPNG(PNG.encode(width: width, height: height, rgb: rgb))
    #expect(picture.width == width)
    #expect(picture.height == height)
    #expect(picture.rgb == rgb)
  }

  @Test("the empty last chunk has the checksum that every PNG ends with")
  func lastChunk() {
    #expect(PNG.encode(width: 1, height: 1, rgb: [0, 0, 0]).suffix(8) == [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
  }

  @Test("a sheet shows a row a class: its images as they are, then augmented")
  func sheet() throws {
    let dataset = Synthetic(classes: 3, side: 32, trainingPerClass: 9, testPerClass: 1).dataset()
    let sheet = ContactSheet(of: dataset, padding: 4, seed: 1)
    #expect(sheet.width == 16 * 66 + 6)
    #expect(sheet.height == 3 * 66 + 2)
    let plan = AugmentationPlan(seed: 1, epoch: 0, padding: 4, flips: true)
    for label in 0..<3 {
      let number = label * 9 + 4 * 9 / 8
      func source(_ y: Int, _ x: Int) -> [UInt8] {
        guard (0..<32).contains(y), (0..<32).contains(x) else { return [0, 0, 0] }
        return (0..<3).map { dataset.training.pixels[number * 3072 + $0 * 1024 + y * 32 + x] }
      }
      func shown(_ y: Int, _ x: Int, half: Int) -> [UInt8] {
        let left = 2 + 4 * 66 + half * (8 * 66 + 4), top = 2 + label * 66
        let place = ((top + y) * sheet.width + left + x) * 3
        return Array(sheet.rgb[place..<place + 3])
      }
      let choice = plan.choice(for: number)
      for y in 0..<64 {
        for x in 0..<64 {
          #expect(shown(y, x, half: 0) == source(y / 2, x / 2))
          let column = choice.flipped ? 31 - x / 2 : x / 2
          #expect(shown(y, x, half: 1) == source(y / 2 + choice.down, column + choice.right))
        }
      }
    }
  }

  @Test("a class with few images leaves places white, and many classes are thinned out")
  func sizes() {
    let few = ContactSheet(of: smallDataset(perClass: [2, 0]))
    #expect(few.rgb.suffix(3) == [255, 255, 255])
    #expect(ContactSheet(of: smallDataset(perClass: [Int](repeating: 1, count: 50))).height == 20 * 66 + 2)
  }
}

/// Reads the uncompressed 8-bit RGB pictures that are written here, checking everything, in the plainest way.
private struct PlainPNG {
  struct Malformed: Error { let what: String }

  var width = 0
  var height = 0
  var rgb: [UInt8] = []

  init(_ file: [UInt8]) throws {
    func require(_ condition: Bool, _ what: String) throws { if !condition { throw Malformed(what: what) } }
    func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
    try require(file.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), "signature")
    var rest = file.dropFirst(8)
    var stream: ArraySlice<UInt8> = []
    var types: [String] = []
    while !rest.isEmpty {
      let length = number(rest.prefix(4))
      let body = rest.dropFirst(4).prefix(4 + length)
      try require(number(rest.dropFirst(8 + length).prefix(4)) == Int(Self.checksum(body)), "chunk's checksum")
      let type = String(decoding: body.prefix(4), as: UTF8.self), data = body.dropFirst(4)
      types.append(type)
      if type == "IHDR" {
        width = number(data.prefix(4))
        height = number(data.dropFirst(4).prefix(4))
        try require(Array(data.suffix(5)) == [8, 2, 0, 0, 0], "8-bit RGB")
      }
      if type == "IDAT" { stream = data }
      rest = rest.dropFirst(12 + length)
    }
    try require(types == ["IHDR", "IDAT", "IEND"], "chunks")
    try require(number(stream.prefix(2)) % 31 == 0 && stream.first == 0x78, "zlib header")
    var blocks = stream.dropFirst(2)
    var raw: [UInt8] = []
    var isLast = false
    while !isLast {
      let header = Array(blocks.prefix(5))
      try require(header.count == 5 && header[0] < 2, "stored block")
      let length = Int(header[1]) + 256 * Int(header[2])
      let complement = Int(header[3]) + 256 * Int(header[4])
      try require(length + complement == 0xffff, "block's length")
      raw += blocks.dropFirst(5).prefix(length)
      blocks = blocks.dropFirst(5 + length)
      isLast = header[0] == 1
    }
    var a = 1, b = 0
    for byte in raw {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    try require(blocks.count == 4 && number(blocks) == b * 65_536 + a, "stream's checksum")
    // Each row: a byte for its filter, then its pixels.
    let row = 3 * width + 1
    try require(raw.count == height * row, "size")
    for first in stride(from: 0, to: raw.count, by: row) {
      try require(raw[first] == 0, "filter")
      rgb += raw[(first + 1)..<(first + row)]
    }
  }

  /// CRC-32, bit by bit.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var register: UInt32 = 0xffff_ffff
    for byte in bytes {
      register ^= UInt32(byte)
      for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0xedb8_8320 : register >> 1 }
    }
    return ~register
  }
}
