import GradientChecking
import Kernels
import Layers
import Tensors

/// Convolution on the shapes that train, which minimal filtering computes, in binary32 against the direct sum in binary64.
///
/// Bounds, with u = 2⁻²⁴ and the matrices of `template/winograd_transforms.h`: every transform and every sum is bounded by
/// its number of roundings times the sum of its terms' magnitudes (`Rounding.probableGamma`), so that
///   |δy| ≤ γ̃·|A′|·(Σ over c of (|B′||x||B|) ⊙ (|G||w||G′|))·|A|, with 2·3 roundings of the input, 1 of the weights
///   (binary64 before), C of the sum, 2·3 of the output, 1 of the bias;
///   |δdw| ≤ γ̃·|G′|·(Σ over tiles of (|B′||x||B|) ⊙ (|A||dy||A′|))·|G|, with 2·3 and 2·2 roundings of the factors, one per
///   tile of a slot, one per slot and one in the end.
/// Here |x| and |dy| are at most 1, so that the inputs' transforms are bounded by the matrices' row sums.
/// Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3 and 24; Barabasz et al.,
/// arXiv:1803.10986.
///
/// That is the worst case. What one sees is held against the direct kernel on the same numbers: errors relative to Σ|x||w|,
/// their root mean square and their largest, at most 10 times the direct kernel's forward and for the input gradient, 32 times
/// for the weight gradient. Measured: 1.9 and 1.2 times.
enum PrecisionConvolution {
  @Sendable static func rows(
    _ bench: PrecisionBench, _ generator: inout SeededGenerator
  ) throws -> [GradientCheckRow] {
    let (backend, channels, images) = (try bench.backend(), PrecisionBench.channels, 0..<bench.images)
    let geometry = try ConvolutionGeometry(.init(height: bench.side, width: bench.side), channels: channels)
    let weight = TwinParameter("weight", [channels, channels, 3, 3], within: 0.1, &generator)
    let directWeight = Parameter<Float>(name: "weight", shape: weight.single.shape)
    directWeight.value.assign(weight.single.value.values)
    let bias = TwinParameter("bias", [channels], within: 0.1, &generator)
    let (x, dy) = (TwinTensor(bench.shape, &generator), TwinTensor(bench.shape, &generator))
    let (y, dx) = (TwinTensor(shape: bench.shape), TwinTensor(shape: bench.shape))
    let (directY, directDX) = (Tensor<Float>(shape: bench.shape), Tensor<Float>(shape: bench.shape))
    func run<S>(
      _ x: Tensor<S>, _ dy: Tensor<S>, _ weight: Parameter<S>, _ bias: Parameter<S>, _ y: Tensor<S>, _ dx: Tensor<S>,
      isDirect: Bool = true
    ) {
      let layer = Convolution(
        geometry: geometry, weight: weight, bias: bias, kernels: backend.kernels(for: S.self), capacity: bench.images,
        isDirect: isDirect)
      layer.prepare(forBackward: true)
      layer.forward(x, into: y, images: images)
      layer.backwardInput(dy, into: dx, images: images)
      layer.accumulateWeights(x, dy, count: bench.images)
    }
    run(x.single, dy.single, directWeight, bias.single, directY, directDX)
    run(x.single, dy.single, weight.single, bias.single, y.single, dx.single, isDirect: false)
    run(x.double, dy.double, weight.double, bias.double, y.double, dx.double)
    run(x.magnitude, dy.magnitude, weight.magnitude, bias.magnitude, y.magnitude, dx.magnitude)

    let tiles = (bench.side / 4) * (bench.side / 4)
    let slot = tiles * ImageGroup.imagesPerSlot, slots = ImageGroup.slots(of: bench.images)
    let values = weight.magnitude.value.values
    let amplified = WinogradAmplification.output(outputs: channels, inputs: channels) { k, c, tap in
      values[(k * channels + c) * 9 + tap]
    }
    // The input gradient takes the weights by half a turn.
    let amplifiedGradient = WinogradAmplification.output(outputs: channels, inputs: channels) { c, k, tap in
      values[(k * channels + c) * 9 + 8 - tap]
    }
    let weightScale = Tensor<Double>(
      shape: weight.single.shape,
      values: (0..<weight.single.count).map { _ in WinogradAmplification.weightGradient * Double(tiles * bench.images) })
    return [
      bench.row(
        "Convolution", "output", y.single, y.double, scale: tiled(amplified, bias.magnitude.value.values, bench),
        factor: Rounding.probableGamma(channels + 14, unit: Rounding.floatUnit)),
      bench.row(
        "Convolution", "input gradient", dx.single, dx.double, scale: tiled(amplifiedGradient, nil, bench),
        factor: Rounding.probableGamma(channels + 13, unit: Rounding.floatUnit)),
      bench.row(
        "Convolution", "weight gradient", weight.single.gradient, weight.double.gradient, scale: weightScale,
        factor: Rounding.probableGamma(11 + slot + slots, unit: Rounding.floatUnit)),
      // Added up in binary64 and rounded once.
      bench.row(
        "Convolution", "bias gradient", bias.single.gradient, bias.double.gradient,
        scale: Tensor(shape: bias.double.gradient.shape, values: bias.double.gradient.magnitudes),
        factor: Rounding.floatUnit),
    ]
      + beside(bench, "output", y.single, directY, y.double, scale: y.magnitude, times: 10)
      + beside(bench, "input gradient", dx.single, directDX, dx.double, scale: dx.magnitude, times: 10)
      + beside(
        bench, "weight gradient", weight.single.gradient, directWeight.gradient, weight.double.gradient,
        scale: weight.magnitude.gradient, times: 32)
  }

  /// [k][16 places of a tile] spread over the maps, and the bias.
  private static func tiled(_ amplified: [[Double]], _ bias: [Double]?, _ bench: PrecisionBench) -> Tensor<Double> {
    let scale = Tensor<Double>(shape: bench.shape), channels = PrecisionBench.channels
    let patterns = (0..<16).map { place in
      (0..<channels).map { k in amplified[k][place] + (bias.map { $0[k] } ?? 0) }
    }
    for pixel in 0..<bench.images * bench.pixels {
      let (row, column) = (pixel % bench.pixels / bench.side, pixel % bench.side)
      patterns[row % 4 * 4 + column % 4].withUnsafeBufferPointer {
        (scale.pointer + pixel * channels).update(from: $0.baseAddress!, count: channels)
      }
    }
    return scale
  }

  /// Two rows of one number each: how many times the direct kernel's error ours is, by root mean square and by the largest.
  private static func beside(
    _ bench: PrecisionBench, _ tensor: String, _ actual: Tensor<Float>, _ direct: Tensor<Float>,
    _ expected: Tensor<Double>, scale: Tensor<Double>, times: Double
  ) -> [GradientCheckRow] {
    let ours = ErrorSize(actual, expected, scale: scale), theirs = ErrorSize(direct, expected, scale: scale)
    return [
      ("\(tensor), rms error beside the direct sum's", ours.meanSquare.squareRoot() / theirs.meanSquare.squareRoot()),
      ("\(tensor), largest error beside the direct sum's", ours.largest / theirs.largest),
    ].map { name, ratio in
      var tally = Tally(elementCount: 1)
      tally.add(0, ratio, expected: 0, bound: times)
      return tally.row(layer: "Convolution", tensor: name, shape: bench.shape(for: "Convolution"), mode: bench.mode)
    }
  }
}

/// How far a tensor is from another, relative to a scale.
private struct ErrorSize {
  private(set) var largest = 0.0
  private(set) var meanSquare = 0.0

  init(_ actual: Tensor<Float>, _ expected: Tensor<Double>, scale: Tensor<Double>) {
    precondition(actual.count == expected.count && actual.count == scale.count && actual.count > 0)
    let (a, e, s) = (actual.pointer, expected.pointer, scale.pointer)
    var i = 0
    while i < actual.count {
      let error = abs(Double(a[i]) - e[i]) / s[i]
      // A NaN stays one, and fails every comparison afterwards.
      if !(error <= largest), !largest.isNaN { largest = error }
      meanSquare += error * error
      i += 1
    }
    meanSquare /= Double(actual.count)
  }
}

/// The transforms with the magnitudes of their coefficients: what magnitudes become on the way, and so the scale of rounding
/// errors.
enum WinogradAmplification {
  private static let p = 0.625, q = 1.5
  private static let inputMatrix: [[Double]] = {
    let (p2, q2) = (p * p, q * q)
    return [
      [p2 * q2, 0, p2 + q2, 0, 1, 0], [0, p * q2, q2, p, 1, 0], [0, p * q2, q2, p, 1, 0], [0, q * p2, p2, q, 1, 0],
      [0, q * p2, p2, q, 1, 0], [0, p2 * q2, 0, p2 + q2, 0, 1],
    ]
  }()
  /// Powers of the points; its transpose makes the output.
  private static let spreadMatrix: [[Double]] = {
    let powers = [0, p, p, q, q].map { (point: Double) -> [Double] in [1, point, point * point, point * point * point] }
    return powers + [[0, 0, 0, 1]]
  }()
  private static let weightMatrix: [[Double]] = {
    let divisors: [(point: Double, factor: Double)] = [
      (0, 256 / 225), (p, 2048 / 2975), (p, 2048 / 2975), (q, 128 / 1071), (q, 128 / 1071),
    ]
    return divisors.map { [$0.factor, $0.factor * $0.point, $0.factor * $0.point * $0.point] } + [[0, 0, 1]]
  }()

  /// m·x·m′ of a square x.
  private static func apply(_ m: [[Double]], _ x: [Double]) -> [Double] {
    let n = m[0].count, count = m.count
    var result = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count {
        var sum = 0.0
        for r in 0..<n { for s in 0..<n { sum += m[i][r] * m[j][s] * x[r * n + s] } }
        result[i * count + j] = sum
      }
    }
    return result
  }

  private static func transposed(_ m: [[Double]]) -> [[Double]] { m[0].indices.map { column in m.map { $0[column] } } }

  /// |B′|·x·|B|
  static func input(_ x: [Double]) -> [Double] { apply(inputMatrix, x) }
  /// |G|·w·|G′|
  static func weights(_ w: [Double]) -> [Double] { apply(weightMatrix, w) }
  /// |A′|·m·|A|
  static func output(_ m: [Double]) -> [Double] { apply(transposed(spreadMatrix), m) }

  private static let ones = [Double](repeating: 1, count: 36)

  /// [output][place in the tile], for inputs of magnitude 1 and the weights [output, input, tap].
  static func output(outputs: Int, inputs: Int, _ weight: (Int, Int, Int) -> Double) -> [[Double]] {
    let x = input(ones)
    return (0..<outputs).map { k in
      var total = [Double](repeating: 0, count: 9)
      for c in 0..<inputs { for tap in 0..<9 { total[tap] += weight(k, c, tap) } }
      let w = weights(total)
      return output((0..<36).map { x[$0] * w[$0] })
    }
  }

  /// |G′|·(|B′|x|B| ⊙ |A|dy|A′|)·|G| of one tile, for magnitudes of 1: its largest entry.
  static let weightGradient: Double = {
    let x = input(ones), dy = apply(spreadMatrix, [Double](repeating: 1, count: 16))
    return apply(transposed(weightMatrix), (0..<36).map { x[$0] * dy[$0] }).max()!
  }()
}
