import TestSupport
import Testing

@testable import Files

/// Damaged input is refused with the reader's own error, or read as something valid; nothing traps. That the mutations
/// reach both ends is part of the claim.
@Suite("Readers of damaged files")
struct DamagedFileTests {
  static let seeds: [UInt64] = [1, 2, 3, 4]

  @Test("the JSON parser survives damage, and what it accepts it prints so that it reads back", arguments: seeds)
  func json(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let text = Array(
      #"{"format":"x","a":[1,-2.5e-3,true,null,"\u00e9\ud83d\ude00\\"],"b":{"c":[],"d":{},"é":"inf"},"e":[[0]]}"#.utf8)
    let alphabet = Array("{}[]\",:\\u0123-.eE+ntf \u{7f}".utf8) + [0x00, 0xc3, 0xff]
    var (accepted, refused) = (0, 0)
    for _ in 0..<1500 {
      let damaged = mutated(text, alphabet: alphabet, &generator)
      do throws(JSONError) {
        let value = try JSONValue(parsing: damaged)
        accepted += 1
        #expect(try! JSONValue(parsing: value.description) == value)
      } catch {
        refused += 1
        #expect((0...damaged.count).contains(error.offset))
      }
    }
    #expect(accepted > 20 && refused > 500)
    for length in 0..<text.count {
      #expect(failure(JSONError.self) { try JSONValue(parsing: text[..<length]) } != nil, "cut at \(length)")
    }
  }

  @Test("the safetensors reader survives damage", arguments: seeds)
  func safeTensors(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let bytes = SafeTensorsTests.example.fileBytes
    let header = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let alphabet = Array("{}[]\",:0123456789-FIU6".utf8) + [0x00, 0xff]
    var (accepted, refused) = (0, 0)
    for round in 0..<1500 {
      // Every other time, the length is made to fit again, so that the damage gets past it.
      var damaged = mutated(Array(bytes[..<header]), alphabet: alphabet, &generator)
      if round % 2 == 0, damaged.count >= 8 {
        withUnsafeBytes(of: UInt64(damaged.count - 8).littleEndian) { damaged.replaceSubrange(0..<8, with: $0) }
      }
      damaged += bytes[header...].prefix(round % 5 == 0 ? generator.below(bytes.count - header) : .max)
      do throws(SafeTensorsError) {
        let file = try SafeTensors(bytes: damaged, name: "f")
        accepted += 1
        for name in file.names {
          let tensor = file[name]!
          #expect(tensor.bytes.count == tensor.shape.reduce(tensor.type.bytes, *))
          #expect((tensor.doubles?.count ?? tensor.integers?.count) == tensor.count)
        }
      } catch {
        refused += 1
        #expect(!error.description.isEmpty)
      }
    }
    #expect(accepted > 5 && refused > 500, "\(accepted) accepted")
    for length in 0..<bytes.count {
      #expect(
        failure(SafeTensorsError.self) { try SafeTensors(bytes: Array(bytes[..<length]), name: "f") } != nil,
        "cut at \(length)")
    }
  }

  @Test("the reader of zstd frames survives damage, and hands out nothing but what was written", arguments: seeds)
  func zstd(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let contents = (0..<4).map { index in Array(String(repeating: "{\"epoch\":\(index)}\n", count: 1 + 40 * index).utf8)
    }
    let file = contents.flatMap { Zstd.compress($0) }
    var (whole, damaged) = (0, 0)
    for _ in 0..<1500 {
      let data = mutated(file, alphabet: ZstdFrame.magic + [0x00, 0x01, 0x53, 0x2a, 0x4d, 0x18], &generator)
      do throws(ZstdError) {
        var end = 0
        let tail = try Zstd.frames(data, limit: 1 << 16, name: "f") { content in
          end += 1
          #expect(content.isEmpty || contents.contains(content), "content that no checksum proves")
        }
        if let tail { #expect((0..<data.count).contains(tail.offset)) }
        if tail == nil { whole += 1 } else { damaged += 1 }
      } catch {
        damaged += 1
        guard case .tooLarge = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    #expect(whole > 0 && damaged > 500)
  }

  @Test("random bytes are refused by all three", arguments: seeds)
  func noise(seed: UInt64) {
    var generator = Generator(seed: seed)
    for _ in 0..<300 {
      let bytes = generator.bytes(1 + generator.below(64))
      #expect(failure(SafeTensorsError.self) { try SafeTensors(bytes: bytes, name: "f") } != nil)
      #expect(failure(ZstdError.self) { try Zstd.decompress(bytes, limit: 1 << 16, name: "f") } != nil)
      // A digit in a thousand files of noise is JSON.
      #expect(failure(JSONError.self) { try JSONValue(parsing: [UInt8(ascii: "[")] + bytes + [0]) } != nil)
      #expect(
        failure(ZstdError.self) { try Zstd.decompress(ZstdFrame.magic + bytes, limit: 1 << 16, name: "f") } != nil)
    }
  }
}
