import Kernels

/// A tensor that training changes, beside the gradient of the loss with respect to it.
public final class Parameter<S: KernelScalar>: Sendable {
  /// The course code's name, such as `layer_dict.input_conv.layer_dict.conv_0.weight`.
  public let name: String
  public let kind: ParameterKind
  public let value: Tensor<S>
  public let gradient: Tensor<S>

  public init(name: String, kind: ParameterKind = .weight, shape: [Int]) {
    self.name = name
    self.kind = kind
    value = Tensor(shape: shape)
    gradient = Tensor(shape: shape)
  }

  fileprivate init(name: String, kind: ParameterKind, value: Tensor<S>, gradient: Tensor<S>) {
    self.name = name
    self.kind = kind
    self.value = value
    self.gradient = gradient
  }

  public var shape: [Int] { value.shape }
  public var count: Int { value.count }
}

/// A named tensor that belongs to a layer's state but has no gradient: a running mean or variance.
public final class StateBuffer<S: KernelScalar>: Sendable {
  public let name: String
  public let value: Tensor<S>

  public init(name: String, shape: [Int]) {
    self.name = name
    value = Tensor(shape: shape)
  }
}

extension Parameter {
  /// The same memory under another shape.
  public func reshaped(_ shape: [Int]) -> Parameter {
    Parameter(name: name, kind: kind, value: value.reshaped(shape), gradient: gradient.reshaped(shape))
  }
}
