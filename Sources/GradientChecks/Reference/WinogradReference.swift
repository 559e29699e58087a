import Kernels
import Layers

/// Convolution by minimal filtering once more, straight from its definition in `Convolution`, on plain arrays: the same
/// operations in the same order as the kernels, so that the results agree bit for bit.
///
/// The transforms are those of `template/winograd_transforms.h`: F(4×4, 3×3) at the points 0, ±5/8, ±3/2 and infinity.
package struct WinogradReference<S: KernelScalar> {
  package var images: Int
  package var height: Int
  package var width: Int
  package var channels: Int
  package var filters: Int

  package init(images: Int, height: Int, width: Int, channels: Int, filters: Int) {
    self.images = images
    self.height = height
    self.width = width
    self.channels = channels
    self.filters = filters
  }

  /// x: [N, H, W, C], weight: [K, C, 3, 3], y: [N, H, W, K].
  package func convolution(_ x: [S], weight: [S], bias: [S]? = nil) -> [S] {
    convolution(
      x,
      transformed: transformed(inputs: channels, outputs: filters) { outer, inner, tap in
        weight[(outer * channels + inner) * 9 + tap]
      }, inputs: channels, outputs: filters, bias: bias)
  }

  /// dL/dx from dy: [N, H, W, K].
  package func inputGradient(_ dy: [S], weight: [S]) -> [S] {
    convolution(
      dy,
      transformed: transformed(inputs: filters, outputs: channels) { outer, inner, tap in
        weight[(inner * channels + outer) * 9 + 8 - tap]
      }, inputs: filters, outputs: channels, bias: nil)
  }

  /// The share of some images in dL/dw: [K, C, 3, 3]. Slots are to be added by the caller.
  package func weightGradient(_ x: [S], _ dy: [S], images range: Range<Int>) -> [S] {
    var gradient = [S](repeating: 0, count: filters * channels * 9)
    for c in 0..<channels {
      let v = range.flatMap { image in tiles.map { square(tile(x, image, $0, -1, 6, c, of: channels), Self.input) } }
      for k in 0..<filters {
        let d = range.flatMap { image in tiles.map { square(tile(dy, image, $0, 0, 4, k, of: filters), Self.spread) } }
        let sums = (0..<36).map { place in
          Double(v.indices.reduce(S(0)) { $0.addingProduct(v[$1][place], d[$1][place]) })
        }
        for (tap, value) in square(sums, WinogradReference<Double>.weightGradient).enumerated() {
          gradient[(k * channels + c) * 9 + tap] = S(value)
        }
      }
    }
    return gradient
  }

  // MARK: The three stages

  /// The first pixels of the tiles of a map, row by row.
  private var tiles: [(Int, Int)] {
    stride(from: 0, to: height, by: 4).flatMap { row in stride(from: 0, to: width, by: 4).map { (row, $0) } }
  }

  /// [input][output][36] of [output, input, tap].
  private func transformed(
    inputs: Int, outputs: Int, _ weight: (_ output: Int, _ input: Int, _ tap: Int) -> S
  ) -> [[[S]]] {
    (0..<inputs).map { input in
      (0..<outputs).map { output in
        square((0..<9).map { Double(weight(output, input, $0)) }, WinogradReference<Double>.weights).map { S($0) }
      }
    }
  }

  private func convolution(
    _ x: [S], transformed u: [[[S]]], inputs: Int, outputs: Int, bias: [S]?
  ) -> [S] {
    var y = [S](repeating: 0, count: images * height * width * outputs)
    for image in 0..<images {
      for (row, column) in tiles {
        let v = (0..<inputs).map { square(tile(x, image, (row, column), -1, 6, $0, of: inputs), Self.input) }
        for k in 0..<outputs {
          let m = (0..<36).map { place in
            (0..<inputs).reduce(S(0)) { $0.addingProduct(v[$1][place], u[$1][k][place]) }
          }
          for (i, value) in square(m, Self.output).enumerated() {
            let (h, w) = (row + i / 4, column + i % 4)
            guard h < height, w < width else { continue }
            y[((image * height + h) * width + w) * outputs + k] = bias.map { value + $0[k] } ?? value
          }
        }
      }
    }
    return y
  }

  /// One channel of a square of pixels, +0 outside the map.
  private func tile(
    _ x: [S], _ image: Int, _ tile: (Int, Int), _ first: Int, _ size: Int, _ c: Int, of channels: Int
  ) -> [S] {
    (0..<size * size).map { i in
      let (h, w) = (tile.0 + first + i / size, tile.1 + first + i % size)
      guard (0..<height).contains(h), (0..<width).contains(w) else { return 0 }
      return x[((image * height + h) * width + w) * channels + c]
    }
  }

  /// A transform down every column, then along every row. n×n → m×m.
  private func square<R>(_ values: [R], _ transform: ([R]) -> [R]) -> [R] {
    let n = values.count == 9 ? 3 : values.count == 16 ? 4 : 6
    let columns = (0..<n).map { s in transform((0..<n).map { r in values[r * n + s] }) }
    return columns[0].indices.flatMap { i in transform(columns.map { $0[i] }) }
  }

  // MARK: Transforms of one dimension

  private static var p: S { 0.625 }
  private static var q: S { 1.5 }

  private static func input(_ d: [S]) -> [S] {
    let (p2, q2) = (p * p, q * q)
    let evenP = d[4].addingProduct(-q2, d[2]), oddP = d[3].addingProduct(-q2, d[1])
    let evenQ = d[4].addingProduct(-p2, d[2]), oddQ = d[3].addingProduct(-p2, d[1])
    return [
      d[4].addingProduct(-(p2 + q2), d[2]).addingProduct(p2 * q2, d[0]),
      evenP.addingProduct(p, oddP), evenP.addingProduct(-p, oddP), evenQ.addingProduct(q, oddQ),
      evenQ.addingProduct(-q, oddQ), d[5].addingProduct(-(p2 + q2), d[3]).addingProduct(p2 * q2, d[1]),
    ]
  }

  private static func output(_ m: [S]) -> [S] {
    let sumP = m[1] + m[2], sumQ = m[3] + m[4], differenceP = m[1] - m[2], differenceQ = m[3] - m[4]
    return [
      (m[0] + sumP) + sumQ, (q * differenceQ).addingProduct(p, differenceP),
      (q * q * sumQ).addingProduct(p * p, sumP),
      m[5].addingProduct(q * q * q, differenceQ).addingProduct(p * p * p, differenceP),
    ]
  }

  private static func spread(_ d: [S]) -> [S] {
    let evenP = d[0].addingProduct(p * p, d[2]), oddP = d[1].addingProduct(p * p, d[3])
    let evenQ = d[0].addingProduct(q * q, d[2]), oddQ = d[1].addingProduct(q * q, d[3])
    return [
      d[0], evenP.addingProduct(p, oddP), evenP.addingProduct(-p, oddP), evenQ.addingProduct(q, oddQ),
      evenQ.addingProduct(-q, oddQ), d[3],
    ]
  }

  // In binary64 (S is Double here). The divisors: 2p²(p² − q²) = −2975/2048, 2q²(q² − p²) = 1071/128, p²q² = 225/256.

  private static func weights(_ g: [S]) -> [S] {
    let evenP = g[0].addingProduct(p * p, g[2]), evenQ = g[0].addingProduct(q * q, g[2])
    let (zero, nP, nQ): (S, S, S) = (256 / 225, -2048 / 2975, 128 / 1071)
    return [
      zero * g[0], nP * evenP.addingProduct(p, g[1]), nP * evenP.addingProduct(-p, g[1]),
      nQ * evenQ.addingProduct(q, g[1]), nQ * evenQ.addingProduct(-q, g[1]), g[2],
    ]
  }

  private static func weightGradient(_ m: [S]) -> [S] {
    let (zero, nP, nQ): (S, S, S) = (256 / 225, -2048 / 2975, 128 / 1071)
    let sumP = nP * (m[1] + m[2]), sumQ = nQ * (m[3] + m[4])
    let differenceP = nP * (m[1] - m[2]), differenceQ = nQ * (m[3] - m[4])
    return [
      (sumP + sumQ).addingProduct(zero, m[0]), (q * differenceQ).addingProduct(p, differenceP),
      m[5].addingProduct(q * q, sumQ).addingProduct(p * p, sumP),
    ]
  }
}
