import Kernels

/// What a training step of one image has to do, from the shapes alone: to be held against the time it takes.
///
/// Operations are those of the direct algorithms, so that a faster one shows as more of them a second. Bytes count every
/// value that an operation reads or writes once, each operation by itself; what stays in a cache on the way is counted too.
public struct NetworkWork: Sendable {
  public struct Amount: Equatable, Sendable {
    /// Fused multiply-adds of convolutions and the linear layer; the rest counts none.
    public var multiplyAdds: Double
    /// Those of the algorithm that is taken, without its transforms: what the processor has to do at least.
    public var products: Double
    public var bytes: Double

    public init(multiplyAdds: Double = 0, products: Double? = nil, bytes: Double = 0) {
      self.multiplyAdds = multiplyAdds
      self.products = products ?? multiplyAdds
      self.bytes = bytes
    }

    init(_ operation: OperationFacts, elementBytes: Int) {
      self.init(
        multiplyAdds: operation.multiplyAdds, products: operation.products,
        bytes: Double(operation.bytes(elementBytes: elementBytes)))
    }

    public static func * (a: Amount, count: Double) -> Amount {
      Amount(multiplyAdds: a.multiplyAdds * count, products: a.products * count, bytes: a.bytes * count)
    }

    public static func + (a: Amount, b: Amount) -> Amount {
      Amount(multiplyAdds: a.multiplyAdds + b.multiplyAdds, products: a.products + b.products, bytes: a.bytes + b.bytes)
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
