import Kernels

extension Network {
  /// The parameter whose gradient is the first, on the way back from the loss, that holds a number which is not finite; `nil`
  /// if all gradients are finite. To be asked after every backward pass: one look at each number's bits.
  public func firstNonFiniteGradient() -> String? {
    // By index: an array's iterator allocates where this is not specialised.
    for index in stride(from: parameters.count - 1, through: 0, by: -1) {
      let gradient = parameters[index].gradient
      if kernels.pointee.is_finite(gradient.pointer, gradient.count) == 0 { return parameters[index].name }
    }
    return nil
  }
}
