import GradientChecking
import GradientChecks
import Tensors
import Testing

/// What the comparison refuses besides wrong numbers.
@Suite("A check that shows nothing fails")
struct VacuousCheckTests {
  /// Σ of x² for x > 0 and of slope·x² otherwise, with the kink in the sign pattern of a tensor of its own.
  private func kinked(_ values: [Double], errors: Double = 1e-16) -> CheckSubject {
    let x = Tensor<Double>(shape: [values.count], values: values)
    let (y, dx) = (Tensor<Double>(shape: x.shape), Tensor<Double>(shape: x.shape))
    return CheckSubject(
      variables: [.init("x", x, gradient: dx)], termCount: values.count, sides: [y],
      forward: { terms in
        for i in 0..<x.count {
          y.pointer[i] = x.pointer[i]
          terms[i] = x.pointer[i] > 0 ? 3 * x.pointer[i] : 0.3 * x.pointer[i]
        }
      },
      backward: { for i in 0..<x.count { dx.pointer[i] = x.pointer[i] > 0 ? 3 : 0.3 } },
      termErrors: { values.map { _ in errors } })
  }

  private func row(_ subject: CheckSubject) -> GradientCheckRow {
    GradientComparison.rows(subject, layer: "kinks", shape: "n", mode: "any")[0]
  }

  @Test("near a kink the step shrinks: nothing is skipped and nothing is wrong")
  func smallerStepsAvoidKinks() {
    let row = row(kinked([0.5, 1e-4, -1e-5, 1e-6, -0.5]))
    #expect(row.passed, "\(row.failure ?? "")")
    #expect(row.elementsChecked == 5)
    #expect(row.kinksSkipped == 0)
  }

  @Test("on a kink an element is skipped and counted, up to 1 % of the tensor")
  func kinksAreCounted() {
    let smooth = (0..<200).map { 0.1 + Double($0) / 100 }
    let two = row(kinked(Array(smooth.dropLast(2)) + [0, 1e-9]))
    #expect(two.passed, "\(two.failure ?? "")")
    #expect(two.kinksSkipped == 2)
    #expect(two.elementsChecked == 198)
    let three = row(kinked(Array(smooth.dropLast(3)) + [0, 1e-9, -1e-9]))
    #expect(!three.passed)
    #expect(three.kinksSkipped == 3)
  }

  @Test("where the sides of kinks are told apart from the function, they are asked for where a difference does not agree")
  func sidesAreAskedForWhereNeeded() {
    func looks(_ values: [Double]) -> Int {
      var subject = kinked(values), count = 0
      subject.look = { count += 1 }
      #expect(row(subject).passed)
      return count
    }
    // Once where x stands; then at x + h and x - h, for three steps that reach across.
    #expect(looks([0.5, 1]) == 1)
    #expect(looks([0.5, 1e-5]) == 1 + 3 * 2)
  }

  @Test("a tensor that lies on kinks altogether fails")
  func wholeTensorOnKinksFails() {
    let row = row(kinked([0, 0, 0]))
    #expect(!row.passed)
    #expect(row.elementsChecked == 0)
  }

  @Test("a kink that nobody watches makes a wrong difference, which fails")
  func unwatchedKinkFails() {
    var subject = kinked([0.5, 1e-5])
    subject.sides = []
    #expect(!row(subject).passed)
  }

  @Test("a rounding bound too coarse to see anything fails instead of accepting")
  func blindChecksFail() {
    #expect(row(kinked([0.5, 1], errors: 1e-16)).passed)
    let blind = row(kinked([0.5, 1], errors: 1e-6))
    #expect(!blind.passed)
    #expect(blind.elementsChecked == 0)
  }

  @Test("what counts as compared can see a millionth of the largest gradient, and nothing coarser counts", arguments: [0.9, 1.1])
  func blindnessIsAMillionth(_ share: Double) {
    // Of one term with the error E the difference errs by 3E/h; the largest gradient is 3.
    let error = share * 1e-6 * 3 * 0x1p-12 / 3
    #expect(row(kinked([0.5, 1], errors: error)).elementsChecked == (share < 1 ? 2 : 0))
  }

  /// Σ of 3x, and 1e-5·x for the last element.
  private func lopsided(_ defect: Double, _ selection: CheckSubject.Selection) -> [GradientCheckRow] {
    let count = 64
    let x = Tensor<Double>(shape: [count], values: (0..<count).map { 0.1 + Double($0) / 64 })
    let dx = Tensor<Double>(shape: [count])
    var subject = CheckSubject(
      variables: [.init("x", x, gradient: dx)], termCount: count,
      forward: { terms in for i in 0..<count { terms[i] = (i < count - 1 ? 3 : 1e-5) * x.pointer[i] } },
      backward: { for i in 0..<count { dx.pointer[i] = i < count - 1 ? 3 : 1e-5 + defect } },
      termErrors: { (0..<count).map { $0 < count - 1 ? 1e-15 : 1e-20 } })
    subject.selection = selection
    return GradientComparison.rows(subject, layer: "lopsided", shape: "64", mode: "any")
  }

  @Test(
    "an error far below a thousandth of the tensor's largest gradient is seen in a small one",
    arguments: [3e-3, 3e-6, -3e-9])
  func smallGradientsAreSeen(_ defect: Double) {
    #expect(lopsided(0, .everyElement).map(\.passed) == [true])
    #expect(lopsided(defect, .everyElement).map(\.passed) == [false])
  }

  @Test("of a sampled tensor, the elements that are not drawn are seen along directions, in a row of their own")
  func directionsSeeEveryElement() {
    let sample = CheckSubject.Selection.sample(elements: 4, directions: 3)
    let right = lopsided(0, sample)
    #expect(right.map(\.failure) == [nil, nil])
    #expect(right.map(\.elementsChecked) == [4, 3] && right.map(\.elementCount) == [4, 3])
    #expect(right.map(\.mode) == ["any", "any, 3 directions"])
    let wrong = lopsided(1e-3, sample)
    #expect(wrong.map(\.passed) == [true, false], "the last element is not among the four that are drawn")
    // A tensor that is not larger than the sample is differenced whole.
    #expect(lopsided(0, .sample(elements: 64, directions: 3)).map(\.elementsChecked) == [64])
  }

  @Test("an empty tensor fails: zero things compared is no success")
  func emptyTensorFails() { #expect(!row(kinked([])).passed) }

  @Test("a gradient of another size than its tensor fails", arguments: [1, 3])
  func misshapenGradientFails(_ count: Int) {
    var subject = kinked([0.5, 1])
    subject.variables[0].gradient = Tensor(shape: [count], values: [Double](repeating: 3, count: count))
    #expect(!row(subject).passed)
  }

  @Test("a forward pass that gives no number fails", arguments: [Double.nan, .infinity])
  func nonFiniteForwardFails(_ value: Double) {
    var subject = kinked([0.5, 1])
    subject.forward = { terms in for i in 0..<2 { terms[i] = value } }
    #expect(!row(subject).passed)
    #expect(row(subject).worstRatio == .infinity)
  }

  /// f = Σ (wᵢ² + wᵢ·(b − b)): b does not matter.
  private func withZero(gradient: Double, claimed: CheckSubject.Claim, effect: Double = 0) -> [GradientCheckRow] {
    let w = Tensor<Double>(shape: [2], values: [0.5, 0.7]), b = Tensor<Double>(shape: [2], values: [0.1, 0.2])
    let (dw, db) = (Tensor<Double>(shape: [2]), Tensor<Double>(shape: [2], values: [gradient, gradient]))
    let subject = CheckSubject(
      variables: [.init("w", w, gradient: dw), .init("b", b, gradient: db, claim: claimed)], termCount: 2,
      forward: { terms in for i in 0..<2 { terms[i] = w.pointer[i] * w.pointer[i] + effect * b.pointer[i] } },
      backward: { for i in 0..<2 { dw.pointer[i] = 2 * w.pointer[i] } }, termErrors: { [1e-15, 1e-15] })
    return GradientComparison.rows(subject, layer: "zero", shape: "2", mode: "any")
  }

  @Test("a gradient that is zero by mathematics passes when it is small against its neighbour's, and only then")
  func zeroByMathematics() {
    #expect(withZero(gradient: 1e-15, claimed: .zero(besides: "w")).map(\.passed) == [true, true])
    #expect(withZero(gradient: 1e-9, claimed: .zero(besides: "w")).map(\.passed) == [true, false])
    #expect(withZero(gradient: .nan, claimed: .zero(besides: "w")).map(\.passed) == [true, false])
    // The claim itself is checked: a derivative that is not zero is not excused.
    #expect(withZero(gradient: 0, claimed: .zero(besides: "w"), effect: 1e-3).map(\.passed) == [true, false])
    // A neighbour that does not exist has no scale.
    #expect(withZero(gradient: 0, claimed: .zero(besides: "v")).map(\.passed) == [true, false])
    // Without the claim, nothing can be seen in a tensor of zeros.
    #expect(withZero(gradient: 0, claimed: .derivative).map(\.passed) == [true, false])
  }
}
