import CKernels
import Kernels
import TestSupport
import Testing

/// A backward pass that computes the sign of an activation anew does what it would with the activation itself.
@Suite("The sign of an activation, computed anew")
struct ActivationSignTests {
  private struct Layer<S: KernelScalar> {
    let shape: PixelShape
    let x, dy: Memory<S>
    let mean, inverse, scale, shift, sum1, sum2: Memory<S>

    init(_ shape: PixelShape, _ set: ValueSet, _ generator: inout Generator) {
      self.shape = shape
      x = Memory(generator.values(shape.count, set))
      dy = Memory(generator.values(shape.count, set))
      let constants: [Memory<S>] = (0..<6).map { _ in Memory(generator.values(shape.channels, set)) }
      (mean, inverse, scale, shift, sum1, sum2) = (
        constants[0], constants[1], constants[2], constants[3], constants[4], constants[5]
      )
    }

    func output(_ kernels: KernelTable, slope: Double) -> Memory<S> {
      let y = Memory<S>(count: shape.count, repeating: 7)
      var forward = gf_pointwise_forward(
        pixels: shape.pixels, channels: shape.channels, input: x.pointer, mean: mean.pointer, scale: scale.pointer,
        shift: shift.pointer, skip: nil, slope: slope, output: y.pointer)
      kernels.pointee.pointwise_forward(&forward)
      return y
    }

    /// The input's gradient, and the sums of batch norm's; by the output, or by its sign computed anew.
    func gradients(_ kernels: KernelTable, slope: Double, output: Memory<S>?) -> [Field] {
      let dx = Memory<S>(count: shape.count, repeating: 7)
      let sums = Memory<Double>(count: 2 * shape.channels, repeating: 7)
      var backward = gf_pointwise_backward(
        pixels: shape.pixels, channels: shape.channels, output: output?.pointer, output_gradient: dy.pointer,
        input: x.pointer, mean: mean.pointer, inverse: inverse.pointer, scale: scale.pointer,
        shift: output == nil ? shift.pointer : nil, sum1: sum1.pointer, sum2: sum2.pointer, gamma: nil, slope: slope,
        input_gradient: dx.pointer, skip_gradient: nil)
      kernels.pointee.pointwise_backward(&backward)
      kernels.pointee.backward_sums(&backward, sums.pointer)
      return [dx.field("input gradient"), sums.field("sums")]
    }
  }

  @Test("gives the bits that the activation gives, for slopes of 0 and more", arguments: ValueSet.allCases, [0, 0.01, 2])
  func sameBits(set: ValueSet, slope: Double) {
    check(Float.self, set, slope)
    check(Double.self, set, slope)
  }

  private func check<S: KernelScalar>(_ type: S.Type, _ set: ValueSet, _ slope: Double) {
    var generator = Generator("activation sign \(type) \(set.rawValue)")
    for shape in PixelShape.all {
      let layer = Layer<S>(shape, set, &generator)
      for isa in InstructionSet.available {
        let kernels = kernelTable(isa, type)
        let kept = layer.gradients(kernels, slope: slope, output: layer.output(kernels, slope: slope))
        let anew = layer.gradients(kernels, slope: slope, output: nil)
        if let difference = firstDifference(found: anew, expected: kept) {
          Issue.record("\(type), \(shape.text), \(isa): \(difference)")
        }
      }
    }
  }
}
