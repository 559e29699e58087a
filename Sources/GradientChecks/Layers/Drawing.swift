import GradientChecking
import Tensors

extension Tensor where S == Double {
  /// A tensor of random numbers.
  convenience init(_ shape: [Int], in range: ClosedRange<Double> = -1...1, _ generator: inout SeededGenerator) {
    self.init(shape: shape)
    assign(generator.uniform(range, count: count))
  }

  var magnitudes: [Double] { elements.map(abs) }
}

extension Parameter where S == Double {
  convenience init(
    _ name: String, _ shape: [Int], in range: ClosedRange<Double> = -1...1, _ generator: inout SeededGenerator
  ) {
    self.init(name: name, shape: shape)
    value.assign(generator.uniform(range, count: count))
  }

  var variable: CheckSubject.Variable { CheckSubject.Variable(name, value, gradient: gradient) }
}
