import GradientChecking
import GradientChecks
import Kernels
import Layers
import Tensors
import Testing

/// The checks are seen to fail: a function with a right gradient passes, and each way of getting it wrong is caught.
@Suite("A wrong gradient is caught")
struct WrongGradientTests {
  /// A function whose gradient is easy to write down: Σ uᵢ + uᵢ³ with u = A·x, A: 4×4 and not symmetric.
  struct Cubic {
    static let size = 4
    let x = Tensor<Double>(shape: [size], values: [0.3, -0.7, 0.5, 0.9])
    let matrix = Tensor<Double>(shape: [size, size], values: (0..<size * size).map { Double(($0 * 7) % 11) / 11 - 0.4 })
    let dx = Tensor<Double>(shape: [size])
    let dMatrix = Tensor<Double>(shape: [size, size])

    var products: [Double] {
      (0..<Self.size).map { i in (0..<Self.size).reduce(0) { $0 + matrix.pointer[i * Self.size + $1] * x.pointer[$1] } }
    }

    /// The right gradient.
    func differentiate() {
      let du = products.map { 1 + 3 * $0 * $0 }
      for j in 0..<Self.size {
        dx.pointer[j] = (0..<Self.size).reduce(0) { $0 + du[$1] * matrix.pointer[$1 * Self.size + j] }
        for i in 0..<Self.size { dMatrix.pointer[i * Self.size + j] = du[i] * x.pointer[j] }
      }
    }

    func subject(_ defect: @escaping (Cubic) -> Void = { _ in }) -> CheckSubject {
      CheckSubject(
        variables: [.init("x", x, gradient: dx), .init("matrix", matrix, gradient: dMatrix)], termCount: Self.size,
        forward: { terms in for (i, u) in products.enumerated() { terms[i] = u + u * u * u } },
        backward: {
          differentiate()
          defect(self)
        },
        termErrors: { products.map { 20 * 0x1p-53 * (abs($0) + 1) } })
    }
  }

  struct Defect: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (Cubic) -> Void
    /// Which tensor's row must fail.
    var tensor = "matrix"
  }

  static let defects: [Defect] = [
    Defect(testDescription: "a sign", apply: { c in c.dMatrix.pointer[5] = -c.dMatrix.pointer[5] }),
    Defect(testDescription: "all signs", apply: { c in for i in 0..<16 { c.dMatrix.pointer[i] *= -1 } }),
    Defect(
      testDescription: "a factor of 1 + 1e-6",
      apply: { c in for i in 0..<16 { c.dMatrix.pointer[i] *= 1 + 1e-6 } }),
    Defect(testDescription: "a factor of 1/m", apply: { c in for i in 0..<16 { c.dMatrix.pointer[i] /= 4 } }),
    Defect(
      testDescription: "a transposed index",
      apply: { c in
        let right = c.dMatrix.values
        for i in 0..<4 { for j in 0..<4 { c.dMatrix.pointer[i * 4 + j] = right[j * 4 + i] } }
      }),
    Defect(
      testDescription: "a missing term",
      apply: { c in for j in 0..<4 { c.dx.pointer[j] -= c.matrix.pointer[j] } }, tensor: "x"),
    Defect(testDescription: "no gradient at all", apply: { c in c.dMatrix.buffer.zero() }),
    Defect(testDescription: "one element left out", apply: { c in c.dx.pointer[3] = 0 }, tensor: "x"),
    Defect(
      testDescription: "shifted by one",
      apply: { c in c.dx.assign(Array(c.dx.values.dropFirst()) + [0]) }, tensor: "x"),
    Defect(testDescription: "a NaN", apply: { c in c.dx.pointer[1] = .nan }, tensor: "x"),
    Defect(testDescription: "an infinity", apply: { c in c.dx.pointer[1] = .infinity }, tensor: "x"),
  ]

  private func rows(_ subject: CheckSubject) -> [GradientCheckRow] {
    GradientComparison.rows(subject, layer: "Cubic", shape: "4x4", mode: "any")
  }

  @Test("the right gradient of the cubic passes, element by element")
  func rightGradientPasses() {
    let cubic = Cubic()
    let before = cubic.matrix.values
    let rows = rows(cubic.subject())
    #expect(rows.map(\.failure) == [nil, nil])
    #expect(rows.map(\.elementsChecked) == [4, 16])
    #expect(rows.allSatisfy { $0.worstRatio < 1 && $0.kinksSkipped == 0 })
    #expect(cubic.matrix.values == before, "the variables are put back")
  }

  @Test("a defect in a gradient fails the row of its tensor and no other", arguments: defects)
  func defectIsCaught(_ defect: Defect) {
    let rows = rows(Cubic().subject(defect.apply))
    #expect(rows.filter { !$0.passed }.map(\.tensor) == [defect.tensor])
    #expect(rows.first { !$0.passed }?.failure != nil)
    #expect((rows.first { !$0.passed }?.worstRatio ?? 0) > 1)
  }

  @Test("a defect in a gradient stops the error's fall in a sweep of the step", arguments: [nil, 1e-6, 1e-3])
  func sweepSeesDefects(_ relative: Double?) {
    var generator = SeededGenerator(seed: 1)
    let subject = Cubic().subject { c in
      if let relative { for i in 0..<16 { c.dMatrix.pointer[i] *= 1 + relative } }
    }
    let sweep = StepSweep(subject, &generator)
    let row = sweep.row(layer: "Cubic", shape: "4x4", mode: "sweep")
    #expect(row.passed == (relative == nil), "\(row.failure ?? "")")
    if relative == nil { #expect(sweep.slopes.count >= 6) }
  }

  @Test("a function without curvature makes no sweep")
  func sweepNeedsCurvature() {
    var generator = SeededGenerator(seed: 1)
    let x = Tensor<Double>(shape: [3], values: [1, 2, 3]), dx = Tensor<Double>(shape: [3], values: [1, 1, 1])
    let subject = CheckSubject(
      variables: [.init("x", x, gradient: dx)], termCount: 3,
      forward: { terms in for i in 0..<3 { terms[i] = x.pointer[i] } }, backward: {},
      termErrors: { [1e-16, 1e-16, 1e-16] })
    #expect(!StepSweep(subject, &generator).row(layer: "", shape: "", mode: "").passed)
  }

  @Test("a wrong gradient of a real layer is caught: convolution's input gradient with the weights' taps not mirrored")
  func wrongConvolutionIsCaught() throws {
    let kernels = try Backend(threads: 1).kernels(for: Double.self)
    var generator = SeededGenerator(seed: 2)
    let weight = Parameter<Double>(name: "weight", shape: [2, 2, 3, 3])
    weight.value.assign(generator.uniform(-0.3...0.3, count: weight.count))
    let geometry = try ConvolutionGeometry(.init(height: 4, width: 4), channels: 2)
    let layer = Convolution(geometry: geometry, weight: weight, bias: nil, kernels: kernels, capacity: 1)
    let x = Tensor<Double>(shape: [1, 4, 4, 2], values: generator.uniform(-1...1, count: 32))
    let y = Tensor<Double>(shape: x.shape), dy = Tensor<Double>(shape: x.shape), dx = Tensor<Double>(shape: x.shape)
    for (isWrong, name) in [(false, "right"), (true, "wrong")] {
      let subject = CheckSubject(
        variables: [.init("input", x, gradient: dx)], termCount: y.count,
        forward: { terms in
          layer.prepare(forBackward: true)
          layer.forward(x, into: y, images: 0..<1)
          for i in 0..<y.count { terms[i] = y.pointer[i] * y.pointer[i] }
        },
        backward: {
          for i in 0..<y.count { dy.pointer[i] = 2 * y.pointer[i] }
          // Correlating once more instead of going backward, which only mirrored taps would make right.
          isWrong ? layer.forward(dy, into: dx, images: 0..<1) : layer.backwardInput(dy, into: dx, images: 0..<1)
        },
        termErrors: { y.values.map { _ in 1e-14 } })
      let rows = GradientComparison.rows(subject, layer: "Convolution", shape: name, mode: "any")
      #expect(rows.map(\.passed) == [!isWrong])
    }
  }
}
