import CKernels
import Kernels
import Testing

@Suite("The exponential linear unit")
struct EluTests {
  /// Every power of two down to subnormal results, their neighbours, and 4,000 arguments between -70 and 0.
  private static let arguments: [Double] = {
    var values: [Double] = [0, -0.0, 1, 0.5, .infinity, -.infinity, -63.99, -64, -64.01, -745.2, -1e300]
    for exponent in -1074...3 {
      let value = -Double(sign: .plus, exponent: exponent, significand: 1)
      values += [value, value.nextUp, value.nextDown]
    }
    return values + (0..<4000).map { -Double($0) * 0.0175 - 0.001 }
  }()

  @Test(
    "is alpha (exp z - 1) with the exponential function's own bits below zero, in every lane", arguments: InstructionSet.available
  )
  func sameBits(set: InstructionSet) {
    for alpha in [1, 0.3] {
      // All in lanes, and one channel after the other.
      for channels in [Self.arguments.count, 1] {
        var output = [Double](repeating: 7, count: Self.arguments.count)
        Self.arguments.withUnsafeBufferPointer { input in
          output.withUnsafeMutableBufferPointer { output in
            var call = gf_pointwise_forward(
              pixels: Self.arguments.count / channels, channels: channels, input: input.baseAddress, mean: nil, scale: nil,
              shift: nil, skip: nil, slope: alpha, output: output.baseAddress)
            kernelTable(set, Double.self).pointee.elu_forward(&call)
          }
        }
        for (z, y) in zip(Self.arguments, output) {
          let expected = z > 0 ? z : alpha * (Elementary.exp(z) - 1)
          #expect(y.bitPattern == expected.bitPattern, "ELU of \(z), alpha \(alpha), \(channels) channels")
        }
      }
    }
  }
}
