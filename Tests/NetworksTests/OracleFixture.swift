import Files
import Networks

/// One file of `Oracle/fixtures`: what PyTorch computed in double precision (see `Oracle/make_fixtures.py`).
struct OracleFixture: Sendable {
  enum Group: String, CaseIterable, Sendable {
    /// A pass in training mode, and the buffers after it.
    case train
    /// A pass with the running averages.
    case eval
    /// Parameters and buffers after three Adam steps in training mode.
    case adam3
  }

  /// A tensor as the fixture gives it: whole, or its norm and some of its elements.
  struct Expected {
    let norm: Double
    /// Flat indices of `values`; `nil` for all elements.
    let indices: [Int]?
    let values: [Double]
  }

  let name: String
  let row: StandardRow
  let learningRate: Double
  /// PyTorch's gain of the activation; of a row with He's initialisation.
  let gain: Double?
  let weights: ProbeFile
  let batch: ProbeFile
  /// Parameters whose training gradient is zero by mathematics.
  let zeroGradients: Set<String>
  /// The running means behind these.
  let shiftedMeans: Set<String>
  private let isSampled: Bool
  private let content: SafeTensors

  /// Every row with few filters.
  static let narrow = [
    "vgg08", "vgg38", "vgg38-bn-1e-2", "vgg38-bn-1e-3", "vgg38-rc", "vgg38-bn-rc-1e-3", "vgg38-bn-rc-1e-2",
    "vgg38-bn-all-1e-2", "vgg38-bn-all-1e-3", "vgg38-he-1e-3", "vgg38-elu-1e-3", "vgg38-bn-rc-elu-1e-2", "vgg38-ic-1e-2",
    "vgg38-ic-rc-1e-2", "vgg38-bn-rc-ghost-1e-2", "vgg38-bn-rc-decay-1e-2", "vgg38-bn-rc-ghost-decay-1e-2",
    "vgg38-gn-rc-1e-2", "vgg38-bgn-rc-1e-2",
  ]
  static let all = narrow + ["full-width.vgg38-bn-rc-1e-2"]

  private static let directory = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/")!)) + "/Oracle/fixtures/"

  enum Problem: Error { case metadata(String) }

  init(_ name: String) throws {
    let content = try SafeTensors(path: Self.directory + name + ".safetensors.zst")
    func metadata(_ key: String) throws -> String {
      guard let text = content.metadata[key] else { throw Problem.metadata(key) }
      return text
    }
    func names(_ key: String) throws -> Set<String> {
      guard let list = try JSONValue(parsing: metadata(key)).array else { throw Problem.metadata(key) }
      return Set(list.compactMap(\.string))
    }
    func part(_ prefix: String) -> ProbeFile {
      var part = SafeTensors()
      for tensor in content.names where tensor.hasPrefix(prefix) {
        part[String(tensor.dropFirst(prefix.count))] = content[tensor]
      }
      return ProbeFile(name: "\(name), \(prefix)", content: part)
    }
    self.name = name
    self.content = content
    row = try StandardRow.named(metadata("row"))
    guard let rate = try Double(metadata("learning_rate")) else { throw Problem.metadata("learning_rate") }
    learningRate = rate
    gain = content.metadata["gain"].flatMap(Double.init)
    zeroGradients = try names("ill_conditioned")
    shiftedMeans = try names("ill_conditioned_buffers")
    isSampled = try metadata("kind") == "sampled"
    weights = part("weights/")
    batch = part("batch/")
  }

  /// The tensors that the group gives.
  func names(_ group: Group) -> Set<String> {
    let prefix = group.rawValue + (isSampled ? "/norm/" : "/")
    return Set(content.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
  }

  func expected(_ group: Group, _ tensor: String) throws -> Expected {
    func doubles(_ part: String) throws -> [Double] {
      guard let values = content["\(group.rawValue)/\(part)\(tensor)"]?.doubles else {
        throw Problem.metadata("no \(group.rawValue)/\(part)\(tensor)")
      }
      return values
    }
    guard isSampled else {
      let values = try doubles("")
      return Expected(norm: OracleComparison.norm(values), indices: nil, values: values)
    }
    guard let indices = content["\(group.rawValue)/index/\(tensor)"]?.integers else {
      throw Problem.metadata("no \(group.rawValue)/index/\(tensor)")
    }
    return Expected(norm: try doubles("norm/")[0], indices: indices.map { Int($0) }, values: try doubles("sample/"))
  }
}
