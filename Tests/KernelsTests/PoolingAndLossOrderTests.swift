import CKernels
import Kernels
import TestSupport
import Testing

@Suite("The order of pooling's and the loss's sums is the documented one")
struct PoolingAndLossOrderTests {
  static let channels = 37

  @Test("average pooling adds a window's rows, then columns, ascending, and then divides")
  func averagePoolForward() {
    probeForward(Float.self)
    probeForward(Double.self)
  }

  private func probeForward<S: KernelScalar>(_ type: S.Type) {
    // Windows of 4 x 5 that touch neither each other nor the border: each is a column of its own.
    let (height, width, windowHeight, windowWidth, stride, channels) = (9, 11, 4, 5, 5, Self.channels)
    let count = windowHeight * windowWidth
    let swapped = SummationOrder.permuted(
      "columns, then rows", (0..<count).map { $0 % windowHeight * windowWidth + $0 / windowHeight })
    let orders = SummationOrder.alternatives + [swapped, .groups(windowWidth)]
    func alternatives(_ x: [S]) -> [(String, S)] {
      orders.map { ($0.description, $0.sum(x) / S(count)) } + [
        ("times the reciprocal", SummationOrder.ascending.sum(x) * (1 / S(count))),
        ("each term divided", SummationOrder.ascending.sum(x.map { $0 / S(count) })),
      ]
    }
    let right = { (x: [S]) in SummationOrder.ascending.sum(x) / S(count) }
    var generator = Generator("average pool order")
    let windows: [[S]] = (0..<4 * channels).map { _ in
      generator.draw({ $0.terms(count) }) { x in alternatives(x).allSatisfy { $0.1 != right(x) } }
    }
    var x = [S](repeating: 1, count: height * width * channels)
    for (i, window) in windows.enumerated() {
      let (row, column, c) = (i / channels / 2, i / channels % 2, i % channels)
      for (j, value) in window.enumerated() {
        let (h, w) = (row * stride + j / windowWidth, column * stride + j % windowWidth)
        x[(h * width + w) * channels + c] = value
      }
    }
    OrderProbe(
      name: "average_pool_forward \(type)", documented: windows.map(right),
      alternatives: alternatives(windows[0]).indices.map { i in
        (alternatives(windows[0])[i].0, windows.map { alternatives($0)[i].1 })
      }
    ).check { kernels in
      var y = [S](repeating: 7, count: windows.count)
      kernels.pointee.average_pool_forward(x, height, width, channels, windowHeight, windowWidth, stride, &y)
      return y
    }
  }

  @Test("average pooling's gradient adds windows' rows, then columns, ascending, each divided")
  func averagePoolBackward() {
    probeBackward(Float.self)
    probeBackward(Double.self)
  }

  private func probeBackward<S: KernelScalar>(_ type: S.Type) {
    // Windows of 3 x 5 that move by one over 5 x 9: the element in the middle lies in all 15.
    let (windowHeight, windowWidth, channels) = (3, 5, Self.channels)
    let (height, width) = (2 * windowHeight - 1, 2 * windowWidth - 1)
    let count = windowHeight * windowWidth
    let swapped = SummationOrder.permuted(
      "columns, then rows", (0..<count).map { $0 % windowHeight * windowWidth + $0 / windowHeight })
    let orders = SummationOrder.alternatives + [swapped, .groups(windowWidth)]
    let right = { (dy: [S]) in SummationOrder.ascending.sum(dy.map { $0 / S(count) }) }
    func alternatives(_ dy: [S]) -> [(String, S)] {
      orders.map { ($0.description, $0.sum(dy.map { $0 / S(count) })) } + [
        ("divided at the end", SummationOrder.ascending.sum(dy) / S(count)),
        ("times the reciprocal", SummationOrder.ascending.sum(dy.map { $0 * (1 / S(count)) })),
      ]
    }
    var generator = Generator("average pool gradient order")
    let columns: [[S]] = (0..<channels).map { _ in
      generator.draw({ $0.terms(count) }) { dy in alternatives(dy).allSatisfy { $0.1 != right(dy) } }
    }
    let dy = interleaved(columns)
    OrderProbe(
      name: "average_pool_backward \(type)", documented: columns.map(right),
      alternatives: alternatives(columns[0]).indices.map { i in
        (alternatives(columns[0])[i].0, columns.map { alternatives($0)[i].1 })
      }
    ).check { kernels in
      var dx = [S](repeating: 7, count: height * width * channels)
      kernels.pointee.average_pool_backward(dy, height, width, channels, windowHeight, windowWidth, 1, &dx)
      let middle = (height / 2 * width + width / 2) * channels
      return Array(dx[middle..<middle + channels])
    }
  }

  @Test("the loss adds exponentials over classes, ascending, in double")
  func crossEntropy() {
    let classes = 101
    let orders = SummationOrder.alternatives
    func loss(_ z: [Float], _ label: Int, _ order: SummationOrder) -> Double {
      let largest = Double(z.max()!)
      return (gf_log(order.sum(z.map { gf_exp(Double($0) - largest) })) + largest) - Double(z[label])
    }
    // One logit is 0, and the label; the others are so small that each addition loses most of their bits: the loss,
    // the logarithm of a sum just above 1, shows the sum's last bit.
    var generator = Generator("loss order")
    let examples: [(z: [Float], label: Int)] = (0..<8).map { _ in
      generator.draw({ generator in
        var z: [Float] = (0..<classes).map { _ in -33 - (generator.full(exponent: 1) as Float).magnitude }
        let label = generator.integer(20...80)
        z[label] = 0
        return (z, label)
      }) { z, label in orders.allSatisfy { loss(z, label, $0) != loss(z, label, .ascending) } }
    }
    let probe = OrderProbe(
      name: "cross_entropy", documented: examples.map { loss($0.z, $0.label, .ascending) },
      alternatives: orders.map { order in (order.description, examples.map { loss($0.z, $0.label, order) }) })
    probe.check(table: Float.self) { kernels in
      examples.map { z, label in
        var loss = 7.0
        _ = kernels.pointee.cross_entropy(z, classes, label, 1, &loss, nil)
        return loss
      }
    }
    probe.check(table: Double.self) { kernels in
      examples.map { z, label in
        var loss = 7.0
        _ = kernels.pointee.cross_entropy(z.map { Double($0) }, classes, label, 1, &loss, nil)
        return loss
      }
    }
  }
}
