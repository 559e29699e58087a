import Digests

/// The first place at which two traces of equal settings part.
public enum Divergence: Equatable, Sendable, CustomStringConvertible {
  /// Where in a step.
  public enum Place: Equatable, Sendable {
    /// The first layer and phase whose digest differs.
    case layer(String, Phase)
    /// The traces name other layers, phases or another order from this entry on: other networks or programs.
    case otherLayers(entry: Int)
    /// Every layer and phase that was recorded is equal: the difference arose outside them.
    case outsideLayers
    /// Not both traces have layer digests of this step.
    case notRecorded
  }

  /// What one trace lacks.
  public enum Missing: Equatable, Sendable {
    /// The step digests of an epoch, from `step` on.
    case steps(epoch: Int, from: Int)
    /// The layer digests of a step.
    case layers(epoch: Int, step: Int)
    /// The line of an epoch, and all that follows.
    case epochs(from: Int)
    case test
  }

  /// The first step after which the states differ, or within which layers do.
  case step(epoch: Int, step: Int, place: Place)
  /// All recorded steps are equal or none were recorded, and the epoch's digest differs.
  case epoch(Int, digests: Digest, Digest)
  /// The epoch's digest is equal and a number is not: metrics were computed differently.
  case metric(MetricDifference)
  /// Everything before is equal; the tests are of other epochs.
  case testEpoch(Int, Int)
  /// Everything before is equal; the states that were tested are not.
  case testDigest(Digest, Digest)
  /// Nothing that both have differs, and one has less: `inFirst` says which.
  case missing(Missing, inFirst: Bool)

  public var description: String {
    switch self {
    case .step(let epoch, let step, let place):
      switch place {
      case .layer(let layer, let phase):
        "the first difference is in epoch \(epoch), step \(step), layer \(layer), \(phase.words)"
      case .otherLayers(let entry):
        "the first difference is in epoch \(epoch), step \(step): from entry \(entry) on the traces name other layers"
      case .outsideLayers:
        "the first difference is in epoch \(epoch), step \(step), after all its layers: they are equal, "
          + "the state is not"
      case .notRecorded:
        "the first difference is in epoch \(epoch), step \(step); its layers were not recorded in both traces"
      }
    case .epoch(let epoch, let first, let second):
      "the first difference is in epoch \(epoch), after its recorded steps: its digest is \(first) and \(second)"
    case .metric(let metric):
      "the digests are equal and a number is not: \(metric)"
    case .testEpoch(let first, let second):
      "the epochs are equal; the test is of epoch \(first) and \(second)"
    case .testDigest(let first, let second):
      "the epochs are equal; the digest of the tested state is \(first) and \(second)"
    case .missing(let missing, let inFirst):
      "no difference in what both traces have; the \(inFirst ? "first" : "second") has no \(missing.words)"
    }
  }
}

extension Divergence.Missing {
  var words: String {
    switch self {
    case .steps(let epoch, let step): "step digests of epoch \(epoch) from step \(step) on"
    case .layers(let epoch, let step): "layer digests of epoch \(epoch), step \(step)"
    case .epochs(let epoch): "epoch \(epoch)"
    case .test: "test line"
    }
  }
}

/// Walks two traces side by side in the order of their lines.
struct DivergenceSearch {
  private let a: Trace
  private let b: Trace
  var counts = TraceComparison.Counts()
  /// The first thing that only one trace has; reported when nothing differs.
  private var missing: Divergence?

  init(_ a: Trace, _ b: Trace) {
    self.a = a
    self.b = b
  }

  mutating func run() -> Divergence? {
    let stepsOfA = a.stepDigests, stepsOfB = b.stepDigests
    let layersOfA = a.layersByEpoch, layersOfB = b.layersByEpoch
    // One past the last epoch line: the steps of an epoch that has only begun.
    for epoch in 0...max(a.epochs.count, b.epochs.count) {
      let ofA = (steps: stepsOfA[epoch] ?? [], layers: layersOfA[epoch] ?? [:])
      let ofB = (steps: stepsOfB[epoch] ?? [], layers: layersOfB[epoch] ?? [:])
      let notInA = epoch >= a.epochs.count && ofA.steps.isEmpty && ofA.layers.isEmpty
      let notInB = epoch >= b.epochs.count && ofB.steps.isEmpty && ofB.layers.isEmpty
      if notInA != notInB {
        lacks(.epochs(from: epoch), notInA)
        break
      }
      if let found = steps(epoch, ofA.steps, ofB.steps, ofA.layers, ofB.layers) { return found }
      if epoch < a.epochs.count, epoch < b.epochs.count {
        if let found = line(a.epochs[epoch], b.epochs[epoch]) { return found }
      } else if a.epochs.count != b.epochs.count {
        lacks(.epochs(from: epoch), epoch >= a.epochs.count)
      }
    }
    return test() ?? missing
  }

  private mutating func lacks(_ what: Divergence.Missing, _ inFirst: Bool) {
    if missing == nil { missing = .missing(what, inFirst: inFirst) }
  }

  private mutating func steps(
    _ epoch: Int, _ a: [ShortDigest], _ b: [ShortDigest],
    _ layersOfA: [Int: LayersLine], _ layersOfB: [Int: LayersLine]
  ) -> Divergence? {
    let both = min(a.count, b.count)
    // Steps with layers stand even where no step digests were recorded.
    let layered = Set(layersOfA.keys).union(layersOfB.keys)
    for step in Set(0..<both).union(layered).sorted() {
      let differs = step < both && a[step] != b[step]
      if step < both { counts.steps += 1 }
      var place = Divergence.Place.notRecorded
      switch (layersOfA[step], layersOfB[step]) {
      case (let ofA?, let ofB?):
        if let found = layers(ofA.entries, ofB.entries) {
          return .step(epoch: epoch, step: step, place: found)
        }
        place = .outsideLayers
      case (nil, nil): break
      case (let ofA, _): if !differs { lacks(.layers(epoch: epoch, step: step), ofA == nil) }
      }
      if differs { return .step(epoch: epoch, step: step, place: place) }
    }
    if a.count != b.count { lacks(.steps(epoch: epoch, from: both), a.count < b.count) }
    return nil
  }

  private mutating func layers(
    _ a: [LayersLine.Entry], _ b: [LayersLine.Entry]
  ) -> Divergence.Place? {
    for index in 0..<max(a.count, b.count) {
      guard index < a.count, index < b.count,
        a[index].layer == b[index].layer, a[index].phase == b[index].phase
      else { return .otherLayers(entry: index) }
      counts.layers += 1
      if a[index].digest != b[index].digest { return .layer(a[index].layer, a[index].phase) }
    }
    return nil
  }

  private mutating func line(_ a: EpochLine, _ b: EpochLine) -> Divergence? {
    counts.epochs += 1
    if a.digest != b.digest { return .epoch(a.epoch, digests: a.digest, b.digest) }
    counts.values += a.values.count
    return MetricDifference.first(epoch: a.epoch, a.values, b.values).map(Divergence.metric)
  }

  private mutating func test() -> Divergence? {
    guard let ofA = a.test, let ofB = b.test else {
      if a.test != nil || b.test != nil { lacks(.test, a.test == nil) }
      return nil
    }
    if ofA.epoch != ofB.epoch { return .testEpoch(ofA.epoch, ofB.epoch) }
    if ofA.digest != ofB.digest { return .testDigest(ofA.digest, ofB.digest) }
    counts.values += ofA.values.count
    return MetricDifference.first(epoch: nil, ofA.values, ofB.values).map(Divergence.metric)
  }
}
