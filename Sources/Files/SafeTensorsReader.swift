extension SafeTensors {
  /// The longest header that is read, as in the format's own implementation.
  public static let headerLimit = 100_000_000

  /// Reads a file, decompressing it if it is a zstd file.
  ///
  /// - Parameter limit: refuses a file that is, or decompresses to, more bytes.
  /// - Throws: `FileError`, `ZstdError` or `SafeTensorsError`.
  public init(path: String, limit: Int = 1 << 31) throws {
    try self.init(bytes: Zstd.readFile(path, limit: limit), name: path)
  }

  /// Reads a file's bytes; everything the format demands is checked.
  ///
  /// - Parameter name: of the source, for messages.
  public init(bytes: [UInt8], name: String) throws(SafeTensorsError) {
    do {
      try self.init(bytes)
    } catch {
      // Only what cannot be read is looked at for what else it may be: the first bytes of a file of ours are a length, and
      // any length may begin like another format.
      let isBeginning =
        switch error {
        case .tooShort, .headerLength, .headerNotObject: true
        default: false
        }
      let foreign = isBeginning ? ForeignFormat(bytes) : nil
      throw SafeTensorsError(name: name, problem: foreign.map { .foreign($0) } ?? error)
    }
  }

  private init(_ bytes: [UInt8]) throws(SafeTensorsError.Problem) {
    guard bytes.count >= 8 else { throw .tooShort(bytes: bytes.count) }
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let available = bytes.count - 8
    guard length <= UInt64(min(Self.headerLimit, available)) else {
      throw .headerLength(length, available: available)
    }
    let header = bytes[8..<8 + Int(length)]
    let data = bytes[header.endIndex...]

    self.init()
    var places: [Place] = []
    for member in try Self.members(of: header) {
      if member.key == Self.metadataKey {
        metadata = try Self.metadata(member.value)
      } else {
        places.append(try Place(member, dataBytes: data.count))
      }
    }

    // The tensors' data, in the order of their places, cover all data without gap or overlap.
    var covered = 0
    for place in places.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard place.begin == covered else {
        throw .notContiguous(tensor: place.name, begin: place.begin, expected: covered)
      }
      covered = place.end
    }
    guard covered == data.count else { throw .trailingData(covered: covered, dataBytes: data.count) }

    for place in places {
      let bytes = data[data.startIndex + place.begin..<data.startIndex + place.end]
      self[place.name] = SafeTensor(type: place.type, shape: place.shape, bytes: Array(bytes))
    }
  }

  private static func members(
    of header: ArraySlice<UInt8>
  ) throws(SafeTensorsError.Problem) -> [JSONValue.Member] {
    // The format asks for the brace as the first byte; other text before it is another format.
    guard header.first == UInt8(ascii: "{") else { throw .headerNotObject }
    do {
      return try JSONValue(parsing: header).object ?? []
    } catch {
      throw .headerNotJSON(error)
    }
  }

  private static func metadata(_ value: JSONValue) throws(SafeTensorsError.Problem) -> [String: String] {
    // The format's own reader takes null for none.
    if value == .null { return [:] }
    guard let entries = value.object else { throw .metadata(key: nil) }
    var metadata: [String: String] = [:]
    for entry in entries {
      guard let text = entry.value.string else { throw .metadata(key: entry.key) }
      metadata[entry.key] = text
    }
    return metadata
  }
}

/// What the header says of one tensor, checked by itself: type, shape, and the bytes `begin..<end` of the data.
private struct Place {
  let name: String
  let type: SafeTensor.ElementType
  let shape: [Int]
  let begin: Int
  let end: Int

  private static let keys = ["dtype", "shape", "data_offsets"]

  init(_ member: JSONValue.Member, dataBytes: Int) throws(SafeTensorsError.Problem) {
    name = member.key
    let entry = member.value
    for member in entry.object ?? [] where !Self.keys.contains(member.key) {
      throw .entry(tensor: name, key: member.key)
    }
    guard let typeName = entry["dtype"]?.string else { throw .entry(tensor: name, key: "dtype") }
    guard let type = SafeTensor.ElementType(rawValue: typeName) else {
      throw .elementType(tensor: name, found: typeName)
    }
    self.type = type

    guard let sizes = entry["shape"]?.array else { throw .entry(tensor: name, key: "shape") }
    var shape: [Int] = []
    for size in sizes {
      guard let value = size.int, value >= 0 else { throw .shape(tensor: name, found: size.description) }
      shape.append(value)
    }
    self.shape = shape
    var bytes = type.bytes
    for size in shape {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: size)
      guard !overflows else { throw .tooLarge(tensor: name, shape: shape) }
      bytes = product
    }

    guard let offsets = entry["data_offsets"]?.array, offsets.count == 2, let begin = offsets[0].int,
      let end = offsets[1].int
    else { throw .entry(tensor: name, key: "data_offsets") }
    guard 0 <= begin, begin <= end, end <= dataBytes else {
      throw .offsets(tensor: name, begin: begin, end: end, dataBytes: dataBytes)
    }
    guard end - begin == bytes else {
      throw .size(tensor: name, shape: shape, type: type, expected: bytes, found: end - begin)
    }
    self.begin = begin
    self.end = end
  }
}
