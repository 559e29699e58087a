import Datasets
import Experiments
import Files
import Foundation
import Kernels
import Networks
import Optimisers
import TestSupport
import Testing
import Traces
import Training

/// Several runs at the same time.
@Suite("The runner")
struct RunnerTests {
  private static let data = Synthetic(classes: 2, side: 8, trainingPerClass: 14, testPerClass: 2).dataset()

  private static func runs(_ count: Int) -> [RunSpecification] {
    (0..<count).map { index in
      let row = ExperimentRow(
        id: "row\(index)",
        model: "",
        network: NetworkConfiguration(blocksPerStage: index % 2, filters: 4, isResidual: index % 3 == 0),
        baseLearningRate: 1e-2, batchSize: 5, augmentation: .init(padding: 1))
      return RunSpecification(row: row, profile: .smoke, seed: UInt64(index), dataset: data, epochs: 1)
    }
  }

  private static func run(
    _ runs: [RunSpecification], jobs: Int, threads: Int, out: String, stop: StopRequest = StopRequest()
  ) -> [MatrixRunner.Result] {
    MatrixRunner(
      runs: runs, dataset: data, out: out, instructionSet: .best, threads: threads, jobs: jobs, stop: stop
    ) { run, _ in
      var options = Trainer.Options(epochs: run.epochs)
      options.stop = stop
      return options
    }.run()
  }

  @Test("one job or several, the traces are the same, and all runs are there in their order")
  func jobs() throws {
    let directory = try TemporaryDirectory()
    let runs = Self.runs(4)
    for jobs in [1, 2, 9] {
      let results = Self.run(runs, jobs: jobs, threads: 2, out: directory.path + "/\(jobs)")
      #expect(results.map(\.run.row.id) == runs.map(\.row.id))
      for run in runs {
        let first = try Zstd.readFile(run.directory(out: directory.path + "/1").trace, limit: 1 << 24)
        #expect(try Zstd.readFile(run.directory(out: directory.path + "/\(jobs)").trace, limit: 1 << 24) == first)
      }
    }
  }

  @Test("a run that fails keeps no other from running")
  func failure() throws {
    let directory = try TemporaryDirectory()
    var runs = Self.runs(3)
    runs[1].settings.batchSize = 1000
    let results = Self.run(runs, jobs: 1, threads: 1, out: directory.path)
    #expect(results.map { (try? $0.outcome.get()) != nil } == [true, false, true])
  }

  @Test(
    "without a number, there is a job for each thread and run, unless one run would be left to a share of the threads",
    arguments: [
      ([1], 8, 1), ([1, 1], 2, 2), ([1, 1, 1], 2, 2), ([0.15, 1], 2, 1), ([0.15, 1, 1, 1, 1, 1, 1], 2, 2),
      ([0.15, 1, 1, 1, 1, 1, 1], 64, 7), ([1, 1, 10], 4, 1), ([1, 1, 1, 1], 1, 1), ([], 4, 1),
    ] as [([Double], Int, Int)])
  func fastest(works: [Double], threads: Int, jobs: Int) {
    #expect(MatrixRunner.fastestJobs(works, threads: threads) == jobs)
  }

  @Test("jobs share the threads: all of them, the first jobs one more, and each at least one", arguments: 1...9, 1...5)
  func threads(threads: Int, jobs: Int) {
    let shares = (0..<jobs).map { MatrixRunner.threads(of: $0, threads: threads, jobs: jobs) }
    #expect(shares == shares.sorted(by: >) && shares[0] - shares[jobs - 1] <= 1)
    #expect(shares.reduce(0, +) == max(threads, jobs))
  }

  @Test("after a stop no further run begins")
  func stop() throws {
    let directory = try TemporaryDirectory()
    let stop = StopRequest()
    stop.raise()
    #expect(Self.run(Self.runs(3), jobs: 2, threads: 2, out: directory.path, stop: stop).isEmpty)
  }
}

@Suite("Profiles")
struct ProfileTests {
  @Test("a profile is what goldens were recorded with: data, epochs, batch, validation images a class, padding")
  func pinned() {
    let found = Profile.allCases.map { profile in
      [
        profile.synthetic?.classes, profile.synthetic?.side, profile.synthetic?.trainingPerClass, profile.synthetic?.testPerClass,
        profile.epochs, profile.batchSize, profile.validationPerClass, profile.augmentation.padding,
      ]
    }
    #expect(
      found == [
        [10, 16, 44, 10, 3, 20, 10, 2], [10, 32, 80, 20, 25, 20, 16, 4], [nil, nil, nil, nil, 2, 100, 25, 4],
        [nil, nil, nil, nil, 100, 100, 25, 4],
      ])
  }

  @Test("every profile can train every row of Table 1", arguments: Profile.allCases)
  func possible(profile: Profile) throws {
    for row in ExperimentRow.builtIn {
      let settings = row.settings(
        profile: profile, classes: profile.synthetic?.classes ?? 100, side: profile.synthetic?.side ?? 32)
      #expect(settings.problem == nil)
      #expect(profile.epochs <= settings.schedulePeriod)
    }
  }

  @Test("paper and short are the protocol's settings")
  func paper() {
    for row in ExperimentRow.table1 {
      let settings = row.settings(profile: .paper, classes: 100, side: 32)
      #expect(settings == row.settings(profile: .short, classes: 100, side: 32))
      #expect(settings.batchSize == 100 && settings.schedulePeriod == 100 && settings.minimumLearningRate == 2e-5)
      #expect(settings.augmentation == .init(padding: 4, flips: true) && settings.validationPerClass == 25)
      #expect(
        settings.optimiser == OptimiserChoice(AdamSettings(beta1: 0.9, beta2: 0.999, epsilon: 1e-8))
          && settings.batchNormStatistics == .running)
      #expect(settings.schedule == .cosine && settings.network.classes == 100 && settings.network.filters == 32)
    }
    #expect(Profile.paper.epochs == 100 && Profile.short.epochs == 2)
    let rates = Dictionary(uniqueKeysWithValues: ExperimentRow.table1.map { ($0.id, $0.baseLearningRate) })
    #expect(rates.count == 7 && rates.filter { $0.value == 1e-2 }.map(\.key).sorted() == ["vgg38-bn-1e-2", "vgg38-bn-rc-1e-2"])
  }
}
