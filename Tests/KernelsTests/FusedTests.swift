import CKernels
import Kernels
import Testing

/// Sums that rounding to binary64 first, and then to binary32, gets wrong: a·b is half a unit in the last place of c, and so
/// little more or less that binary64 cannot tell it from the half.
@Suite("A multiply-add is rounded once")
struct FusedTests {
  private struct Case {
    let a, b, c, right: Float
    var roundedTwice: Float { Float(Double(a) * Double(b) + Double(c)) }
  }

  /// - Parameter exponent: of c; its last bit is even or odd, so that a tie would go the other way in one of two cases.
  private static func cases(exponent: Int) -> [Case] {
    let scale = Float(sign: .plus, exponent: exponent, significand: 1)
    let fractions: [Float] = [Float.ulpOfOne, 2 * Float.ulpOfOne]
    return fractions.flatMap { around((1 + $0) * scale, scale) + around(-(1 + $0) * scale, scale) }
  }

  /// - Parameter scale: the power of two next below |c|.
  private static func around(_ c: Float, _ scale: Float) -> [Case] {
    let half: Float = c < 0 ? -Float.ulpOfOne / 2 : Float.ulpOfOne / 2
    let away = c < 0 ? c.nextDown : c.nextUp, back = c < 0 ? c.nextUp : c.nextDown
    // (1 + x)(1 − x) = 1 − x², and (1 + y)(1 − y + y²) = 1 + y³.
    let x: Float = 0x1p-15, y: Float = 0x1p-11
    let less = half * (1 + x), lessFactor = (1 - x) * scale
    let more = half * (1 + y), moreFactor = (1 - y + y * y) * scale
    return [
      Case(a: less, b: lessFactor, c: c, right: c), Case(a: more, b: moreFactor, c: c, right: away),
      Case(a: -less, b: lessFactor, c: c, right: c), Case(a: -more, b: moreFactor, c: c, right: back),
    ]
  }

  @Test(
    "whole vectors and single elements alike, where two roundings would differ, at both ends of the range",
    arguments: InstructionSet.available, [-126, -100, 0, 100, 126])
  func once(set: InstructionSet, exponent: Int) {
    let cases = Self.cases(exponent: exponent)
    #expect(cases.filter { $0.roundedTwice.bitPattern != $0.right.bitPattern }.count == 8, "these tell one rounding from two")
    // Each case fills three vectors and more, so that it stands in every lane and in the rest.
    for one in cases {
      for channels in [1, 35] {
        let input = Memory<Float>(count: channels, repeating: one.a), output = Memory<Float>(count: channels, repeating: 7)
        let mean = Memory<Float>(count: channels, repeating: 0), scale = Memory<Float>(count: channels, repeating: one.b)
        let shift = Memory<Float>(count: channels, repeating: one.c)
        // Normalised by a mean of 0, and activated with a slope of 1, a number is a·b + c.
        var arguments = gf_pointwise_forward(
          pixels: 1, channels: channels, input: input.pointer, mean: mean.pointer, scale: scale.pointer, shift: shift.pointer,
          skip: nil, slope: 1, output: output.pointer)
        kernelTable(set, Float.self).pointee.pointwise_forward(&arguments)
        #expect(
          output.values.allSatisfy { $0.bitPattern == one.right.bitPattern },
          "\(one.a) · \(one.b) + \(one.c): \(output.values), not \(one.right)")
      }
    }
  }
}
