import Files
import Traces
import Training

/// What `replay` prints and `bisect --rerun` reads.
package struct ReplayReport {
  let start: StepPosition
  let step: StepPosition
  /// The first step on the way after which the state was not the one that the run's trace has.
  let departure: StepPosition?
  let parts: [Replay.Part]

  package init(start: StepPosition, step: StepPosition, departure: StepPosition?, parts: [Replay.Part]) {
    self.start = start
    self.step = step
    self.departure = departure
    self.parts = parts
  }

  package var lines: [String] {
    func place(_ position: StepPosition) -> JSONValue {
      .object([.init("epoch", JSONValue(position.epoch)), .init("step", JSONValue(position.step))])
    }
    let head: [JSONValue.Member] = [
      .init("replay", place(step)), .init("from", place(start)), .init("departure", departure.map(place) ?? .null),
    ]
    return [JSONValue.object(head).description]
      + parts.map { part in
        let members: [JSONValue.Member] = [
          .init("layer", .string(part.layer)), .init("phase", .string(part.phase.rawValue)),
          .init("shape", .array(part.shape.map { JSONValue($0) })), .init("digest", .string(part.digest.description)),
        ]
        return JSONValue.object(members).description
      }
  }

  /// Reads `lines`; `nil` for anything else.
  package init?(_ text: String) {
    func position(_ value: JSONValue?) -> StepPosition? {
      guard let epoch = value?["epoch"]?.int, let step = value?["step"]?.int else { return nil }
      return StepPosition(epoch: epoch, step: step)
    }
    let lines = text.split(separator: "\n").map { try? JSONValue(parsing: String($0)) }
    guard let head = lines.first ?? nil, let step = position(head["replay"]), let start = position(head["from"]) else {
      return nil
    }
    var parts: [Replay.Part] = []
    for line in lines.dropFirst() {
      guard let line, let layer = line["layer"]?.string, let phase = line["phase"]?.string.flatMap(Traces.Phase.init),
        let shape = line["shape"]?.array?.compactMap(\.int), let digest = line["digest"]?.string.flatMap(ShortDigest.init(hex:))
      else { return nil }
      parts.append(Replay.Part(layer: layer, phase: phase, shape: shape, digest: digest))
    }
    guard !parts.isEmpty else { return nil }
    self.init(start: start, step: step, departure: position(head["departure"]), parts: parts)
  }
}
