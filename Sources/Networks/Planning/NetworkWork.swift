import Kernels

/// What a training step of one image has to do, from the shapes alone: to be held against the time it takes.
///
/// Operations are those of the direct algorithms, so that a faster one shows as more of them a second. Bytes count every
/// value that an operation reads or writes once, each operation by itself; what stays in a cache on the way is counted too.
public struct NetworkWork: Sendable {
  public struct Amount: Equatable, Sendable {
    /// Fused multiply-adds of convolutions and the linear layer; the rest counts none.
    public var multiplyAdds: Double
    public var bytes: Double

    public init(multiplyAdds: Double = 0, bytes: Double = 0) {
      self.multiplyAdds = multiplyAdds
      self.bytes = bytes
    }

    init(_ operation: OperationFacts, elementBytes: Int) {
      self.init(multiplyAdds: operation.multiplyAdds, bytes: Double(operation.bytes(elementBytes: elementBytes)))
    }

    public static func + (a: Amount, b: Amount) -> Amount {
      Amount(multiplyAdds: a.multiplyAdds + b.multiplyAdds, bytes: a.bytes + b.bytes)
    }
  }

  /// Multiply-adds of a forward pass of one image, and of its gradients: what a training step's are counted by.
  public let forwardMultiplyAdds: Double
  public let gradientMultiplyAdds: Double

  public init(_ configuration: NetworkConfiguration) {
    let plan = PassPlan<Float>(NetworkDescription(configuration), .training, for: .training, capacity: 1)
    func sum(_ direction: OperationFacts.Direction) -> Double {
      plan.operations.reduce(0) { $1.facts.direction == direction ? $0 + $1.facts.multiplyAdds : $0 }
    }
    forwardMultiplyAdds = sum(.forward)
    gradientMultiplyAdds = sum(.inputGradient)
  }
}
