import CKernels
import Kernels
import TestSupport
import Testing

/// Sums whose columns are independent: each column is drawn until it alone tells every alternative.
@Suite("The order of the statistics' sums is the documented one")
struct StatisticsOrderTests {
  static let (pixels, channels) = (37, 37)

  @Test("moments adds over pixels, ascending: values, then squared distances from their mean by fma")
  func moments() {
    probeMoments(Float.self)
    probeMoments(Double.self)
  }

  private func probeMoments<T: KernelScalar>(_ type: T.Type) {
    let (pixels, channels) = (Self.pixels, Self.channels)
    func moments(_ x: [Double], _ order: SummationOrder, _ orderOfSquares: SummationOrder) -> [Double] {
      let sum = order.sum(x)
      let distances = x.map { $0 - sum / Double(pixels) }
      return [sum, orderOfSquares.sum(distances, distances)]
    }
    func alternatives(_ x: [Double]) -> [(String, [Double])] {
      let right = moments(x, .ascending, .ascending)
      return SummationOrder.alternatives.map {
        ("\($0)", [moments(x, $0, .ascending)[0], moments(x, .ascending, $0)[1]])
      } + [
        ("squares unfused", [.nan, moments(x, .ascending, .unfused)[1]]),
        (
          "one pass",
          [.nan, SummationOrder.ascending.sum(x, x) - right[0] * right[0] / Double(pixels)]
        ),
      ]
    }
    var generator = Generator("moments order")
    let columns: [[T]] = (0..<channels).map { _ in
      generator.draw({ $0.wideTerms(pixels) }) { x in
        let right = moments(x.map { Double($0) }, .ascending, .ascending)
        return alternatives(x.map { Double($0) }).allSatisfy { $0.1[0] != right[0] && $0.1[1] != right[1] }
      }
    }
    let x = interleaved(columns)
    let wide = columns.map { $0.map { Double($0) } }
    for (part, name) in ["sums", "squared distances"].enumerated() {
      let known = alternatives(wide[0]).indices.filter { part == 1 || !alternatives(wide[0])[$0].1[0].isNaN }
      OrderProbe(
        name: "moments \(type), \(name)", documented: wide.map { moments($0, .ascending, .ascending)[part] },
        alternatives: known.map { i in (alternatives(wide[0])[i].0, wide.map { alternatives($0)[i].1[part] }) }
      ).check(table: type) { kernels in
        var sums = [Double](repeating: 7, count: 2 * channels)
        kernels.pointee.moments(x, pixels, channels, &sums)
        return Array(sums[part * channels..<(part + 1) * channels])
      }
    }
  }

  @Test("combine_moments takes the slots one after the other, ascending")
  func combineMoments() {
    let (slots, channels, pixels) = (13, Self.channels, 21)
    struct Moments {
      var count, mean, squares: Double
      /// Chan, Golub & LeVeque's update, as the kernel writes it.
      func merged(_ other: Moments) -> Moments {
        let total = count + other.count
        let delta = other.mean - mean
        return Moments(
          count: total, mean: mean + delta * (other.count / total),
          squares: (squares + other.squares) + (delta * delta) * (count * other.count / total))
      }
      var result: [Double] { [mean, squares / count] }
    }
    func slot(_ column: [Double], _ s: Int) -> Moments {
      Moments(count: Double(pixels), mean: column[2 * s] / Double(pixels), squares: column[2 * s + 1])
    }
    func tree(_ column: [Double], _ range: Range<Int>) -> Moments {
      guard range.count > 1 else { return slot(column, range.lowerBound) }
      let middle = range.lowerBound + range.count / 2
      return tree(column, range.lowerBound..<middle).merged(tree(column, middle..<range.upperBound))
    }
    func fold(_ column: [Double], _ order: [Int]) -> Moments {
      order.dropFirst().reduce(slot(column, order[0])) { $0.merged(slot(column, $1)) }
    }
    func lanes(_ column: [Double], _ n: Int) -> Moments {
      (0..<n).map { lane in fold(column, Array(stride(from: lane, to: slots, by: n))) }
        .reduce(nil as Moments?) { $0?.merged($1) ?? $1 }!
    }
    func pooled(_ column: [Double]) -> [Double] {
      let total = Double(slots * pixels)
      let mean = (0..<slots).reduce(0) { $0 + column[2 * $1] } / total
      let squares = (0..<slots).reduce(0) { sum, s in
        let d = column[2 * s] / Double(pixels) - mean
        return sum + column[2 * s + 1] + d * d * Double(pixels)
      }
      return [mean, squares / total]
    }
    func alternatives(_ column: [Double]) -> [(String, [Double])] {
      [
        ("descending", fold(column, Array((0..<slots).reversed())).result),
        ("pairwise", tree(column, 0..<slots).result),
        ("4 lane partials", lanes(column, 4).result), ("8 lane partials", lanes(column, 8).result),
        (
          "slots two by two",
          stride(from: 2, to: slots, by: 2).reduce(tree(column, 0..<2)) {
            $0.merged(tree(column, $1..<min($1 + 2, slots)))
          }.result
        ),
        ("pooled sums", pooled(column)),
      ]
    }
    let right = { (column: [Double]) in fold(column, Array(0..<slots)).result }
    var generator = Generator("combine moments order")
    let columns: [[Double]] = (0..<channels).map { _ in
      generator.draw({ generator in
        let sums: [Double] = generator.terms(slots)
        return sums.flatMap { [$0, (generator.full(exponent: generator.integer(60...100)) as Double).magnitude] }
      }) { column in
        alternatives(column).allSatisfy { $0.1[0] != right(column)[0] && $0.1[1] != right(column)[1] }
      }
    }
    // [slot][sum or squares][channel]
    let buffer = interleaved(columns)
    for (part, name) in ["mean", "variance"].enumerated() {
      let probe = OrderProbe(
        name: "combine_moments, \(name)", documented: columns.map { right($0)[part] },
        alternatives: alternatives(columns[0]).indices.map { i in
          (alternatives(columns[0])[i].0, columns.map { alternatives($0)[i].1[part] })
        })
      let kernel = { (kernels: KernelTable) in
        var mean = [Double](repeating: 7, count: channels)
        var variance = mean
        kernels.pointee.combine_moments(buffer, slots, pixels, channels, &mean, &variance)
        return part == 0 ? mean : variance
      }
      probe.check(table: Float.self, kernel)
      probe.check(table: Double.self, kernel)
    }
  }

  @Test("backward_sums adds over pixels, ascending: dz, and dz times the normalised input by fma")
  func backwardSums() {
    probeBackwardSums(Float.self)
    probeBackwardSums(Double.self)
  }

  private func probeBackwardSums<T: KernelScalar>(_ type: T.Type) {
    let (pixels, channels) = (Self.pixels, Self.channels)
    // The product of two 24-bit values is exact in double, so fused and unfused are one there.
    let orders = SummationOrder.alternatives + (T.self == Double.self ? [.unfused] : [])
    func sums(_ dz: [Double], _ xhat: [Double], _ order: SummationOrder) -> [Double] {
      [order.sum(dz), order.sum(dz, xhat)]
    }
    // Mean 0 and inverse 1: the normalised input is the input. A negative output and slope 0.5 halve, exactly.
    var generator = Generator("backward sums order")
    typealias Column = (dy: [T], x: [T], y: [T])
    func dz(_ column: Column) -> [Double] { zip(column.dy, column.y).map { Double($1 > 0 ? $0 : $0 / 2) } }
    let columns: [Column] = (0..<channels).map { _ in
      generator.draw({ generator in
        let masses = generator.massPairs(pixels)
        let dy: [T] = generator.wideTerms(pixels, masses: masses)
        var x: [T] = (0..<pixels).map { _ in generator.full(exponent: generator.integer(-12...12)) }
        var y: [T] = (0..<pixels).map { _ in generator.full(exponent: 0) }
        for (i, j) in masses { (x[j], y[i], y[j]) = (x[i], 1, 1) }
        return (dy, x, y)
      }) { column in
        let (d, x) = (dz(column), column.x.map { Double($0) })
        let right = sums(d, x, .ascending)
        return orders.allSatisfy { order in
          let wrong = sums(d, x, order)
          return wrong[1] != right[1] && ("\(order)" == "unfused" || wrong[0] != right[0])
        }
      }
    }
    let (dy, x, y) = (interleaved(columns.map(\.dy)), interleaved(columns.map(\.x)), interleaved(columns.map(\.y)))
    let (zeros, ones) = ([T](repeating: 0, count: channels), [T](repeating: 1, count: channels))
    for (part, name) in ["dz", "dz * xhat"].enumerated() {
      func all(_ order: SummationOrder) -> [Double] {
        columns.map { sums(dz($0), $0.x.map { Double($0) }, order)[part] }
      }
      OrderProbe(
        name: "backward_sums \(type), \(name)", documented: all(.ascending),
        alternatives: orders.filter { part == 1 || "\($0)" != "unfused" }.map { ($0.description, all($0)) }
      ).check(table: type) { kernels in
        let memory = [dy, x, y, zeros, ones].map { Memory($0) }
        var results = [Double](repeating: 7, count: 2 * channels)
        var arguments = gf_pointwise_backward(
          pixels: pixels, channels: channels, output: memory[2].pointer, output_gradient: memory[0].pointer,
          input: memory[1].pointer, mean: memory[3].pointer, inverse: memory[4].pointer, scale: memory[4].pointer,
          shift: nil, sum1: memory[3].pointer, sum2: memory[3].pointer, gamma: nil, slope: 0.5, input_gradient: nil,
          skip_gradient: nil)
        withExtendedLifetime(memory) { kernels.pointee.backward_sums(&arguments, &results) }
        return Array(results[part * channels..<(part + 1) * channels])
      }
    }
  }

  @Test("channel_sums adds over pixels, ascending, in double")
  func channelSums() {
    probeChannelSums(Float.self)
    probeChannelSums(Double.self)
  }

  private func probeChannelSums<T: KernelScalar>(_ type: T.Type) {
    let (pixels, channels) = (Self.pixels, Self.channels)
    var generator = Generator("channel sums order")
    let columns: [[T]] = (0..<channels).map { _ in
      generator.draw({ $0.wideTerms(pixels) }) { tells($0.map { Double($0) }) }
    }
    let x = interleaved(columns)
    probe("channel_sums \(type)", columns.map { $0.map { Double($0) } }).check(table: type) { kernels in
      var sums = [Double](repeating: 7, count: channels)
      kernels.pointee.channel_sums(x, pixels, channels, &sums)
      return sums
    }
  }

  @Test("combine_sums adds the slots, ascending, in double")
  func combineSums() {
    let (slots, count) = (Self.pixels, Self.channels)
    var generator = Generator("combine sums order")
    let columns: [[Double]] = (0..<count).map { _ in generator.draw({ $0.terms(slots) }, until: tells) }
    let buffer = interleaved(columns)
    let kernel = { (kernels: KernelTable) in
      var total = [Double](repeating: 7, count: count)
      kernels.pointee.combine_sums(buffer, slots, count, &total)
      return total
    }
    probe("combine_sums", columns).check(table: Float.self, kernel)
    probe("combine_sums", columns).check(table: Double.self, kernel)
  }

  @Test("statistics adds over elements, ascending, in double: magnitudes, and squares by fma")
  func tensorStatistics() {
    probeTensorStatistics(Float.self)
    probeTensorStatistics(Double.self)
  }

  private func probeTensorStatistics<T: KernelScalar>(_ type: T.Type) {
    // The square of a 24-bit value is exact in double, so fused and unfused are one there.
    let orders = SummationOrder.alternatives + (T.self == Double.self ? [.unfused] : [])
    func sums(_ x: [T], _ order: SummationOrder) -> [Double] {
      let wide = x.map { Double($0).magnitude }
      return [order.sum(wide), order.sum(wide, wide)]
    }
    var generator = Generator("tensor statistics order")
    let tensors: [[T]] = (0..<5).map { _ in
      generator.draw({ $0.wideTerms(Self.pixels) }) { x in
        let right = sums(x, .ascending)
        return orders.allSatisfy { order in
          sums(x, order)[1] != right[1] && ("\(order)" == "unfused" || sums(x, order)[0] != right[0])
        }
      }
    }
    for (part, name) in ["magnitudes", "squares"].enumerated() {
      OrderProbe(
        name: "statistics \(type), \(name)", documented: tensors.map { sums($0, .ascending)[part] },
        alternatives: orders.filter { part == 1 || "\($0)" != "unfused" }.map { order in
          (order.description, tensors.map { sums($0, order)[part] })
        }
      ).check(table: type) { kernels in
        tensors.map { x in
          var statistics = gf_tensor_statistics()
          kernels.pointee.statistics(x, x.count, &statistics)
          return part == 0 ? statistics.sum_absolute : statistics.sum_squares
        }
      }
    }
  }

  private func tells(_ column: [Double]) -> Bool {
    SummationOrder.alternatives.allSatisfy { $0.sum(column) != SummationOrder.ascending.sum(column) }
  }

  private func probe(_ name: String, _ columns: [[Double]]) -> OrderProbe<Double> {
    OrderProbe(
      name: name, documented: columns.map { SummationOrder.ascending.sum($0) },
      alternatives: SummationOrder.alternatives.map { order in (order.description, columns.map { order.sum($0) }) })
  }
}

extension Generator {
  /// Like `terms`, for a sum in double: the masses fill 53 bits, though each term may have 24 only.
  mutating func wideTerms<T: BinaryFloatingPoint>(
    _ count: Int, masses: [(Int, Int)]? = nil, of: T.Type = T.self
  ) -> [T] {
    var terms: [T] = (0..<count).map { _ in full(exponent: integer(-12...12)) }
    for (first, second) in masses ?? massPairs(count) {
      let mass: T = full(exponent: integer(34...46))
      terms[first] = mass
      terms[second] = -mass
    }
    return terms
  }
}
