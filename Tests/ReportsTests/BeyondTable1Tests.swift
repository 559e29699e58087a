import Experiments
import Testing

@testable import Reports

@Suite("Rows beyond Table 1")
struct BeyondTable1Tests {
  private static let reference = "vgg38-bn-rc-1e-2"

  private func runs(_ row: String, _ accuracies: [Double], epochs: Int = 2) -> [FakeRun] {
    accuracies.enumerated().map { seed, accuracy in
      var run = FakeRun(row: row, seed: UInt64(seed), profile: .short, epochs: epochs)
      run.validationAccuracy = accuracy
      run.flow = { layer, epoch in epoch == 0 && layer == "input_conv_conv_0" ? 2.5e-3 : 1e-2 }
      return run
    }
  }

  @Test("stand beside the best row of Table 1, with their own settings, and differ by more than the seeds' scatter or not")
  func differences() throws {
    let set = try
      (runs(Self.reference, [0.19, 0.20, 0.21, 0.20]) + runs("vgg38-gn-rc-1e-2", [0.14, 0.15, 0.15, 0.16])
      + runs("vgg38-bn-rc-ghost-1e-2", [0.19, 0.21, 0.20, 0.22]) + runs("vgg38-bn-rc-decay-1e-2", [0.29, 0.31, 0.30, 0.32]))
      .set()
    let lines = BeyondTable1(set).lines
    #expect(
      lines.map(\.result.row) == [
        Self.reference, "vgg38-bn-rc-decay-1e-2", "vgg38-bn-rc-ghost-1e-2", "vgg38-gn-rc-1e-2",
      ])
    #expect(lines.map { $0.difference?.word } == [nil, .higher, .withinNoise, .lower])
    #expect(lines.allSatisfy { $0.difference?.isMeasured ?? true })
    let difference = try #require(lines[2].difference)
    // Student's t of 6 degrees, 1.943, times the pooled deviation of a run, times √(1/4 + 1/4).
    #expect(abs(difference.value - 0.005) < 1e-12 && abs(difference.threshold - 1.943 * 0.0108012 * 0.5.squareRoot()) < 1e-5)
    #expect(lines[0].settings == [] && lines[2].settings == ["batch_norm_ghost 10"])
    #expect(lines[1].settings == ["optimiser adamw", "adamw_weight_decay 0.01", "adamw_no_decay weight+bias"])
    #expect(lines[3].settings == ["batch_norm_ghost 1", "batch_norm_groups 4", "batch_norm_example_weight 1.0"])
    let table = BeyondTable1(set).table.rows
    // Losses with their three decimals, accuracies in percent, over all seeds.
    #expect(table[2][6...9] == ["1.700 ± 0.000", "1.900 ± 0.000", "20.50 ± 1.29", "45.00 ± 0.00"], "\(table[2])")
    #expect(table[2][4] == "2.5e-3" && table[2][5] == "1.0e-2" && table[2][10] == "+0.50 (1.48)", "\(table[2])")
  }

  @Test("where some differences have an assumed noise beside others that do not, it is marked")
  func mixed() throws {
    let set = try (runs(Self.reference, [0.19, 0.20, 0.21, 0.20]) + runs("vgg38-gn-rc-1e-2", [0.14, 0.15, 0.15, 0.16])).set()
    #expect(BeyondTable1(set).lead.hasSuffix("by their own scatter."))
    // A row of one answer beside a reference of one seed: nothing tells the noise.
    let stuck = try (runs(Self.reference, [0.2]) + runs("vgg38-gn-rc-1e-2", [0.01, 0.01, 0.01, 0.01])).set()
    #expect(BeyondTable1(stuck).lines.last?.difference?.isMeasured == false)
    let both = try
      (runs(Self.reference, [0.2]) + runs("vgg38-gn-rc-1e-2", [0.14, 0.15, 0.15, 0.16])
      + runs("vgg38-bn-rc-ghost-1e-2", [0.2])).set()
    let beyond = BeyondTable1(both)
    #expect(beyond.lead.contains("where * stands by an assumed one"))
    #expect(beyond.table.rows.map { $0[10].contains("*") } == [false, true, false], "\(beyond.table.rows)")
  }

  @Test("where seeds are too few, the noise that is assumed follows from the images of the set")
  func assumedNoise() throws {
    func threshold(_ profile: Profile) throws -> Double {
      let rows = [Self.reference, "vgg38-gn-rc-1e-2"].map { row in
        var run = FakeRun(row: row, profile: profile, epochs: 2)
        run.validationAccuracy = 0.2
        return run
      }
      return try #require(BeyondTable1(try rows.set()).lines.last?.difference?.threshold)
    }
    // 2,500 validation images, and 100.
    #expect(abs(try threshold(.smoke) / threshold(.short) - 5) < 1e-9)
  }

  @Test("without the reference, or with one of other epochs, nothing is compared; without such rows nothing is shown")
  func nothingToCompare() throws {
    let alone = BeyondTable1(try runs("vgg38-gn-rc-1e-2", [0.1, 0.2]).set())
    #expect(alone.lines.count == 1 && alone.lines[0].difference == nil && alone.lines[0].settings == [])
    let other = BeyondTable1(try (runs(Self.reference, [0.2], epochs: 1) + runs("vgg38-gn-rc-1e-2", [0.1])).set())
    #expect(other.lines.map(\.difference) == [nil, nil])
    let none = try runs(Self.reference, [0.2]).set()
    #expect(BeyondTable1(none).lines.isEmpty && !Page(none).html.contains("Beyond Table 1"))
    #expect(!Table1(none).lines(as: .text).contains { $0.hasPrefix("Rows outside Table 1") })
  }

  @Test("stand on the page and below Table 1 as text; a single seed says that its scatter is assumed")
  func shown() throws {
    let set = try (runs(Self.reference, [0.2]) + runs("vgg38-gn-rc-1e-2", [0.1])).set()
    let html = Page(set).html
    #expect(html.contains("<a href=\"#beyond-table-1\">") && html.contains("<section id=\"beyond-table-1\">"))
    #expect(html.contains("whose scatter is assumed"))
    let text = Table1(set).lines(as: .text)
    #expect(text.contains { $0.hasPrefix("Rows outside Table 1, beside \(Self.reference).") })
    #expect(text.last?.hasPrefix("vgg38-gn-rc-1e-2") == true && text.last?.hasSuffix("lower") == true, "\(text.last ?? "")")
  }
}
