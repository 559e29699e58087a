/// The content of a safetensors file: named tensors and metadata.
///
/// The file is the header's length (8 bytes, little-endian), the header (a JSON object, padded with spaces) and the
/// data. Source: the format's description in the safetensors project,
/// https://github.com/huggingface/safetensors#format.
public struct SafeTensors: Equatable, Sendable {
  public var metadata: [String: String]
  /// In the order of the header, which is the order in which they were set.
  public private(set) var names: [String] = []
  private var tensors: [String: SafeTensor] = [:]

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// The tensor of that name; a new name goes to the end.
  public subscript(name: String) -> SafeTensor? {
    get { tensors[name] }
    set {
      if newValue == nil {
        names.removeAll { $0 == name }
      } else if tensors[name] == nil {
        precondition(name != Self.metadataKey, "\(name) names no tensor")
        names.append(name)
      }
      tensors[name] = newValue
    }
  }

  static let metadataKey = "__metadata__"
}
