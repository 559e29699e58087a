import Files

/// Holds the engine's answer against a fixture's expected tensors and collects what is wrong.
struct OracleComparison {
  /// How far a tensor may be off, as a share of its norm.
  struct Tolerance {
    let pass: Double
    let adam: Double
    /// A gradient that is zero by mathematics, as a share of the norm of the gradient of the weight beside it.
    let zeroGradient: Double
    /// What Adam makes of that noise, in learning rates.
    let noise: Double
    /// What activations on the other side of a kink make of gradients, and of parameters after some steps.
    let kinks: Double

    /// What is asked of the engine in binary64.
    static let double = Tolerance(pass: 1e-9, adam: 1e-7, zeroGradient: 1e-12, noise: 1e-4, kinks: 0)

    /// The fixtures assert that sums in another order move no tensor by more than 1e-11 of its norm in binary64. Rounding
    /// errors are in proportion to the unit, which is 2²⁹ times larger in binary32. A zero gradient's noise, 1e-12 of its
    /// neighbour's in binary64, grows alike, and is then no longer small beside Adam's ε: each of 3 updates may move the
    /// bias by a learning rate, the first two by 1/(1 − β1) at the very most, hence 10 in all. The fixtures keep no distance
    /// from kinks: of `vgg38-bn-all-1e-2`'s activations one is within binary32's rounding of zero, and where it falls on the
    /// other side the gradients before it jump by 2 % (in binary64 they agree to 5e-13).
    static let single = Tolerance(
      pass: 1e-11 * 0x1p29, adam: 1e-11 * 0x1p29, zeroGradient: 1e-12 * 0x1p29, noise: 10, kinks: 0.05)
  }

  let fixture: OracleFixture
  let tolerance: Tolerance
  private(set) var problems: [String] = []
  private(set) var worst: [OracleFixture.Group: (error: Double, tensor: String)] = [:]
  private(set) var compared = 0

  init(_ fixture: OracleFixture, tolerance: Tolerance) {
    self.fixture = fixture
    self.tolerance = tolerance
  }

  static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Compares all tensors of a group; `names` are those that the answer must hold for it.
  mutating func compare(_ answer: SafeTensors, _ group: OracleFixture.Group, names: Set<String>) throws {
    let expected = fixture.names(group)
    guard !expected.isEmpty, names == expected else {
      problems.append("\(group): the answer and the fixture differ in \(names.symmetricDifference(expected).sorted())")
      return
    }
    for name in expected.sorted() {
      guard let values = answer[name]?.doubles else {
        problems.append("\(group)/\(name): no such tensor in the answer")
        continue
      }
      try compare(values, group, name)
      compared += 1
    }
  }

  private mutating func compare(_ values: [Double], _ group: OracleFixture.Group, _ name: String) throws {
    let expected = try fixture.expected(group, name)
    let indices = expected.indices ?? Array(values.indices)
    guard indices.count == expected.values.count, indices.allSatisfy(values.indices.contains) else {
      problems.append("\(group)/\(name): \(values.count) elements do not fit the fixture's \(expected.values.count)")
      return
    }
    let differences = zip(indices, expected.values).map { values[$0] - $1 }

    if group == .train, let parameter = gradientOf(name), fixture.zeroGradients.contains(parameter) {
      let neighbour = parameter.dropLast("bias".count) + "weight"
      let scale = try fixture.expected(.train, "grad.\(neighbour)").norm
      accept(Self.norm(values), upTo: tolerance.zeroGradient * scale, "\(group)/\(name), which should vanish,")
    } else if group == .adam3, fixture.zeroGradients.contains(name) {
      let start = fixture.weights.content[name]?.doubles ?? []
      for (value, first) in zip(values, start) {
        accept(abs(value - first), upTo: tolerance.noise * fixture.learningRate, "\(group)/\(name), which should stay,")
      }
      if start.count != values.count { problems.append("\(group)/\(name): no start to compare with") }
    } else if group == .adam3, fixture.shiftedMeans.contains(name) {
      let bound = tolerance.adam * expected.norm + tolerance.noise * fixture.learningRate
      for difference in differences { accept(abs(difference), upTo: bound, "\(group)/\(name)") }
    } else {
      var error = Self.norm(differences)
      if expected.indices != nil { error = max(error, abs(Self.norm(values) - expected.norm)) }
      // NaN must reach `accept`, which max() would hide.
      if !values.allSatisfy(\.isFinite) { error = .nan }
      let rounding = group == .adam3 ? tolerance.adam : tolerance.pass
      let isBehindKinks = group == .adam3 || gradientOf(name) != nil
      accept(error, upTo: max(rounding, isBehindKinks ? tolerance.kinks : 0) * expected.norm, "\(group)/\(name)")
      let relative = error / expected.norm
      if relative > worst[group]?.error ?? -1 { worst[group] = (relative, name) }
    }
  }

  private func gradientOf(_ name: String) -> String? {
    name.hasPrefix("grad.") ? String(name.dropFirst("grad.".count)) : nil
  }

  private mutating func accept(_ error: Double, upTo bound: Double, _ what: String) {
    guard error.isFinite, error <= bound else {
      problems.append("\(what) is off by \(error), at most \(bound) is accepted")
      return
    }
  }

  /// The worst error of each group, as a share of the tensor's norm.
  var summary: String {
    let groups = OracleFixture.Group.allCases.map { group in
      guard let worst = worst[group] else { return "\(group) -" }
      return "\(group) \(Self.short(worst.error)) (\(worst.tensor))"
    }
    return "\(fixture.name): \(compared) tensors; worst \(groups.joined(separator: ", "))"
  }

  /// Two significant digits.
  private static func short(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return "\(value)" }
    var (mantissa, exponent) = (value, 0)
    // 9.95 and more would be rounded to 10.
    while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    while mantissa >= 9.95 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    return "\((mantissa * 10).rounded() / 10)e\(exponent)"
  }
}
