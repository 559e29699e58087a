import Datasets
import Digests
import Experiments
import Files
import Foundation
import Training

@testable import Reports
@testable import Traces

/// Runs whose numbers a test chooses. Their headers are those that the program itself writes for that row and profile.
struct FakeRun {
  var row: String
  var seed: UInt64 = 0
  var profile = Profile.paper
  var epochs = 100
  /// How many epochs the run was asked for: with fewer made, it is unfinished and has no test.
  var planned: Int?
  var stepsPerEpoch = 10
  /// At the end; the epochs before get there along a straight line from guessing.
  var trainLoss = 1.7
  var trainAccuracy = 0.5
  var validationLoss = 1.9
  var validationAccuracy = 0.45
  var testAccuracy = 0.45
  /// By layer's label; given the epoch.
  var flow: (String, Int) -> Double = { _, _ in 1e-3 }
  var change: (inout TrainingSettings) -> Void = { _ in }
  /// Of other data than the official ones; `nil` for those, or for the built-in ones.
  var fingerprint: String?

  var classes: Int { profile.synthetic == nil ? 100 : 10 }

  var experiment: ExperimentRow {
    guard let row = ExperimentRow.builtIn.first(where: { $0.id == row }) else { fatalError("no row \(row)") }
    return row
  }

  var header: TraceHeader {
    var settings = experiment.settings(profile: profile, classes: classes, side: profile == .smoke ? 16 : 32)
    change(&settings)
    return RunIdentity(
      row: row, profile: profile.rawValue, seed: seed, dataName: profile.synthetic == nil ? "cifar-100" : "synthetic-fake",
      dataFingerprint: fingerprint.map { Digest(of: $0) } ?? Digest(hex: DatasetVerification.officialCIFAR100)!,
      settings: settings
    ).header
  }

  /// As the network names them, in its order.
  var layers: [String] {
    let network = experiment.network
    var labels = ["input_conv_conv_0", "input_conv_bn_0"]
    func block(_ name: String, _ normalised: Bool) {
      for index in 0...1 {
        labels.append("\(name)_conv_\(index)")
        if normalised { labels.append("\(name)_bn_\(index)") }
      }
    }
    for stage in 0..<3 {
      for index in 0..<network.blocksPerStage { block("block_\(stage)_\(index)", network.normalisesProcessing) }
      block("reduction_block_\(stage)", network.normalisesReduction)
    }
    return labels + ["logit_linear_layer"]
  }

  var lines: [TraceLine] {
    let guess = log(Double(classes))
    let chance = 1 / Double(classes)
    let layers = layers
    var lines: [TraceLine] = [.header(header)]
    for epoch in 0..<epochs {
      let part = epochs == 1 ? 1 : Double(epoch) / Double(epochs - 1)
      func between(_ first: Double, _ last: Double) -> Double { last.isFinite ? first + (last - first) * part : last }
      lines.append(
        .steps(
          StepsLine(epoch: epoch, digests: (0..<stepsPerEpoch).map { ShortDigest(Digest(of: "\(row) \(epoch) \($0)")) })))
      lines.append(
        .epoch(
          EpochLine(
            epoch: epoch, learningRate: 1e-3, trainLoss: between(guess, trainLoss),
            trainAccuracy: between(chance, trainAccuracy), validationLoss: between(guess, validationLoss),
            validationAccuracy: between(chance, validationAccuracy),
            gradientFlow: layers.map { NamedValue($0, flow($0, epoch)) }, gradientStatistics: [],
            digest: Digest(of: "\(row) \(seed) \(epoch)"))))
    }
    if epochs > 0, planned == nil || planned == epochs {
      lines.append(
        .test(TestLine(epoch: epochs - 1, loss: validationLoss, accuracy: testAccuracy, digest: Digest(of: "\(row) \(seed)"))))
    }
    return lines
  }

  var content: [UInt8] { Array(lines.map { $0.json.description + "\n" }.joined().utf8) }

  /// As reading `content` gives it, without the time that takes.
  var trace: Trace {
    var epochs: [EpochLine] = []
    var steps: [StepsLine] = []
    var test: TestLine?
    for line in lines {
      switch line {
      case .epoch(let line): epochs.append(line)
      case .steps(let line): steps.append(line)
      case .test(let line): test = line
      default: break
      }
    }
    return Trace(
      header: header, epochs: epochs, steps: steps, layers: [], test: test, inputs: [], opening: [], norms: [], unknown: [],
      lines: lines.count, torn: nil)
  }

  func record() throws -> RunRecord { RunRecord(trace) }
}

extension FakeRun {
  /// How the plain deep network's gradient vanishes, stage by stage.
  static func vanishing(_ layer: String, _ epoch: Int) -> Double {
    switch layer {
    case "logit_linear_layer": 1.8e-4
    case "reduction_block_2_conv_1": 1.3e-5
    case "reduction_block_2_conv_0": 4e-11
    case _ where layer.hasPrefix("block_2") || layer.hasPrefix("reduction_block_2"): 4e-11
    case _ where layer.hasPrefix("block_1") || layer.hasPrefix("reduction_block_1"): 5e-16
    default: 5e-19
    }
  }

  static func flowing(_ layer: String, _ epoch: Int) -> Double {
    layer == "logit_linear_layer" ? 3e-3 : layer.dropLast().hasSuffix("_bn_") ? 8e-3 : 2e-4
  }

  /// All rows, at the end of the paper profile, with the report's own numbers: every claim holds by them.
  ///
  /// - Parameter step: by how much a seed's accuracies exceed those of the one before, where a row learns.
  static func report(seeds: [UInt64] = [0], step: Double = 12e-3) -> [FakeRun] {
    var runs: [FakeRun] = []
    for published in PublishedRow.all {
      let isPlain = published.id == "vgg38"
      for seed in seeds {
        let offset = (Double(seed) - Double(seeds.count - 1) / 2) * (isPlain ? 1e-3 : step)
        var run = FakeRun(row: published.id, seed: seed)
        run.trainLoss = isPlain ? 4.606 : published.trainLoss
        run.trainAccuracy = published.trainAccuracy
        run.validationLoss = isPlain ? 4.606 : published.validationLoss
        run.validationAccuracy = published.validationAccuracy + offset
        run.testAccuracy = (published.testAccuracy ?? published.validationAccuracy) + offset
        if isPlain {
          run.flow = { FakeRun.vanishing($0, $1) }
        } else {
          run.flow = { FakeRun.flowing($0, $1) }
        }
        runs.append(run)
      }
    }
    return runs
  }

  /// The rows that claims 1, 2, 3 and 6 need, as `quick` gives them.
  static func quick() -> [FakeRun] {
    func run(
      _ row: String, train: (loss: Double, accuracy: Double), validation: (loss: Double, accuracy: Double),
      flow: @escaping (String, Int) -> Double
    ) -> FakeRun {
      var run = FakeRun(row: row)
      run.profile = .quick
      run.epochs = 25
      run.stepsPerEpoch = 32
      (run.trainLoss, run.trainAccuracy) = train
      (run.validationLoss, run.validationAccuracy) = validation
      run.testAccuracy = validation.accuracy
      run.flow = flow
      return run
    }
    return [
      run("vgg08", train: (0.5, 0.8), validation: (0.6, 0.75), flow: FakeRun.flowing),
      run("vgg38", train: (2.304, 0.1), validation: (2.304, 0.1), flow: FakeRun.vanishing),
      run("vgg38-bn-rc-1e-2", train: (0.7, 0.7), validation: (0.8, 0.7), flow: FakeRun.flowing),
    ]
  }
}

extension [FakeRun] {
  func set() throws -> RunSet { try RunSet(map { try $0.record() }) }

  /// With one row's runs changed.
  func with(_ row: String, _ change: (inout FakeRun) -> Void) -> [FakeRun] {
    map { run in
      var run = run
      if run.row == row { change(&run) }
      return run
    }
  }

  func without(_ row: String) -> [FakeRun] { filter { $0.row != row } }

  /// With as many seeds of the plain deep network, from 0, whose gradients flow as `flow` says of each.
  func withPlainSeeds(_ count: Int, _ flow: (Int) -> (String, Int) -> Double) -> [FakeRun] {
    without("vgg38")
      + (0..<count).flatMap { seed in
        filter { $0.row == "vgg38" }.with("vgg38") { ($0.seed, $0.flow) = (UInt64(seed), flow(seed)) }
      }
  }

  /// As the program lays them out.
  func write(to directory: String) throws {
    for run in self {
      let place = "\(directory)/\(run.row)-s\(run.seed)"
      try createDirectory(place)
      try AtomicFile.write(Zstd.compress(run.content), to: place + "/trace.jsonl.zst")
    }
  }
}
