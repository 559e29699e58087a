import Kernels
import LayerNames
import Networks
import Tensors
import Traces

/// What an epoch's last training batch says of each parameter's gradient and update.
///
/// Gradient flow, as in the report's Figures 2, 3 and 5: mean |gradient| of each parameter whose name ends in `weight`,
/// under its layer's label. Beside it, for every parameter: the gradient's L2 norm, largest |g| and share of exact zeros,
/// and the L2 norm of that batch's update over that of the values before it. Sums in double, elements ascending.
struct GradientFlow {
  let layers: [(label: String, mean: Double)]
  private var parameters: [(name: String, statistics: TensorStatistics)] = []
  private let before: [[Float]]

  /// To be called between the last backward pass and its update.
  init(of network: Network<Float>, kernels: KernelTable) {
    parameters = network.parameters.map {
      ($0.name, TensorStatistics(of: UnsafeBufferPointer($0.gradient.elements), kernels: kernels))
    }
    layers = parameters.compactMap { parameter in
      let name = ParameterName(parameter.name)
      return name.isWeight ? (name.label, parameter.statistics.meanAbsolute) : nil
    }
    before = network.parameters.map(\.value.values)
  }

  /// To be called after the update.
  func statistics(after network: Network<Float>) -> [GradientStatistics] {
    zip(zip(parameters, before), network.parameters).map { recorded, parameter in
      var change = 0.0
      var size = 0.0
      for (old, new) in zip(recorded.1, parameter.value.elements) {
        let difference = Double(new) - Double(old)
        change += difference * difference
        size += Double(old) * Double(old)
      }
      let statistics = recorded.0.statistics
      return GradientStatistics(
        name: recorded.0.name, l2: statistics.l2, max: statistics.largest,
        zeros: Double(statistics.zeros) / Double(statistics.count),
        update: Self.relative(change: change, size: size))
    }
  }

  /// The norm of an update over that of the values before it: 0 where nothing changed, whatever the values were.
  ///
  /// Values that are all zero, as batch norm's β before the first update, are nothing to compare with: the values after the
  /// update take their place. They are the update itself, so the ratio is 1.
  ///
  /// - Parameters: sums of squares, of the differences and of the values before.
  static func relative(change: Double, size: Double) -> Double {
    if change == 0 { return 0 }
    return size == 0 ? 1 : change.squareRoot() / size.squareRoot()
  }
}
