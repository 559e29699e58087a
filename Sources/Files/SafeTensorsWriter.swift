extension SafeTensors {
  /// The file's bytes, a function of the content alone: metadata by key, tensors in the order of `names`. Data are
  /// laid out from the largest elements to the smallest, so that every tensor is aligned for readers that map the
  /// file.
  public var fileBytes: [UInt8] {
    let tensors = names.compactMap { name in self[name].map { (name, $0) } }
    var offsets: [Int] = Array(repeating: 0, count: tensors.count)
    var order: [Int] = []
    for size in Set(tensors.map(\.1.type.bytes)).sorted(by: >) {
      order += tensors.indices.filter { tensors[$0].1.type.bytes == size }
    }
    var end = 0
    for index in order {
      offsets[index] = end
      end += tensors[index].1.bytes.count
    }

    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let entries = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
      members.append(.init(Self.metadataKey, .object(entries)))
    }
    for ((name, tensor), offset) in zip(tensors, offsets) {
      members.append(
        .init(
          name,
          .object([
            .init("dtype", .string(tensor.type.rawValue)),
            .init("shape", .array(tensor.shape.map { JSONValue($0) })),
            .init("data_offsets", .array([JSONValue(offset), JSONValue(offset + tensor.bytes.count)])),
          ])))
    }
    var header = Array(JSONValue.object(members).description.utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes += $0 }
    bytes += header
    for index in order { bytes += tensors[index].1.bytes }
    return bytes
  }
}
