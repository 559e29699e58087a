import Files
import Kernels
import PlainText

/// What a benchmark of one row measured, as people and as programs read it.
package struct BenchReport {
  /// The same work by another framework, measured in turn with ours.
  struct Peer {
    /// Such as "PyTorch 2.15.0 (fp32, channels_last)".
    let name: String
    var step: [Double] = []
    package var evaluation: [Double] = []
  }

  let row: String
  let depth: Int
  let batch: Int
  let threads: Int
  let isa: String
  let isEvaluation: Bool
  /// Times of training steps, or of evaluations if only these were measured.
  package var times: [StepTimer.Times] = []
  /// Milliseconds of evaluation's forward passes.
  package var evaluation: [Double] = []
  var peers: [Peer] = []

  package init(row: String, depth: Int, batch: Int, backend: Backend, isEvaluation: Bool = false) {
    self.row = row
    self.depth = depth
    self.batch = batch
    threads = backend.threads
    isa = backend.instructionSet.rawValue
    self.isEvaluation = isEvaluation
  }

  private func median(_ part: (StepTimer.Times) -> Double) -> Double { Self.median(times.map(part)) }

  /// The middle one; of an even number, the mean of the middle two; NaN of none.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  var stepMedian: Double { median(\.step) }
  var evaluationMedian: Double { Self.median(evaluation) }
  private var stepMinimum: Double { times.map(\.step).min() ?? .nan }
  private var imagesPerSecond: Double { Double(batch) / stepMedian * 1000 }

  package var json: JSONValue {
    let head: KeyValuePairs<String, JSONValue> = [
      "row": .string(row), "depth": JSONValue(depth), "batch": JSONValue(batch), "threads": JSONValue(threads),
      "isa": .string(isa), "steps": JSONValue(times.count),
      "mode": .string(isEvaluation ? "eval" : "train"), "step_ms_median": number(stepMedian),
      "step_ms_min": number(stepMinimum), "forward_ms_median": number(median(\.forward)),
    ]
    let parts: KeyValuePairs<String, JSONValue> = [
      "backward_ms_median": number(median(\.backward)), "update_ms_median": number(median(\.update)),
    ]
    let tail: KeyValuePairs<String, JSONValue> = [
      "evaluation_ms_median": number(evaluationMedian), "images_per_second": number(imagesPerSecond),
      "peak_rss_mb": number(Machine.peakResidentMegabytes),
    ]
    return .members((isEvaluation ? [head, tail] : [head, parts, tail]) + peerMembers)
  }

  private var peerMembers: [KeyValuePairs<String, JSONValue>] {
    guard let first = peers.first else { return [] }
    func members(_ peer: Peer) -> KeyValuePairs<String, JSONValue> {
      let (step, evaluation) = (Self.median(peer.step), Self.median(peer.evaluation))
      return [
        "peer_step_ms_median": number(step), "peer_evaluation_ms_median": number(evaluation),
        "step_ratio": number(stepMedian / step), "evaluation_ratio": number(evaluationMedian / evaluation),
      ]
    }
    let others = peers.dropFirst().map { JSONValue.members([["peer": .string($0.name)], members($0)]) }
    return [members(first)] + (others.isEmpty ? [] : [["other_peers": .array(others)]])
  }

  package var lines: [String] {
    let what = isEvaluation ? "evaluation forward" : "training step"
    var table = TextTable([("\(row), \(what)", .left), ("", .right)])
    table.add(["depth", "\(depth)"])
    table.add(["batch", "\(batch)"])
    table.add(["threads", "\(threads)"])
    table.add(["instruction set", isa])
    table.add(["steps", "\(times.count)"])
    table.add(["step, median", "\(rounded(stepMedian)) ms"])
    table.add(["step, minimum", "\(rounded(stepMinimum)) ms"])
    if !isEvaluation {
      table.add(["forward, median", "\(rounded(median(\.forward))) ms"])
      table.add(["backward, median", "\(rounded(median(\.backward))) ms"])
      table.add(["update, median", "\(rounded(median(\.update))) ms"])
      table.add(["evaluation forward, median", "\(rounded(evaluationMedian)) ms"])
    }
    table.add(["images per second", "\(rounded(imagesPerSecond))"])
    table.add(["peak resident memory", "\(rounded(Machine.peakResidentMegabytes)) MiB"])
    return table.lines
  }

  private func number(_ value: Double) -> JSONValue { JSONValue(rounded(value)) }

  /// A thousandth is beyond what any clock here tells.
  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
