import Foundation
import GradientChecking
import Testing

// The example of docs/gradient-checking.md begins here.

/// A dense layer with a leaky ReLU behind it: y = leaky(W·x + b), W of 2 rows and 3 columns.
struct DenseLayer {
  func sums(_ inputs: [[Double]]) -> [Double] {
    let (x, weight, bias) = (inputs[0], inputs[1], inputs[2])
    return bias.indices.map { row in x.indices.reduce(bias[row]) { $0 + weight[3 * row + $1] * x[$1] } }
  }

  func forward(_ inputs: [[Double]]) -> [Double] { sums(inputs).map { $0 > 0 ? $0 : 0.01 * $0 } }

  /// dL/dx, dL/dW and dL/db from dL/dy.
  func backward(_ inputs: [[Double]], _ outputGradient: [Double]) -> [[Double]] {
    let (x, weight) = (inputs[0], inputs[1])
    let dz = zip(sums(inputs), outputGradient).map { $0 > 0 ? $1 : 0.01 * $1 }
    let dx = x.indices.map { column in dz.indices.reduce(0) { $0 + weight[3 * $1 + column] * dz[$1] } }
    return [dx, dz.flatMap { slope in x.map { slope * $0 } }, dz]
  }
}

let layer = DenseLayer()
let report = checkGradients(
  of: layer.forward, backward: layer.backward,
  at: [[0.5, -1.25, 2], [0.3, -0.2, 0.9, -1.1, 0.4, 0.6], [0.1, -0.2]], named: ["x", "weight", "bias"], kinks: layer.sums)

// The example of docs/gradient-checking.md ends here.

@Suite("The documented example")
struct ExampleTests {
  @Test("passes, with every element of every input")
  func passes() {
    #expect(report.passed, "\(report)")
    #expect(report.rows.map(\.tensor) == ["x", "weight", "bias"])
    #expect(report.rows.map(\.elementsChecked) == [3, 6, 2])
  }

  @Test("is the one in the documents, word for word")
  func isDocumented() throws {
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let source = try String(contentsOf: directory.appendingPathComponent("ExampleTests.swift"), encoding: .utf8)
    let document = try String(
      contentsOf: directory.appendingPathComponent("../../docs/gradient-checking.md").standardizedFileURL, encoding: .utf8)
    let start = try #require(source.range(of: "begins here.\n\n")?.upperBound)
    let end = try #require(source.range(of: "\n// The example of docs/gradient-checking.md ends here.")?.lowerBound)
    #expect(document.contains("```swift\nimport GradientChecking\n\n\(source[start..<end])print(report)\n```"))
  }
}
