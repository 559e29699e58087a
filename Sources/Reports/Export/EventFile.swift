import Traces

/// A run as a TensorBoard event file.
///
/// Records: the length of the data (8 bytes, little-endian), its masked CRC-32C, the data, their masked CRC-32C. Data:
/// protocol buffers of `tensorflow.Event`, of which scalars need five fields. Sources: TensorFlow's `record_writer.h`,
/// `event.proto` and `summary.proto`.
public enum EventFile {
  /// TensorBoard finds files by the word in the middle. A real one holds a time and a host; ours must not.
  public static let name = "events.out.tfevents.0.gradflow"

  /// - Parameter begins: whether the file stands after another one whose run it takes the place of. It says so, and TensorBoard
  ///   drops what it read there (`SessionLog.START` in `event.proto`).
  /// - Returns: the file's bytes: the same for the same trace. In place of a wall clock, an epoch takes a second.
  public static func bytes(_ trace: Trace, begins: Bool = false) -> [UInt8] {
    var file = record(Message().double(1, 0).string(3, "brain.Event:2"))
    if begins { file += record(Message().double(1, 0).varint(2, 0).message(7, Message().varint(1, 1))) }
    for epoch in trace.epochs {
      var scalars: [(String, Double)] = [
        ("loss/train", epoch.trainLoss), ("loss/validation", epoch.validationLoss), ("accuracy/train", epoch.trainAccuracy),
        ("accuracy/validation", epoch.validationAccuracy), ("learning_rate", epoch.learningRate),
      ]
      scalars += epoch.gradientFlow.map { ("gradient_flow/\($0.name)", $0.value) }
      file += record(event(step: epoch.epoch, scalars))
    }
    if let test = trace.test {
      file += record(event(step: test.epoch, [("loss/test", test.loss), ("accuracy/test", test.accuracy)]))
    }
    return file
  }

  private static func event(step: Int, _ scalars: [(String, Double)]) -> Message {
    let summary = scalars.reduce(Message()) { summary, scalar in
      summary.message(1, Message().string(1, scalar.0).float(2, Float(scalar.1)))
    }
    return Message().double(1, Double(step)).varint(2, UInt64(step)).message(5, summary)
  }

  static func record(_ message: Message) -> [UInt8] {
    let length = littleEndian(UInt64(message.bytes.count))
    return length + littleEndian(CRC32C.masked(length)) + message.bytes + littleEndian(CRC32C.masked(message.bytes))
  }

  fileprivate static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A protocol buffer under construction. Source: https://protobuf.dev/programming-guides/encoding.
  struct Message {
    private(set) var bytes: [UInt8] = []

    func varint(_ field: Int, _ value: UInt64) -> Message { adding(field, wire: 0, Self.varint(value)) }
    func double(_ field: Int, _ value: Double) -> Message { adding(field, wire: 1, littleEndian(value.bitPattern)) }
    func float(_ field: Int, _ value: Float) -> Message { adding(field, wire: 5, littleEndian(value.bitPattern)) }
    func string(_ field: Int, _ value: String) -> Message { adding(field, Array(value.utf8)) }
    func message(_ field: Int, _ value: Message) -> Message { adding(field, value.bytes) }

    private func adding(_ field: Int, _ content: [UInt8]) -> Message {
      adding(field, wire: 2, Self.varint(UInt64(content.count)) + content)
    }

    private func adding(_ field: Int, wire: UInt64, _ content: [UInt8]) -> Message {
      var result = self
      result.bytes += Self.varint(UInt64(field) << 3 | wire) + content
      return result
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
      var rest = value
      var bytes: [UInt8] = []
      while rest >= 128 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
  }
}
