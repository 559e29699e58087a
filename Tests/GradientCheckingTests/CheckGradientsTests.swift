import Foundation
import GradientChecking
import Testing

/// Functions whose gradients are known, and gradients that are wrong in one way each.
@Suite("checkGradients")
struct CheckGradientsTests {
  private static let place = [[0.5, -1.25, 2, 0.75]]

  private static func product(_ inputs: [[Double]]) -> [Double] { zip(inputs[0], inputs[1]).map { $0 * $1 * $1 } }
  private static func productBackward(_ inputs: [[Double]], _ dy: [Double]) -> [[Double]] {
    let (a, b) = (inputs[0], inputs[1])
    return [zip(b, dy).map { $0 * $0 * $1 }, zip(zip(a, b), dy).map { 2 * $0.0 * $0.1 * $1 }]
  }

  @Test("accepts right gradients of several inputs, and of functions of every curvature", arguments: [0, 1, 99])
  func right(seed: UInt64) {
    let two = checkGradients(of: Self.product, backward: Self.productBackward, at: [[1.5, -0.5], [0.7, -1.1]], seed: seed)
    #expect(two.passed && two.rows.count == 2, "\(two)")
    for (function, slope) in Self.smooth {
      let report = checkGradients(
        of: { inputs in inputs[0].map { function($0) } },
        backward: { inputs, dy in [zip(inputs[0], dy).map { slope($0) * $1 }] }, at: Self.place, seed: seed)
      #expect(report.passed, "\(report)")
    }
  }

  private typealias Function = @Sendable (Double) -> Double
  /// With their derivatives: a straight line, curves of every order.
  private static let smooth: [(Function, Function)] = [
    ({ $0 }, { _ in 1 }), ({ sin($0) }, { cos($0) }), ({ exp($0) }, { exp($0) }), ({ $0 * $0 * $0 }, { 3 * $0 * $0 }),
  ]

  static let wrong: [(String, @Sendable ([[Double]], [Double]) -> [[Double]])] = [
    ("a factor", { x, dy in [dy.indices.map { i in 2.0001 * x[0][i] * dy[i] }] }),
    ("one element", { x, dy in [dy.indices.map { i in 2 * x[0][i] * dy[i] + (i == 3 ? 1e-5 : 0) }] }),
    ("the output's gradient left out", { x, dy in [x[0].map { 2 * $0 }] }),
    ("a sign", { x, dy in [dy.indices.map { i in -2 * x[0][i] * dy[i] }] }),
    ("not a number", { x, dy in [dy.indices.map { i in i == 1 ? .nan : 2 * x[0][i] * dy[i] }] }),
    ("all zero", { x, dy in [dy.map { _ in 0 }] }),
  ]

  @Test("refuses gradients that are wrong, and says where", arguments: wrong.map(\.0))
  func refuses(name: String) throws {
    let backward = try #require(Self.wrong.first { $0.0 == name }).1
    let report = checkGradients(of: { $0[0].map { $0 * $0 } }, backward: backward, at: Self.place)
    #expect(!report.passed)
    #expect(report.description.contains("input 0") && report.description.contains("FAILED, element"), "\(report)")
  }

  @Test("a large output shows what is wrong with its gradient as a small one does", arguments: [0.5, 30, 1000])
  func largeOutputs(size: Double) throws {
    func report(_ slope: Double) -> GradientCheckReport {
      checkGradients(
        of: { [$0[0][0], size * $0[0][1]] }, backward: { _, dy in [[dy[0], slope * dy[1]]] }, at: [[0.5, 1]], seed: 1)
    }
    #expect(report(size).passed, "\(report(size))")
    for wrong in [-12345 * size, 1.001 * size, 0] { #expect(!report(wrong).passed, "\(wrong)") }
  }

  @Test("refuses gradients that are too few, too many, or of another size, in words")
  func sizes() {
    func report(_ gradients: [[Double]]) -> GradientCheckReport {
      checkGradients(of: { $0[0] }, backward: { _, _ in gradients }, at: Self.place)
    }
    #expect(report([]).description.contains("0 gradients for 1 inputs"))
    #expect(report([[1, 1, 1, 1], [1]]).description.contains("2 gradients for 1 inputs"))
    #expect(report([[1, 1]]).description.contains("the gradient of input 0 has 2 elements where 4 were expected"))
    #expect(!report([]).passed && !report([[1, 1, 1, 1], [1]]).passed && !report([[1, 1]]).passed)
  }

  @Test("refuses a function whose outputs change in number")
  func changingOutputs() {
    var calls = 0
    let report = checkGradients(
      of: { inputs in
        calls += 1
        return calls < 4 ? inputs[0] : inputs[0] + [1]
      }, backward: { [$1 + Array(repeating: 0, count: $0[0].count - $1.count)] }, at: Self.place)
    #expect(!report.passed && report.description.contains("what the function gives has 5 elements"))
  }

  @Test("steps shrink at kinks that it is told of; one that it is not told of fails")
  func kinks() {
    let near = [[0.5, -1e-5, 2, 1e-6]]
    func relu(_ inputs: [[Double]]) -> [Double] { inputs[0].map { $0 > 0 ? $0 : 0.1 * $0 } }
    func backward(_ inputs: [[Double]], _ dy: [Double]) -> [[Double]] { [zip(inputs[0], dy).map { $0 > 0 ? $1 : 0.1 * $1 }] }
    #expect(checkGradients(of: relu, backward: backward, at: near, kinks: { $0[0] }, outputError: 1e-18).passed)
    #expect(!checkGradients(of: relu, backward: backward, at: near, outputError: 1e-18).passed)
  }

  @Test("a rounding error too large to see anything fails instead of accepting")
  func blind() {
    let report = checkGradients(of: { $0[0] }, backward: { [$1] }, at: Self.place, outputError: 1e-3)
    #expect(!report.passed && report.description.contains("too coarse") || report.description.contains("nothing was compared"))
  }
}
