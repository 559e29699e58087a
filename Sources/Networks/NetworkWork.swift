/// What each part of each layer has to do for one image, from the shapes alone: to be held against the time it takes.
///
/// Operations are those of the direct algorithms, so that a faster one shows as more of them a second. Bytes count every
/// tensor that a part reads or writes once, each part by itself, in binary32; where parts are fused, less is moved.
public struct NetworkWork: Sendable {
  public struct Amount: Equatable, Sendable {
    /// Fused multiply-adds of convolutions and the linear layer; the rest counts none.
    public var multiplyAdds: Double
    public var bytes: Double

    public init(multiplyAdds: Double = 0, bytes: Double = 0) {
      self.multiplyAdds = multiplyAdds
      self.bytes = bytes
    }

    public static func + (a: Amount, b: Amount) -> Amount {
      Amount(multiplyAdds: a.multiplyAdds + b.multiplyAdds, bytes: a.bytes + b.bytes)
    }
  }

  private struct Place: Hashable {
    let layer: String
    let isForward: Bool
    let part: WorkPart
  }

  private var amounts: [Place: Amount] = [:]
  /// Multiply-adds of a forward pass of one image, and of its gradients: what a training step's are counted by.
  public private(set) var forwardMultiplyAdds = 0.0
  public private(set) var gradientMultiplyAdds = 0.0

  public init(_ configuration: NetworkConfiguration) {
    let filters = Double(configuration.filters)
    var pixels = Double(configuration.side * configuration.side)
    var isEntry = true
    let architecture = Architecture(configuration)
    for (position, node) in architecture.nodes.enumerated() {
      switch node {
      case .unit(let unit):
        addUnit(
          unit, isKept: !architecture.isRecomputable(at: position), isRead: architecture.isRead(at: position), pixels: pixels,
          filters: filters, isEntry: isEntry)
        isEntry = false
      case .pool(let block):
        let bytes = 4 * filters * (pixels + pixels / 4)
        for isForward in [true, false] {
          amounts[.init(layer: "\(block)_pool", isForward: isForward, part: .pool)] = Amount(bytes: bytes)
        }
        pixels /= 4
      }
    }
    let linear = filters * Double(configuration.classes)
    let (head, classes) = (Architecture.headName, Double(configuration.classes))
    amounts[.init(layer: head, isForward: true, part: .head)] = Amount(multiplyAdds: linear, bytes: 4 * (filters + classes))
    amounts[.init(layer: head, isForward: false, part: .head)] = Amount(
      multiplyAdds: 2 * linear, bytes: 4 * (2 * filters + 2 * classes))
    for isForward in [true, false] {
      amounts[.init(layer: "global_pool", isForward: isForward, part: .pool)] = Amount(bytes: 4 * filters * (pixels + 1))
    }
    forwardMultiplyAdds += linear
    gradientMultiplyAdds += 2 * linear
  }

  private mutating func addUnit(
    _ unit: Architecture.Unit, isKept: Bool, isRead: Bool, pixels: Double, filters: Double, isEntry: Bool
  ) {
    let (input, output) = (4 * pixels * Double(unit.channels), 4 * pixels * filters)
    let one = pixels * 9 * Double(unit.channels) * filters
    let skip = unit.skipsFromBlockInput ? output : 0
    let last = unit.isNormalised ? unit.normLabel : unit.label
    func set(_ layer: String, _ isForward: Bool, _ part: WorkPart, _ multiplyAdds: Double, _ bytes: Double) {
      amounts[.init(layer: layer, isForward: isForward, part: part)] = Amount(multiplyAdds: multiplyAdds, bytes: bytes)
    }
    set(unit.label, true, .convolution, one, input + output)
    set(unit.label, false, .weightGradient, one, input + output)
    set(unit.label, false, .inputGradient, one, input + output)
    // The images need no gradient.
    set(unit.label, false, .gradients, isEntry ? one : 2 * one, isEntry ? input + output : 2 * input + output)
    set(last, true, .pointwise, 0, 2 * output + skip)
    if unit.isNormalised {
      set(unit.normLabel, true, .statistics, 0, output)
      // dy, x; y, unless its sign is computed anew.
      set(unit.normLabel, false, .statistics, 0, (isKept ? 3 : 2) * output)
    }
    // dy, y, dx; x, and the skip's gradient, where there is batch norm. Where y is not kept: dy, x, dx; and x and y to compute
    // it anew, if a weight gradient reads it.
    set(
      last, false, .pointwise, 0,
      isKept ? (unit.isNormalised ? 4 : 3) * output + (unit.isNormalised ? skip : 0) : (isRead ? 5 : 3) * output)
    forwardMultiplyAdds += one
    gradientMultiplyAdds += isEntry ? one : 2 * one
  }

  /// Of one image; nothing for a part that is not known.
  ///
  /// - Parameter phase: as in `StepTimes.Entry`.
  public func amount(layer: String, phase: String, part: WorkPart) -> Amount? {
    amounts[Place(layer: layer, isForward: phase == "forward", part: part)]
  }
}
