/// The name of an entry of a state dict: the path of its layer, and what it is to it (`weight`, `bias`, `running_mean`, ...).
///
/// A network may have other layers than the course's: then the path is anybody's, and there is no `LayerName`.
public struct ParameterName: Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let entry: String

  public init(path: String, _ entry: String) {
    self.path = path
    self.entry = entry
  }

  public init(layer: LayerName, _ entry: String) { self.init(path: layer.path, entry) }

  /// Reads `PATH.ENTRY`, split at the last dot; without one, all is the entry.
  public init(_ text: String) {
    if let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")) {
      path = String(text[..<dot])
      entry = String(text[text.index(after: dot)...])
    } else {
      path = ""
      entry = text
    }
  }

  public var description: String { path.isEmpty ? entry : "\(path).\(entry)" }

  public var layer: LayerName? { LayerName(path) }

  /// The layer's label, as in `reduction_block_2_conv_0`: the path without containers.
  public var label: String { path.split(separator: ".").filter { $0 != LayerName.container }.joined(separator: "_") }

  public var isWeight: Bool { entry == "weight" }
}
