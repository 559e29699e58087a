import CKernels
import Kernels
import TestSupport
import Testing

@Suite("The order of a convolution's sums is the documented one")
struct ConvolutionOrderTests {
  // A block of 32 filters and a rest; pixels that fill no block; 45 terms.
  static let (taps, channels, filters, pixels) = (5, 9, 37, 11)

  @Test("convolve adds over tap, then channel, ascending, by fma, then the bias, then the addend")
  func convolve() {
    probeConvolve(Float.self)
    probeConvolve(Double.self)
  }

  private func probeConvolve<S: KernelScalar>(_ type: S.Type) {
    let (taps, channels, filters, pixels) = (Self.taps, Self.channels, Self.filters, Self.pixels)
    let count = taps * channels
    var generator = Generator("convolve order")
    let masses = generator.massPairs(count)
    // x is the same for all pixels but for a power of two, which changes no rounding.
    var x: [S] = (0..<count).map { _ in generator.full(exponent: 0) }
    // Equal factors of two masses: fused, their products' low bits show when they cancel.
    for (first, second) in masses { x[second] = x[first] }
    let w: [[S]] = (0..<filters).map { _ in generator.terms(count, masses: masses) }
    let scales = (0..<pixels).map { S(sign: .plus, exponent: S.Exponent($0 % 5), significand: 1) }

    // Places in memory are shuffled, so that only the gather table gives the order of taps.
    let places = generator.shuffled(Array(0..<pixels * taps))
    var source = [S](repeating: 0, count: pixels * taps * channels)
    for p in 0..<pixels {
      for i in 0..<count { source[places[p * taps + i / channels] * channels + i % channels] = x[i] * scales[p] }
    }
    let gather = Gather<S>(table: places.map { Int32($0) }, taps: taps, channels: channels)
    let row = paddedCount(filters, of: type)
    let weights = paddedRows(interleaved(w), rows: count, row: row)
    let scaled = scales.map { scale in x.map { $0 * scale } }
    func sums(_ order: SummationOrder) -> [S] {
      (0..<pixels * filters).map { order.sum(scaled[$0 / filters], w[$0 % filters]) }
    }
    let plain = sums(.ascending)

    // Three numbers are added in the end: a quarter of the sums, or more, show each other way.
    let bias: [S] = (0..<filters).map { _ in generator.full(exponent: generator.integer(0...6)) }
    let addend: [S] = (0..<pixels * filters).map { _ in generator.full(exponent: generator.integer(0...6)) }
    func sum(_ i: Int, from start: S) -> S {
      SummationOrder.ascending.sum(scaled[i / filters], w[i % filters], from: start)
    }
    func withBias(_ i: Int) -> [(String, S)] {
      let (b, addend) = (bias[i % filters], addend[i])
      return [
        ("sum, bias, addend", (plain[i] + b) + addend), ("addend before bias", (plain[i] + addend) + b),
        ("bias and addend first", plain[i] + (b + addend)), ("sum from the bias", sum(i, from: b) + addend),
        ("sum from the addend", sum(i, from: addend) + b),
      ]
    }
    func run(_ kernels: KernelTable, withBias: Bool) -> [S] {
      let y = Memory<S>(addend)
      source.withUnsafeBytes { source in
        weights.withUnsafeBytes { weights in
          bias.withUnsafeBytes { bias in
            var arguments = gf_convolve(
              gather: gather.descriptor, channels: channels, filters: filters, padded_filters: row,
              source: source.baseAddress, weights: weights.baseAddress, bias: withBias ? bias.baseAddress : nil,
              addend: withBias ? UnsafeRawPointer(y.pointer) : nil, output: y.pointer)
            kernels.pointee.convolve(&arguments)
          }
        }
      }
      return y.values
    }

    let swapped = (0..<count).map { $0 % taps * channels + $0 / taps }
    let alternatives =
      SummationOrder.alternatives + [
        .unfused, .permuted("channel, then tap", swapped), .groups(channels),
        .permuted("taps descending", (0..<count).map { (taps - 1 - $0 / channels) * channels + $0 % channels }),
      ]
    OrderProbe(
      name: "convolve \(type)", documented: plain,
      alternatives: alternatives.map { ($0.description, sums($0)) }
    ).check { run($0, withBias: false) }

    let all = addend.indices.map(withBias)
    OrderProbe(
      name: "convolve \(type), bias and addend", documented: all.map { $0[0].1 },
      alternatives: all[0].indices.dropFirst().map { i in (all[0][i].0, all.map { $0[i].1 }) },
      blindShare: 0.75
    ).check { run($0, withBias: true) }
  }

  @Test("weight_gradient adds over pixels, ascending, by fma, to what the sums hold")
  func weightGradient() {
    probeWeightGradient(Float.self)
    probeWeightGradient(Double.self)
  }

  private func probeWeightGradient<S: KernelScalar>(_ type: S.Type) {
    // Two chunks of 64 pixels and a rest; channels that fill no block.
    let (taps, channels, filters, pixels) = (2, 13, 37, 150)
    var generator = Generator("weight gradient order")
    let masses = generator.massPairs(pixels)
    let columns: [[S]] = (0..<taps * channels).map { _ in
      var column: [S] = (0..<pixels).map { _ in generator.full(exponent: 0) }
      for (first, second) in masses { column[second] = column[first] }
      return column
    }
    let dy: [[S]] = (0..<filters).map { _ in generator.terms(pixels, masses: masses) }
    let held: [S] = (0..<taps * channels * filters).map { _ in generator.full(exponent: 0) }

    let places = generator.shuffled(Array(0..<pixels * taps))
    var source = [S](repeating: 0, count: pixels * taps * channels)
    for (i, place) in places.enumerated() {
      for c in 0..<channels { source[place * channels + c] = columns[i % taps * channels + c][i / taps] }
    }
    let gather = Gather<S>(table: places.map { Int32($0) }, taps: taps, channels: channels)
    let gradient = interleaved(dy)
    let row = paddedCount(filters, of: type)

    func sums(_ order: SummationOrder) -> [S] {
      held.indices.map { order.sum(columns[$0 / filters], dy[$0 % filters], from: held[$0]) }
    }
    let alternatives = SummationOrder.alternatives + [.unfused, .groups(64), .heldLast]
    OrderProbe(
      name: "weight_gradient \(type)", documented: sums(.ascending),
      alternatives: alternatives.map { ($0.description, sums($0)) },
      // The sums share their factors, so they cannot be drawn one by one.
      blindShare: 0.03
    ).check { kernels in
      let out = Memory(paddedRows(held, rows: taps * channels, row: row))
      source.withUnsafeBytes { source in
        gradient.withUnsafeBytes { gradient in
          var arguments = gf_weight_gradient(
            gather: gather.descriptor, channels: channels, filters: filters, padded_filters: row,
            source: source.baseAddress, gradient: gradient.baseAddress, sums: out.pointer)
          kernels.pointee.weight_gradient(&arguments)
        }
      }
      let rows = out.values
      return held.indices.map { rows[$0 / filters * row + $0 % filters] }
    }
  }

  @Test("reduce_slots adds the slots, ascending, and then what the gradient holds", arguments: [false, true])
  func reduceSlots(accumulate: Bool) {
    probeReduceSlots(Float.self, accumulate: accumulate)
    probeReduceSlots(Double.self, accumulate: accumulate)
  }

  private func probeReduceSlots<S: KernelScalar>(_ type: S.Type, accumulate: Bool) {
    let (slots, taps, channels, filters) = (25, 2, 3, 37)
    let row = paddedCount(filters, of: type)
    var generator = Generator("reduce slots order")
    // One sum: the order of the slots, then what is held; and what else it might be.
    func sum(_ order: SummationOrder, _ column: [S], _ held: S) -> S {
      accumulate ? held + order.sum(column) : order.sum(column)
    }
    func alternatives(_ column: [S], _ held: S) -> [(String, S)] {
      SummationOrder.alternatives.map { ("\($0)", sum($0, column, held)) }
        + (accumulate ? [("from what is held", SummationOrder.ascending.sum(column, from: held))] : [])
    }
    let drawn: [(column: [S], held: S)] = (0..<taps * channels * filters).map { _ in
      generator.draw({ ($0.terms(slots), $0.full(exponent: $0.integer(0...5))) }) { column, held in
        let right = sum(.ascending, column, held)
        return alternatives(column, held).allSatisfy { $0.1 != right }
      }
    }
    let (columns, held) = (drawn.map(\.column), drawn.map(\.held))
    let results = drawn.map { alternatives($0.column, $0.held) }
    // [slot][tap * channel][padded filter]
    let buffers = paddedRows(interleaved(columns), rows: slots * taps * channels, row: row)

    OrderProbe(
      name: "reduce_slots \(type)", documented: drawn.map { sum(.ascending, $0.column, $0.held) },
      alternatives: results[0].indices.map { i in (results[0][i].0, results.map { $0[i].1 }) }
    ).check { kernels in
      // [filter][channel][tap] there, [tap][channel][filter] here.
      let place = { (i: Int) in
        let (tap, c, k) = (i / filters / channels, i / filters % channels, i % filters)
        return (k * channels + c) * taps + tap
      }
      var initial = held
      for i in held.indices { initial[place(i)] = held[i] }
      let out = Memory(initial)
      kernels.pointee.reduce_slots(
        buffers, slots, filters, channels, taps, 0, taps * channels, accumulate ? 1 : 0, out.pointer)
      let values = out.values
      return held.indices.map { values[place($0)] }
    }
  }
}
