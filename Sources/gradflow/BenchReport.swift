import Files
import Kernels

/// What a benchmark measured, as people and as programs read it.
struct BenchReport {
  let row: String
  let batch: Int
  let backend: Backend
  let isEvaluation: Bool
  let times: [StepTimer.Times]

  /// The middle one; of an even number, the mean of the middle two.
  private func median(_ part: (StepTimer.Times) -> Double) -> Double {
    let sorted = times.map(part).sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  private var stepMedian: Double { median(\.step) }
  private var stepMinimum: Double { times.map(\.step).min() ?? .nan }
  private var imagesPerSecond: Double { Double(batch) / stepMedian * 1000 }

  var json: JSONValue {
    let head: KeyValuePairs<String, JSONValue> = [
      "row": .string(row), "batch": JSONValue(batch), "threads": JSONValue(backend.threads),
      "isa": .string(backend.instructionSet.rawValue), "steps": JSONValue(times.count),
      "mode": .string(isEvaluation ? "eval" : "train"), "step_ms_median": number(stepMedian),
      "step_ms_min": number(stepMinimum), "forward_ms_median": number(median(\.forward)),
    ]
    let parts: KeyValuePairs<String, JSONValue> = [
      "backward_ms_median": number(median(\.backward)), "update_ms_median": number(median(\.update)),
    ]
    let tail: KeyValuePairs<String, JSONValue> = [
      "images_per_second": number(imagesPerSecond), "peak_rss_mb": number(Machine.peakResidentMegabytes),
    ]
    return .members(isEvaluation ? [head, tail] : [head, parts, tail])
  }

  var lines: [String] {
    let what = isEvaluation ? "evaluation forward" : "training step"
    var table = TextTable([("\(row), \(what)", .left), ("", .right)])
    table.add(["batch", "\(batch)"])
    table.add(["threads", "\(backend.threads)"])
    table.add(["instruction set", backend.instructionSet.rawValue])
    table.add(["steps", "\(times.count)"])
    table.add(["step, median", "\(rounded(stepMedian)) ms"])
    table.add(["step, minimum", "\(rounded(stepMinimum)) ms"])
    if !isEvaluation {
      table.add(["forward, median", "\(rounded(median(\.forward))) ms"])
      table.add(["backward, median", "\(rounded(median(\.backward))) ms"])
      table.add(["update, median", "\(rounded(median(\.update))) ms"])
    }
    table.add(["images per second", "\(rounded(imagesPerSecond))"])
    table.add(["peak resident memory", "\(rounded(Machine.peakResidentMegabytes)) MiB"])
    return table.lines
  }

  private func number(_ value: Double) -> JSONValue { JSONValue(rounded(value)) }

  /// A thousandth is beyond what any clock here tells.
  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
