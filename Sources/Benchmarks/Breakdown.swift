import Kernels
import Networks

/// Where the time of a training step goes.
///
/// Times are wall-clock milliseconds of one step: what a part took on all workers together, divided by their number. So all
/// parts add up to the step; the last one is what remains, mostly workers that wait for one another.
package struct Breakdown {
  struct Part: Equatable {
    let layer: String
    /// `forward`, `input_gradient`, or `step` for what belongs to neither.
    let phase: String
    let part: String
    let milliseconds: Double
    let amount: NetworkWork.Amount

    /// 10⁹ operations a second, two a multiply-add.
    var gigaflops: Double { 2 * amount.multiplyAdds / milliseconds / 1e6 }
    var gigabytes: Double { amount.bytes / milliseconds / 1e6 }

    /// Milliseconds by a model of products and bytes: the algorithm's multiply-adds at the peak, then every tensor that the part
    /// reads or writes once at the speed of a copy. Less, where tensors are in a cache; more, where the work is neither.
    func predicted(_ ceilings: Ceilings) -> Double {
      2 * amount.products / ceilings.gigaflops / 1e6 + amount.bytes / ceilings.gigabytes / 1e6
    }
  }

  static let rest = "waiting and everything else"

  let row: String
  let batch: Int
  let backend: Backend
  let ceilings: Ceilings
  let steps: Int
  /// Time of one step, the mean over all steps. The parts add up to it.
  let stepMilliseconds: Double
  let parts: [Part]

  /// - Parameters:
  ///   - times: of `steps` training steps, which together took `wall` milliseconds.
  ///   - updates: milliseconds of all updates.
  init(
    row: String, batch: Int, backend: Backend, ceilings: Ceilings, times: StepTimes,
    updates: Double, wall: Double, steps: Int
  ) {
    self.row = row
    self.batch = batch
    self.backend = backend
    self.ceilings = ceilings
    self.steps = steps
    stepMilliseconds = wall / Double(steps)
    var parts: [Part] = []
    for entry in times.entries {
      parts.append(
        Part(
          layer: entry.layer, phase: entry.phase, part: entry.part.rawValue,
          milliseconds: Double(entry.nanoseconds) * 1e-6 / Double(times.threads * steps),
          amount: entry.work * Double(batch)))
    }
    func add(_ name: String, _ milliseconds: Double) {
      parts.append(Part(layer: "-", phase: "step", part: name, milliseconds: milliseconds, amount: .init()))
    }
    for section in StepTimes.Section.allCases {
      add(section.rawValue, Double(times[section]) * 1e-6 / Double(steps))
    }
    add("update", updates / Double(steps))
    add(Self.rest, stepMilliseconds - parts.reduce(0) { $0 + $1.milliseconds })
    self.parts = parts
  }

  /// Parts that agree in what `key` tells, added up, in order of appearance.
  func grouped(by key: (Part) -> (layer: String, phase: String, part: String)) -> [Part] {
    var order: [[String]] = []
    var sums: [[String]: Part] = [:]
    for part in parts {
      let names = key(part)
      let id = [names.layer, names.phase, names.part]
      if sums[id] == nil { order.append(id) }
      let old = sums[id]
      sums[id] = Part(
        layer: names.layer, phase: names.phase, part: names.part,
        milliseconds: (old?.milliseconds ?? 0) + part.milliseconds, amount: (old?.amount ?? .init()) + part.amount)
    }
    return order.compactMap { sums[$0] }
  }
}
