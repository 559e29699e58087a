import Digests

/// What one parameter's gradient looked like in the last training batch of an epoch, beside its mean in the gradient
/// flow.
public struct GradientStatistics: Equatable, Sendable {
  /// The parameter's full name, as in the state dict.
  public var name: String
  /// The Euclidean norm of the gradient.
  public var l2: Double
  /// The largest |g|.
  public var max: Double
  /// The share of elements that are exactly zero, in 0…1.
  public var zeros: Double
  /// The norm of that step's update over the norm of the weights before it.
  public var update: Double

  public init(name: String, l2: Double, max: Double, zeros: Double, update: Double) {
    self.name = name
    self.l2 = l2
    self.max = max
    self.zeros = zeros
    self.update = update
  }

  public static func == (a: GradientStatistics, b: GradientStatistics) -> Bool {
    a.name == b.name && a.values == b.values
  }

  /// The four numbers under their keys in the trace.
  public var values: [NamedValue] {
    [
      NamedValue("l2", l2), NamedValue("max", max), NamedValue("zeros", zeros),
      NamedValue("update", update),
    ]
  }
}

/// One epoch's line: its metrics, its gradients and the digest of the state it ended in.
public struct EpochLine: Equatable, Sendable {
  /// Counted from 0.
  public var epoch: Int
  public var learningRate: Double
  /// Means over the epoch's training examples, before each update.
  public var trainLoss: Double
  /// A fraction.
  public var trainAccuracy: Double
  /// Means over the validation examples, after the epoch.
  public var validationLoss: Double
  /// A fraction.
  public var validationAccuracy: Double
  /// Mean |g| per weight in the epoch's last training batch, by the label of the report's figures, in network order.
  public var gradientFlow: [NamedValue]
  /// Beside it, per parameter, in network order.
  public var gradientStatistics: [GradientStatistics]
  /// Covers parameters, buffers and optimiser state.
  public var digest: Digest
  /// Numbers under keys that this version of the reader does not know, in the order of the line. They take part in
  /// comparisons and are written back.
  public var others: [NamedValue]

  public init(
    epoch: Int, learningRate: Double, trainLoss: Double, trainAccuracy: Double,
    validationLoss: Double, validationAccuracy: Double, gradientFlow: [NamedValue],
    gradientStatistics: [GradientStatistics], digest: Digest, others: [NamedValue] = []
  ) {
    self.epoch = epoch
    self.learningRate = learningRate
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.gradientFlow = gradientFlow
    self.gradientStatistics = gradientStatistics
    self.digest = digest
    self.others = others
  }

  /// Bit for bit, as `NamedValue` compares.
  public static func == (a: EpochLine, b: EpochLine) -> Bool {
    a.epoch == b.epoch && a.digest == b.digest && a.values == b.values
  }

  /// The numbers at the top of the line, under their keys in the trace.
  public var metrics: [NamedValue] {
    [
      NamedValue("learning_rate", learningRate), NamedValue("train_loss", trainLoss),
      NamedValue("train_accuracy", trainAccuracy), NamedValue("val_loss", validationLoss),
      NamedValue("val_accuracy", validationAccuracy),
    ]
  }

  /// Every number of the line, in its order, under a dotted name: `train_loss`, `gradient_flow.input_conv_conv_0`,
  /// `gradient_statistics.logit_linear_layer.weight.l2`. This is what comparisons walk and count.
  public var values: [NamedValue] {
    var values = metrics
    for flow in gradientFlow { values.append(NamedValue("gradient_flow.\(flow.name)", flow.value)) }
    for statistics in gradientStatistics {
      for value in statistics.values {
        values.append(
          NamedValue("gradient_statistics.\(statistics.name).\(value.name)", value.value))
      }
    }
    return values + others
  }
}
