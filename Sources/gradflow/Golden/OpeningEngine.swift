import Experiments
import Files
import Goldens
import Kernels
import Networks
import Traces
import Training

/// What this program makes of a run's first steps and of the anchors, again and with other rounding.
struct OpeningEngine {
  private let run: OpeningRun
  private let identity: RunIdentity

  /// - Throws: `TrainingError` for settings that this program does not know; `Stop` for other data.
  init(_ trace: Trace, path: String, data: String?, backend: Backend) throws {
    // Whether this program computes the run's arithmetic shows in its first steps, not in what it calls itself.
    var header = trace.header
    header.numerics = NumericsContract.version
    identity = try RunIdentity(header, path: path)
    let dataset = try RunDataset.load(for: identity, data: data)
    let source = try ExperimentData(dataset, identity.settings, seed: identity.seed)
    run = try OpeningRun(identity, source: source, backend: backend)
  }

  func anchors() throws -> [OpeningLine] { try run.anchors() }
  func opening() throws -> [OpeningLine] { try run.steps() }

  /// Another program's answer, judged by the golden.
  func judgement(of answer: SafeTensors, against golden: Golden, file: String) throws -> Judgement {
    let answer = try run.judgeable(answer, identity, file: file)
    let updates = answer.departures.map {
      Finding(
        .otherUpdate(expected: $0.expected, tolerance: $0.tolerance, element: $0.element, times: $0.times),
        metric: "opening.\($0.point).\($0.quantity)", layer: $0.parameter, found: $0.found)
    }
    return Judgement(
      opening: answer.lines, updates: updates, largestDeparture: answer.largestDeparture, against: golden, file: file)
  }

  /// Opening and anchors of one member of an ensemble.
  func member(_ member: UInt64, kappa: Double) throws -> [OpeningLine] {
    let noise = RoundingNoise<Float>(kappa: kappa, member: member)
    return try run.steps(noise: noise) + run.anchors(noise: noise)
  }

  /// The envelope of a run that this program made.
  ///
  /// - Throws: `Stop` if the run opens otherwise than this program makes it.
  func envelope(of trace: Trace, path: String) throws -> RoundingEnvelope {
    guard try opening() == trace.opening else {
      throw Stop(
        .impossible,
        "\(path): this program computes other first steps than that run did, so it cannot tell what other rounding does to it: "
          + "make the run again with this program")
    }
    let members = try (0..<UInt64(RoundingEnvelope.members)).map { try member($0, kappa: RoundingEnvelope.kappa) }
    return try RoundingEnvelope(opening: trace.opening, anchors: anchors(), members: members)
  }
}
