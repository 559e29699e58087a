import Layers

/// What batch norm does in a forward pass.
public enum PassMode: Hashable, Sendable {
  /// The batch's own statistics normalise and the running averages follow.
  case training
  /// The batch's own statistics normalise and are added to the population's; no other state changes.
  case gatheringPopulation
  /// Fixed statistics normalise; no state changes.
  case evaluation(BatchNormStatistics)

  var usesBatchStatistics: Bool {
    if case .evaluation = self { false } else { true }
  }
}

/// What random numbers in a pass are a function of, beside the layer, the image's place in the batch and the element.
public struct PassRandomness: Hashable, Sendable {
  public var seed: UInt64
  public var epoch: Int
  /// Step of the epoch, counted from 0.
  public var step: Int

  public init(seed: UInt64 = 0, epoch: Int = 0, step: Int = 0) {
    self.seed = seed
    self.epoch = epoch
    self.step = step
  }
}

/// What a forward pass says of its batch.
public struct BatchResult: Equatable, Sendable {
  public let count: Int
  /// Sum of the examples' losses, in double, ascending.
  public let lossSum: Double
  public let correct: Int

  /// Mean over the examples.
  public var loss: Double { lossSum / Double(count) }
  public var accuracy: Double { Double(correct) / Double(count) }
}
