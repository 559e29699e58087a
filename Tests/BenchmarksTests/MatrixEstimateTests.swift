import Benchmarks
import Datasets
import Experiments
import Testing

@Suite("The estimate of a matrix")
struct MatrixEstimateTests {
  private let runs: [RunSpecification]

  init() throws {
    let dataset = Synthetic(classes: 10, side: 32, trainingPerClass: 30, testPerClass: 2).dataset()
    let row = try #require(ExperimentRow.builtIn.first { $0.id == "vgg08" })
    runs = (0..<3).map { RunSpecification(row: row, profile: .paper, seed: $0, dataset: dataset, epochs: 2) }
  }

  private func estimate(jobs: Int) -> MatrixEstimate {
    MatrixEstimate(
      runs, works: runs.map { _ in RunWork(epochs: 2, batch: 100, training: 450, validation: 150, test: 101) },
      paces: [(100, 10), (100, 10), (200, 20)].map { .init(step: $0, evaluation: $1) }, jobs: jobs, threads: 2)
  }

  @Test("an epoch is its training steps and validation's passes, the last batch smaller; a run ends with the test set")
  func run() {
    // 5 steps of 100 ms and 2 passes of 10; twice, and 2 passes more.
    #expect(estimate(jobs: 1).epochSeconds(0) == 0.52)
    #expect(abs(estimate(jobs: 1).seconds(0) - 1.06) < 1e-12)
  }

  @Test("what is left of a run is its whole less the steps made, and then the passes of whole epochs and of the test set")
  func left() {
    let work = RunWork(epochs: 2, batch: 100, training: 450, validation: 150, test: 101)
    let pace = RunWork.Pace(step: 100, evaluation: 10)
    #expect(abs(work.seconds(from: 1, step: 2, at: pace) - (0.3 + 0.02 + 0.02)) < 1e-12)
    #expect(abs(work.seconds(from: 2, at: pace) - 0.02) < 1e-12)
    #expect(work.seconds(at: pace) == work.seconds(from: 0, step: 0, at: pace))
  }

  @Test("the batches of a run are those that its split and its dataset have", arguments: Split.Kind.allCases)
  func work(kind: Split.Kind) throws {
    let dataset = try #require(Profile.smoke.synthetic).dataset()
    let row = try #require(ExperimentRow.builtIn.first { $0.id == "vgg08" })
    let run = RunSpecification(row: row, profile: .smoke, seed: 0, dataset: dataset)
    let split = try Split(of: dataset, perClass: run.settings.validationPerClass, kind: kind, seed: 0)
    let counted = RunWork(
      epochs: run.epochs, batch: run.settings.batchSize, training: split.training.count, validation: split.validation.count,
      test: dataset.test.count)
    #expect(RunWork(run, dataset: dataset) == counted)
    #expect(counted.steps == 17 && counted.validationPasses == 5 && counted.testPasses == 5)
  }

  @Test("a dataset with too few images for validation is refused before anything is measured", arguments: Split.Kind.allCases)
  func tooFewImages(kind: Split.Kind) throws {
    let dataset = Synthetic(classes: 10, side: 32, trainingPerClass: 20, testPerClass: 2).dataset()
    var run = runs[0]
    run.settings.validationSplit = kind
    #expect(throws: DatasetError.self) {
      _ = try MatrixEstimate([run], dataset: dataset, instructionSet: .portable, threads: 1, jobs: 1) { _ in
        Issue.record("a step was measured")
      }
    }
  }

  @Test("runs follow one another, or each begins with the job that is free first", arguments: [(1, 4.24), (2, 3.18), (3, 2.12)])
  func together(jobs: Int, seconds: Double) {
    #expect(abs(estimate(jobs: jobs).seconds - seconds) < 1e-12)
  }

  @Test("memory is that of the runs that meet", arguments: [2, 3])
  func memory(jobs: Int) {
    #expect(estimate(jobs: jobs).memory > 0.9 * Double(jobs) * estimate(jobs: 1).memory / 1.1)
    #expect(estimate(jobs: jobs).memory < Double(jobs) * 1.1 * estimate(jobs: 1).memory)
  }
}
