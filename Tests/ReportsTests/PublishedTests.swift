import Experiments
import Testing

@testable import Reports

@Suite("The published numbers")
struct PublishedTests {
  @Test("Table 1 has its seven rows, in the report's order, under the program's names")
  func rows() {
    #expect(PublishedRow.all.map(\.id) == ExperimentRow.table1.map(\.id))
    #expect(PublishedRow.all.map(\.model) == ExperimentRow.table1.map(\.model))
    for row in ExperimentRow.table1 {
      #expect(PublishedRow.named(row.id).flatMap { Double($0.learningRate) } == row.baseLearningRate)
    }
  }

  @Test("accuracies are fractions, and what the report does not print is missing")
  func numbers() throws {
    let best = try #require(PublishedRow.named("vgg38-bn-rc-1e-2"))
    let test = try #require(best.testAccuracy)
    #expect(abs(best.validationAccuracy - 0.6136) < 1e-12 && abs(test - 0.6109) < 1e-12)
    #expect(PublishedRow.named("vgg08")?.testAccuracy == nil)
  }

  @Test("rows that came printed with the assignment, and contradictions of the report, are known as reasons")
  func reasons() throws {
    #expect(try #require(PublishedRow.named("vgg38-rc")).knownReasons.count == 1)
    #expect(try #require(PublishedRow.named("vgg38-bn-1e-2")).knownReasons.count == 2)
    #expect(try #require(PublishedRow.named("vgg38-bn-rc-1e-2")).knownReasons.isEmpty)
  }

  @Test("the course's curves are whole: VGG08's has 101 rows, VGG38's 100")
  func courseCurves() {
    #expect(CourseCurve.vgg08.validationAccuracy.count == 101 && CourseCurve.vgg38.trainLoss.count == 100)
    #expect(CourseCurve.vgg08.trainAccuracy[99] == 0.5516842105263158 && CourseCurve.vgg38.validationLoss[99] == 4.6068726)
  }

  @Test("a rerun belongs to the rows it may be of: its learning rate is theirs, or not known")
  func reruns() throws {
    func sources(_ id: String) throws -> Int { Replication.of(row: try #require(PublishedRow.named(id))).count }
    #expect(try sources("vgg08") == 1)
    #expect(try sources("vgg38-bn-1e-2") == 3)
    #expect(try sources("vgg38-bn-1e-3") == 5)
    #expect(try sources("vgg38-bn-rc-1e-2") == 6)
    #expect(try sources("vgg38-rc") == 1)
  }

  @Test("readings of gradient flow cover layers that exist", arguments: PublishedFlow.all.indices)
  func readings(index: Int) {
    let reading = PublishedFlow.all[index]
    let layers = FakeRun(row: reading.row).layers
    #expect(layers.contains { reading.covers($0) }, "\(reading.layer)")
  }

  @Test("what the program trains by profile paper is the report's experiment, row by row", arguments: PublishedRow.all.map(\.id))
  func protocolSettings(row: String) throws {
    #expect(ProtocolSettings.deviations(of: try FakeRun(row: row, epochs: 1).record()) == [])
  }

  @Test("any other setting is told by its name")
  func deviations() throws {
    let run = FakeRun(
      row: "vgg08", epochs: 1,
      change: {
        $0.batchSize = 50
        $0.augmentation.flips = false
      })
    #expect(
      ProtocolSettings.deviations(of: try run.record()) == ["batch_size is 50, not 100", "flips is false, not true"])
    // A setting that the protocol does not have.
    var split = FakeRun(row: "vgg08")
    split.change = { $0.validationSplit = .unbalanced }
    #expect(ProtocolSettings.deviations(of: try split.record()) == ["validation_split is \"unbalanced\""])
    #expect(ProtocolSettings.deviations(of: try FakeRun(row: "vgg08", profile: .quick).record()) == ["data synthetic-fake"])
    #expect(ProtocolSettings.deviations(of: try FakeRun(row: "vgg38-bn-all-1e-2").record()) == ["no row of Table 1"])
  }
}
