import Files
import Testing
import Traces

@testable import Reports

@Suite("Exports")
struct ExportTests {
  private static let checksums: [([UInt8], UInt32)] = [
    (Array(repeating: 0, count: 32), 0x8a91_36aa), (Array(repeating: 255, count: 32), 0x62a8_ab43),
    (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c), (Array("123456789".utf8), 0xe306_9283), ([], 0),
  ]

  @Test("CRC-32C gives the values of RFC 3720, B.4", arguments: checksums)
  func checksum(bytes: [UInt8], expected: UInt32) { #expect(CRC32C.checksum(bytes) == expected) }

  @Test("the mask rotates by 15 bits and adds its constant")
  func mask() {
    // Of an empty text: 0 rotated is 0.
    #expect(CRC32C.masked([]) == 0xa282_ead8)
    let checksum = UInt32(0xe306_9283)
    #expect(CRC32C.masked(Array("123456789".utf8)) == (checksum >> 15 | checksum << 17) &+ 0xa282_ead8)
  }

  @Test("an event file begins with the record that names its version, byte for byte")
  func beginning() throws {
    let bytes = EventFile.bytes(try FakeRun(row: "vgg08", epochs: 1).record().trace)
    // wall_time 0.0 (field 1, 64 bits), file_version (field 3, 13 bytes).
    let event: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 13] + Array("brain.Event:2".utf8)
    #expect(Array(bytes.prefix(8)) == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[12..<36]) == event)
  }

  @Test("its records are whole: lengths lead from one to the next, checksums fit, and the scalars are the trace's")
  func records() throws {
    let trace = try FakeRun(row: "vgg38", epochs: 3, flow: FakeRun.vanishing).record().trace
    let records = try #require(Self.records(EventFile.bytes(trace)))
    #expect(records.count == 1 + 3 + 1)
    let scalars = records.map(Self.scalars)
    #expect(scalars[1].count == 5 + trace.epochs[0].gradientFlow.count)
    for (record, epoch) in zip(scalars[1...3], trace.epochs) {
      #expect(record["loss/validation"] == Float(epoch.validationLoss) && record["accuracy/train"] == Float(epoch.trainAccuracy))
      #expect(record["gradient_flow/input_conv_conv_0"] == 5e-19)
    }
    #expect(scalars[4] == ["loss/test": Float(1.9), "accuracy/test": Float(0.45)])
  }

  @Test("steps beyond one byte are written as varints")
  func varint() {
    #expect(EventFile.Message().varint(2, 300).bytes == [0x10, 0xac, 0x02])
    #expect(
      EventFile.Message().varint(2, 127).bytes == [0x10, 0x7f] && EventFile.Message().varint(16, 0).bytes == [0x80, 0x01, 0])
  }

  @Test("the metrics as CSV: a line an epoch, numbers that read back exactly, the test in its epoch's line")
  func csv() throws {
    let trace = try FakeRun(row: "vgg08", epochs: 2).record().trace
    let lines = MetricsCSV.lines(trace).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(lines.count == 3 && Set(lines.map(\.count)).count == 1)
    let last = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[2]))
    #expect(last["epoch"] == "1" && last["val_loss"].flatMap(Double.init) == trace.epochs[1].validationLoss)
    #expect(last["gradient_flow.input_conv_conv_0"] == "0.001" && last["test_accuracy"] == "0.45")
    #expect(lines[1].suffix(2) == ["", ""])
  }

  @Test("cells that hold commas or quotes are quoted")
  func quoting() {
    #expect(CSV.line(["a", "b,c", "d\"e", "f\ng"]) == "a,\"b,c\",\"d\"\"e\",\"f\ng\"")
  }

  // MARK: Reading back

  /// `nil` if a length or a checksum does not fit.
  private static func records(_ bytes: [UInt8]) -> [[UInt8]]? {
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    var result: [[UInt8]] = []
    var place = 0
    while place < bytes.count {
      guard place + 12 <= bytes.count else { return nil }
      let length = Int(number(place..<place + 8)), end = place + 12 + length + 4
      guard end <= bytes.count, number(place + 8..<place + 12) == UInt64(CRC32C.masked(bytes[place..<place + 8])) else {
        return nil
      }
      let data = Array(bytes[place + 12..<place + 12 + length])
      guard number(end - 4..<end) == UInt64(CRC32C.masked(data)) else { return nil }
      result.append(data)
      place = end
    }
    return result
  }

  /// Tags and values of an event's summary.
  private static func scalars(_ event: [UInt8]) -> [String: Float] {
    var result: [String: Float] = [:]
    for (field, content) in fields(event) where field == 5 {
      for (inner, value) in fields(content) where inner == 1 {
        let parts = fields(value)
        guard let tag = parts.first(where: { $0.0 == 1 })?.1, let number = parts.first(where: { $0.0 == 2 })?.1 else { continue }
        result[String(decoding: tag, as: UTF8.self)] = Float(bitPattern: number.reversed().reduce(0) { $0 << 8 | UInt32($1) })
      }
    }
    return result
  }

  private static func fields(_ bytes: [UInt8]) -> [(Int, [UInt8])] {
    var result: [(Int, [UInt8])] = []
    var place = 0
    func varint() -> Int {
      var value = 0, shift = 0
      while place < bytes.count {
        value |= Int(bytes[place] & 127) << shift
        shift += 7
        place += 1
        if bytes[place - 1] < 128 { break }
      }
      return value
    }
    while place < bytes.count {
      let key = varint()
      let start: Int
      let length: Int
      switch key & 7 {
      case 0:
        (start, length) = (
          place,
          {
            _ = varint(); return 0
          }()
        )
      case 1: (start, length) = (place, 8)
      case 5: (start, length) = (place, 4)
      default:
        length = varint()
        start = place
      }
      if key & 7 != 0 { place = start + length }
      result.append((key >> 3, Array(bytes[start..<start + length])))
    }
    return result
  }
}
