/// The order of a trace's lines, enforced alike on writing and on reading.
///
/// The header is line 1 and the only one. Then, for each epoch from 0 upwards: its `steps` lines, which together count
/// its steps from 0 without a gap, and its `layers` lines, steps ascending, its `inputs` lines and its `norms`; then its own
/// line. Epoch 0 has an `opening` line for each of its first steps, from 0 without a gap. The test line, if the run is finished,
/// comes last and belongs to an epoch before it; `inputs` of the test stand before it. Kinds that are not known may stand
/// anywhere but first.
struct TraceStructure: Sendable {
  private var hasHeader = false
  private var nextEpoch = 0
  private var nextStep = 0
  private var nextLayersStep = 0
  private var nextOpening = 0
  /// Whether the epoch that has begun has its `norms`.
  private var hasNorms = false
  private var hasTest = false

  /// Takes the next line, or says why it cannot stand here. A refused line leaves the structure as it was.
  mutating func accept(_ line: TraceLine) throws(TraceError) {
    if case .header = line {
      if hasHeader { throw misplaced("a second header", expected: "one header, on line 1") }
      hasHeader = true
      return
    }
    guard hasHeader else { throw TraceError(.noHeader) }
    if case .unknown = line { return }
    if hasTest { throw misplaced(line.name, expected: "nothing after the test line") }

    switch line {
    case .header, .unknown: break
    case .inputs(let inputs):
      if let epoch = inputs.epoch { try expect(epoch, in: line) }
    case .opening(let opening):
      guard nextEpoch == 0, opening.point == OpeningLine.point(step: nextOpening) else {
        throw misplaced(
          "\(line.name) of \(opening.point)",
          expected: nextEpoch == 0 ? OpeningLine.point(step: nextOpening) : "openings in epoch 0 alone")
      }
      nextOpening += 1
    case .norms(let norms):
      try expect(norms.epoch, in: line)
      if hasNorms { throw misplaced("\(line.name) of epoch \(norms.epoch) again", expected: "one such line an epoch") }
      hasNorms = true
    case .epoch(let epoch):
      try expect(epoch.epoch, in: line)
      nextEpoch += 1
      nextStep = 0
      nextLayersStep = 0
      hasNorms = false
    case .steps(let steps):
      try expect(steps.epoch, in: line)
      guard steps.first == nextStep else {
        throw misplaced("\(line.name) from step \(steps.first)", expected: "step \(nextStep)")
      }
      let (next, overflow) = nextStep.addingReportingOverflow(steps.digests.count)
      guard !overflow else { throw misplaced(line.name, expected: "a countable number of steps") }
      nextStep = next
    case .layers(let layers):
      try expect(layers.epoch, in: line)
      guard layers.step >= nextLayersStep, layers.step < Int.max else {
        throw misplaced(
          "\(line.name) of step \(layers.step)", expected: "step \(nextLayersStep) or a later one")
      }
      nextLayersStep = layers.step + 1
    case .test(let test):
      guard nextStep == 0, nextLayersStep == 0, !hasNorms else {
        throw misplaced(line.name, expected: "the line of epoch \(nextEpoch), which has begun")
      }
      guard (0..<nextEpoch).contains(test.epoch) else {
        throw misplaced(
          "\(line.name) of epoch \(test.epoch)",
          expected: nextEpoch == 0 ? "an epoch first" : "an epoch in 0…\(nextEpoch - 1)")
      }
      hasTest = true
    }
  }

  private func expect(_ epoch: Int, in line: TraceLine) throws(TraceError) {
    guard epoch == nextEpoch else {
      throw misplaced("\(line.name) of epoch \(epoch)", expected: "epoch \(nextEpoch)")
    }
  }

  private func misplaced(_ found: String, expected: String) -> TraceError {
    TraceError(.misplaced(found: found, expected: expected))
  }
}
