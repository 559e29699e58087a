import GradientChecking
import GradientChecks
import Kernels
import Testing

@Suite("Gradients")
struct GradientCheckTests {
  @Test("every gradient is the derivative of what the forward pass computes", arguments: GradientChecks.all)
  func gradientsAreDerivatives(_ check: GradientCheck) throws {
    let rows = check.run(on: try Backend(threads: 1))
    try #require(!rows.isEmpty)
    for row in rows {
      #expect(
        row.passed,
        """
        \(row.layer) \(row.tensor), \(row.shape), \(row.mode): \(row.failure ?? "").
        Once more: gradflow gradcheck --layer \(row.layer)
        """)
    }
  }

  @Test("every layer, and every instruction set of this machine, is among the checks")
  func nothingIsForgotten() {
    #expect(
      GradientChecks.layers == [
        "Convolution", "BatchNorm", "ResidualAdd", "LeakyReLU", "ELU", "Dropout", "AveragePool", "GlobalAveragePool", "Linear",
        "SoftmaxCrossEntropy", "Network",
      ])
    for set in InstructionSet.available {
      let layers = Set(GradientChecks.all.filter { $0.mode == "binary32, \(set.rawValue)" }.map(\.layer))
      #expect(layers == Set(GradientChecks.layers).subtracting(["Network"]))
    }
    #expect(Set(GradientChecks.all.map(\.description)).count == GradientChecks.all.count)
  }

  @Test("a layer's checks are found whatever the case of its name, an unknown one has none")
  func layersAreFoundByName() {
    let checks = GradientChecks.checks(ofLayer: "BatchNorm").map(\.description)
    #expect(!checks.isEmpty)
    #expect(GradientChecks.checks(ofLayer: "batchnorm").map(\.description) == checks)
    #expect(GradientChecks.checks(ofLayer: "BatchNorn").isEmpty)
  }

  @Test("a report passes only if something was checked and all of it passed; one line a case, failures apart")
  func reports() {
    func row(_ tensor: String, mode: String = "any", ratio: Double = 0.5, failure: String? = nil) -> GradientCheckRow {
      GradientCheckRow(
        layer: "Linear", tensor: tensor, shape: "1x1", mode: mode, elementCount: 4, elementsChecked: 3,
        worstRatio: ratio, kinksSkipped: 1, failure: failure)
    }
    #expect(!GradientCheckReport(rows: []).passed)
    let good = GradientCheckReport(rows: [row("a"), row("b", ratio: 0.7), row("c", mode: "other")])
    #expect(good.passed)
    #expect(good.byCase.map(\.tensor) == ["2 tensors", "c"])
    #expect(good.byCase[0].worstRatio == 0.7)
    #expect(good.byCase[0].elementsChecked == 6)
    #expect(good.byCase[0].kinksSkipped == 2)
    let bad = GradientCheckReport(rows: [row("a"), row("b", failure: "wrong"), row("c")])
    #expect(!bad.passed)
    #expect(bad.failures.map(\.tensor) == ["b"])
    #expect(bad.byCase.map(\.tensor) == ["a", "b", "c"])
  }
}
