import Files

/// The first element in which two tensors of one shape differ. NaNs are equal to each other, whatever their payload.
package struct ElementDifference: CustomStringConvertible {
  /// Where it is, row-major.
  package let place: [Int]
  let first: Double
  let second: Double
  /// Representable numbers from one to the other; `nil` if one is a NaN.
  package let ulps: UInt64?
  /// How many elements differ, and of how many.
  package let count: Int
  package let of: Int
  private let isSingle: Bool

  /// `nil` if none differs.
  package init?(_ a: SafeTensor, _ b: SafeTensor) {
    guard a.shape == b.shape, let (x, y) = Self.values(a, b) else { return nil }
    func differs(_ i: Int) -> Bool { x[i].bitPattern != y[i].bitPattern && !(x[i].isNaN && y[i].isNaN) }
    guard let index = x.indices.first(where: differs) else { return nil }
    var rest = index, place: [Int] = []
    for size in a.shape.reversed() {
      place.insert(rest % size, at: 0)
      rest /= size
    }
    self.place = place
    (first, second) = (x[index], y[index])
    count = x.indices.count(where: differs)
    of = x.count
    isSingle = a.type == .f32
    ulps = first.isNaN || second.isNaN ? nil : Self.steps(first, second, isSingle: isSingle)
  }

  /// Representable numbers from one to the other. Bit patterns of magnitudes count them from zero, on either side of it: together
  /// they are below 2⁶⁴, which a signed difference would not hold.
  private static func steps(_ a: Double, _ b: Double, isSingle: Bool) -> UInt64 {
    func steps(_ value: Double) -> UInt64 {
      isSingle ? UInt64(Float(value).magnitude.bitPattern) : value.magnitude.bitPattern
    }
    let (x, y) = (steps(a), steps(b))
    return a.sign == b.sign ? max(x, y) - min(x, y) : x + y
  }

  /// Binary32 is exact in binary64, so both are compared as that; a NaN stays one.
  private static func values(_ a: SafeTensor, _ b: SafeTensor) -> ([Double], [Double])? {
    if let x = a.floats, let y = b.floats { return (x.map { Double($0) }, y.map { Double($0) }) }
    if let x = a.doubles, let y = b.doubles { return (x, y) }
    return nil
  }

  package var description: String {
    func text(_ value: Double) -> String { isSingle ? numberText(Float(value)) : numberText(value) }
    let distance = ulps.map { $0 == 0 ? "the signs of zero differ" : "\($0) ulp apart" } ?? "one is not a number"
    return "element \(place) is \(text(first)) and \(text(second)), \(distance); \(count) of \(of) elements differ"
  }
}
