import Kernels
import TestSupport
import Testing

/// The orders in which terms a * b can be added. The contract names one of them for every sum; the others are what a
/// faster kernel, another vector width or a compiler would make of it.
enum SummationOrder: Sendable, CustomStringConvertible {
  /// acc = fma(a, b, acc), first term first. What the contract says.
  case ascending
  case descending
  /// Halves, recursively.
  case pairwise
  /// Term i goes to partial sum i % n; the partial sums are folded in halves, as vector registers are.
  case lanes(Int)
  /// Partial sums of n neighbours, added in order.
  case groups(Int)
  /// acc = acc + a * b, with two roundings.
  case unfused
  /// fma, in the order of these indices.
  case permuted(String, [Int])
  /// The terms from zero, then what the accumulator held.
  case heldLast

  /// Alternatives that any sum of a few dozen terms has.
  static let alternatives: [SummationOrder] = [.descending, .pairwise, .lanes(4), .lanes(8), .lanes(16)]

  var description: String {
    switch self {
    case .ascending: "ascending"
    case .descending: "descending"
    case .pairwise: "pairwise"
    case .lanes(let n): "\(n) lane partials"
    case .groups(let n): "partial sums of \(n)"
    case .unfused: "unfused"
    case .permuted(let name, _): name
    case .heldLast: "held value last"
    }
  }

  /// The sum of a[i] * b[i] in this order, from `start`.
  func sum<S: BinaryFloatingPoint>(_ a: [S], _ b: [S], from start: S = 0) -> S {
    switch self {
    case .ascending: return Self.ascending(a[...], b[...], from: start)
    case .descending: return Self.ascending(a.reversed()[...], b.reversed()[...], from: start)
    case .pairwise: return start + Self.pairwise(a[...], b[...])
    case .lanes(let n):
      var partial = [S](repeating: 0, count: n)
      for i in a.indices { partial[i % n] = partial[i % n].addingProduct(a[i], b[i]) }
      while partial.count > 1 {
        let half = partial.count / 2
        partial = (0..<half).map { partial[$0] + partial[$0 + half] }
      }
      return start + partial[0]
    case .groups(let n):
      return stride(from: 0, to: a.count, by: n).reduce(start) { sum, first in
        let range = first..<min(first + n, a.count)
        return sum + Self.ascending(a[range], b[range], from: 0)
      }
    case .unfused: return a.indices.reduce(start) { $0 + a[$1] * b[$1] }
    case .permuted(_, let order): return order.reduce(start) { $0.addingProduct(a[$1], b[$1]) }
    case .heldLast: return Self.ascending(a[...], b[...], from: 0) + start
    }
  }

  /// The sum of a[i] in this order, from `start`.
  func sum<S: BinaryFloatingPoint>(_ a: [S], from start: S = 0) -> S {
    sum(a, [S](repeating: 1, count: a.count), from: start)
  }

  private static func ascending<S: BinaryFloatingPoint>(_ a: ArraySlice<S>, _ b: ArraySlice<S>, from start: S) -> S {
    zip(a, b).reduce(start) { $0.addingProduct($1.0, $1.1) }
  }

  private static func pairwise<S: BinaryFloatingPoint>(_ a: ArraySlice<S>, _ b: ArraySlice<S>) -> S {
    if a.count == 1 { return a.first! * b.first! }
    let middle = a.startIndex + a.count / 2
    return pairwise(a[..<middle], b[..<middle]) + pairwise(a[middle...], b[middle...])
  }
}

/// Sums that tell the order in which they were added, and the results of the orders that are not the right one.
struct OrderProbe<S: KernelScalar> {
  let name: String
  let documented: [S]
  let alternatives: [(name: String, values: [S])]
  /// The share of elements that may be blind to an alternative: none where each element's terms are its own.
  var blindShare = 0.0

  /// Elements in which an alternative cannot be told from the documented order.
  func blindElements(_ alternative: [S]) -> [Int] {
    documented.indices.filter { documented[$0] == alternative[$0] || alternative[$0].isNaN }
  }

  /// Asserts that the elements of the probe tell every alternative from the documented order, and that the kernel has
  /// the documented one on every instruction set.
  func check(sourceLocation: SourceLocation = #_sourceLocation, _ kernel: (KernelTable) -> [S]) {
    check(table: S.self, sourceLocation: sourceLocation, kernel)
  }

  /// The same for sums in double, whatever the element type of the kernel's table.
  func check<T: KernelScalar>(
    table: T.Type, sourceLocation: SourceLocation = #_sourceLocation, _ kernel: (KernelTable) -> [S]
  ) {
    #expect(!documented.isEmpty && !alternatives.isEmpty, sourceLocation: sourceLocation)
    #expect(documented.allSatisfy { $0.isFinite }, sourceLocation: sourceLocation)
    for alternative in alternatives {
      let blind = blindElements(alternative.values)
      if Double(blind.count) > blindShare * Double(documented.count) {
        Issue.record(
          "\(name): the probe cannot tell '\(alternative.name)' in \(blind.count) of \(documented.count) sums",
          sourceLocation: sourceLocation)
      }
    }
    for set in InstructionSet.available { expect(kernel(kernelTable(set, T.self)), on: set, sourceLocation) }
  }

  private func expect(_ found: [S], on set: InstructionSet, _ sourceLocation: SourceLocation) {
    guard found.count == documented.count else {
      Issue.record("\(name): \(found.count) sums, expected \(documented.count)", sourceLocation: sourceLocation)
      return
    }
    guard let i = found.indices.first(where: { found[$0] != documented[$0] }) else { return }
    let actual = alternatives.first { $0.values[i] == found[i] }.map { ": this is the order '\($0.name)'" } ?? ""
    Issue.record(
      "\(name) on \(set.rawValue): sum \(i) is \(found[i]), the documented order gives \(documented[i])\(actual)",
      sourceLocation: sourceLocation)
  }
}

extension Generator {
  private mutating func sign() -> Int { next() & 1 == 0 ? 1 : -1 }

  /// A full random significand: magnitude in [2^exponent, 2^(exponent + 1)).
  mutating func full<S: BinaryFloatingPoint>(exponent: Int, of: S.Type = S.self) -> S {
    let bits = min(S.significandBitCount, 52)
    let fraction = S(next() >> UInt64(64 - bits) | 1) / S(1 << UInt64(bits))
    return S(sign()) * (1 + fraction) * S(sign: .plus, exponent: S.Exponent(exponent), significand: 1)
  }

  /// Where the masses of a probe of `count` terms stand: pairs of places, a third of all.
  mutating func massPairs(_ count: Int) -> [(Int, Int)] {
    let order = shuffled(Array(0..<count))
    return stride(from: 0, to: max(2, count / 3) - 1, by: 2).map { (order[$0], order[$0 + 1]) }
  }

  /// Terms in which large masses cancel exactly, pair by pair, and small values survive or not, depending on which
  /// masses are in the sum when they come.
  mutating func terms<S: BinaryFloatingPoint>(_ count: Int, masses: [(Int, Int)], of: S.Type = S.self) -> [S] {
    var terms: [S] = (0..<count).map { _ in full(exponent: integer(-2...2)) }
    for (first, second) in masses {
      let mass: S = full(exponent: S.significandBitCount - integer(3...9))
      terms[first] = mass
      terms[second] = -mass
    }
    return terms
  }

  mutating func terms<S: BinaryFloatingPoint>(_ count: Int, of: S.Type = S.self) -> [S] {
    terms(count, masses: massPairs(count))
  }

  /// Draws until the draw tells what it is to tell. Traps if nothing does: the probe is at fault then.
  mutating func draw<A>(
    function: String = #function, line: Int = #line, _ make: (inout Generator) -> A, until tells: (A) -> Bool
  ) -> A {
    for _ in 0..<10_000 {
      let drawn = make(&self)
      if tells(drawn) { return drawn }
    }
    preconditionFailure("\(function), line \(line): no draw tells the orders apart")
  }
}

/// Transposes columns of equal length into rows: [column][row] to [row][column].
func interleaved<S>(_ columns: [[S]]) -> [S] {
  columns[0].indices.flatMap { row in columns.map { $0[row] } }
}
