import CKernels
import Kernels
import TestSupport
import Testing

/// Inputs that isolate one of the 36 transformed places: an input pixel whose transform is itself there, and an output
/// pixel that is that place's sum. So the order of the sums in the transformed domain shows without any rounding besides.
@Suite("The order of sums between Winograd's transforms is the documented one")
struct WinogradOrderTests {
  /// Along one dimension: where in a tile of 6 inputs a number goes unchanged to place i (coefficient 1), and which of the
  /// 4 outputs is place i's number.
  private static func inputPlace(_ i: Int) -> Int { i == 5 ? 5 : 4 }
  private static func outputPlace(_ i: Int) -> Int { i == 5 ? 3 : 0 }

  @Test("winograd_convolve adds over channels, ascending, by fma, from +0, at each of the 36 places", arguments: 0..<36)
  func convolve(place: Int) {
    probeConvolve(place, Float.self)
    probeConvolve(place, Double.self)
  }

  private func probeConvolve<S: KernelScalar>(_ place: Int, _ type: S.Type) {
    let (channels, filters, side) = (41, 37, 8)
    let (i, j) = (place / 6, place % 6)
    var generator = Generator("winograd convolve order \(place)")
    let masses = generator.massPairs(channels)
    var x: [S] = (0..<channels).map { _ in generator.full(exponent: 0) }
    for (first, second) in masses { x[second] = x[first] }
    let w: [[S]] = (0..<filters).map { _ in generator.terms(channels, masses: masses) }
    func sums(_ order: SummationOrder) -> [S] { (0..<filters).map { order.sum(x, w[$0]) } }

    // Tile 0 begins one pixel before the map.
    var source = [S](repeating: 0, count: side * side * channels)
    let pixel = (Self.inputPlace(i) - 1) * side + Self.inputPlace(j) - 1
    source.replaceSubrange(pixel * channels..<(pixel + 1) * channels, with: x)
    let row = paddedCount(filters, of: type)
    var weights = [S](repeating: 0, count: 36 * channels * row)
    weights.replaceSubrange(
      place * channels * row..<(place + 1) * channels * row,
      with: paddedRows(interleaved(w), rows: channels, row: row))
    let shape = WinogradShape(images: 1, height: side, width: side, channels: channels, filters: filters)
    let output = (Self.outputPlace(i) * side + Self.outputPlace(j)) * filters

    OrderProbe(
      name: "winograd_convolve \(type), place \(place)", documented: sums(.ascending),
      alternatives: (SummationOrder.alternatives + [.unfused, .groups(8), .groups(16)]).map {
        ($0.description, sums($0))
      },
      // The sums share their factors, so they cannot be drawn one by one.
      blindShare: 0.15
    ).check { kernels in
      let y = Memory<S>(count: side * side * filters, repeating: 7)
      let (x, w, scratch) = (Memory(source), Memory(weights), shape.scratch(type))
      var arguments = gf_winograd(
        shape: shape.shape, channels: channels, filters: filters, source: x.pointer, weights: w.pointer, bias: nil,
        addend: nil, output: y.pointer, scratch: scratch.pointer, ahead: nil, ahead_count: 0)
      kernels.pointee.winograd_convolve(&arguments)
      return Array(y.values[output..<output + filters])
    }
  }

  @Test("winograd_convolve adds the bias to a sum, and the addend to both")
  func biasAndAddend() {
    probeBiasAndAddend(Float.self)
    probeBiasAndAddend(Double.self)
  }

  private func probeBiasAndAddend<S: KernelScalar>(_ type: S.Type) {
    let filters = 200
    var generator = Generator("winograd bias and addend")
    func drawn(_ range: ClosedRange<Int>) -> [S] { (0..<filters).map { _ in generator.full(exponent: generator.integer(range)) } }
    let (sum, bias, addend) = (drawn(0...3), drawn(0...6), drawn(0...6))
    let row = paddedCount(filters, of: type)
    let weights = paddedRows(sum + [S](repeating: 0, count: 35 * filters), rows: 36, row: row)
    let shape = WinogradShape(images: 1, height: 4, width: 4, channels: 1, filters: filters)
    OrderProbe(
      name: "winograd_convolve \(type), bias and addend",
      documented: sum.indices.map { (sum[$0] + bias[$0]) + addend[$0] },
      alternatives: [
        ("addend before bias", sum.indices.map { (sum[$0] + addend[$0]) + bias[$0] }),
        ("bias and addend first", sum.indices.map { sum[$0] + (bias[$0] + addend[$0]) }),
      ], blindShare: 0.85
    ).check { kernels in
      // Of the pixel that is place 0's alone.
      var source = [S](repeating: 0, count: 16)
      source[3 * 4 + 3] = 1
      let y = Memory<S>(addend + [S](repeating: 0, count: 15 * filters))
      let (x, w, b, scratch) = (Memory(source), Memory(weights), Memory(bias), shape.scratch(type))
      var arguments = gf_winograd(
        shape: shape.shape, channels: 1, filters: filters, source: x.pointer, weights: w.pointer, bias: b.pointer,
        addend: y.pointer, output: y.pointer, scratch: scratch.pointer, ahead: nil, ahead_count: 0)
      kernels.pointee.winograd_convolve(&arguments)
      return Array(y.values[0..<filters])
    }
  }

  @Test(
    "winograd_weight_gradient adds over images, then tiles, ascending, by fma, in one call or in several",
    arguments: [31, 8, 1])
  func weightGradient(imagesAtATime: Int) {
    probeWeightGradient(imagesAtATime, Float.self)
    probeWeightGradient(imagesAtATime, Double.self)
  }

  private func probeWeightGradient<S: KernelScalar>(_ imagesAtATime: Int, _ type: S.Type) {
    // Two tiles of each image are probed, at the places that reach no other tile; more of them than go together.
    let (images, channels, filters, height, width) = (31, 9, 37, 5, 13)
    let count = 2 * images
    var generator = Generator("winograd weight gradient order")
    let masses = generator.massPairs(count)
    let columns: [[S]] = (0..<channels).map { _ in
      var column: [S] = (0..<count).map { _ in generator.full(exponent: 0) }
      for (first, second) in masses { column[second] = column[first] }
      return column
    }
    let dy: [[S]] = (0..<filters).map { _ in generator.terms(count, masses: masses) }
    // Place (5, 5): input (5, 5) of a tile goes there alone and unchanged, output gradient (3, 3) unchanged, and what
    // becomes of that place is the last tap. The tiles are the first and the third of an image's upper row; each one's
    // pixel lies in the second or fourth tile as well, whose output gradients are zero.
    var source = [S](repeating: 0, count: images * height * width * channels)
    var gradient = [S](repeating: 0, count: images * height * width * filters)
    for t in 0..<count {
      let (image, column) = (t / 2, t % 2 * 8)
      let input = (image * height + 4) * width + column + 4, output = (image * height + 3) * width + column + 3
      for c in 0..<channels { source[input * channels + c] = columns[c][t] }
      for k in 0..<filters { gradient[output * filters + k] = dy[k][t] }
    }
    let row = paddedCount(filters, of: type)
    func sums(_ order: SummationOrder) -> [S] {
      (0..<channels * filters).map { order.sum(columns[$0 / filters], dy[$0 % filters]) }
    }
    let swapped = (0..<count).map { $0 % images * 2 + $0 / images }
    let alternatives =
      SummationOrder.alternatives + [
        .unfused, .groups(2), .groups(10), .groups(6), .permuted("tile, then image", swapped),
      ]
    OrderProbe(
      name: "winograd_weight_gradient \(type)", documented: sums(.ascending),
      alternatives: alternatives.map { ($0.description, sums($0)) },
      // The sums share their factors, so they cannot be drawn one by one.
      blindShare: 0.06
    ).check { kernels in
      let (x, d) = (Memory(source), Memory(gradient))
      let out = Memory<S>(count: 9 * channels * row, repeating: 7)
      let whole = WinogradShape(images: images, height: height, width: width, channels: channels, filters: filters)
      let (scratch, accumulator) = (whole.scratch(type), whole.accumulator(type))
      for first in stride(from: 0, to: images, by: imagesAtATime) {
        let last = min(first + imagesAtATime, images), pixels = first * height * width
        var arguments = gf_winograd_gradient(
          shape: gf_winograd_shape(images: last - first, height: height, width: width), channels: channels,
          filters: filters, source: x.pointer + pixels * channels, gradient: d.pointer + pixels * filters,
          begins: first == 0 ? 1 : 0, ends: last == images ? 1 : 0, accumulator: accumulator.pointer,
          sums: out.pointer, scratch: scratch.pointer)
        kernels.pointee.winograd_weight_gradient(&arguments)
      }
      let rows = out.values
      return (0..<channels * filters).map { rows[(8 * channels + $0 / filters) * row + $0 % filters] }
    }
  }
}
