import Files
import PlainText

extension Breakdown {
  package var lines: [String] {
    let head = [
      "\(row), training step of \(batch) images, \(backend.instructionSet.rawValue), \(backend.threads) threads: "
        + "\(Text.fixed(stepMilliseconds, 2)) ms (mean of \(steps))",
      "ceilings in this run: \(Text.fixed(ceilings.gigaflops, 0)) GFLOP/s of multiply-adds, "
        + "\(Text.fixed(ceilings.gigabytes, 1)) GB/s copied (read + written)",
      "GFLOP/s count the direct algorithm's operations, GB/s every tensor that a part reads or writes once;",
      "predicted: the multiply-adds that the algorithm needs at the peak, then those bytes at the speed of a copy", "",
    ]
    return head + byPart + [""] + byLayer
  }

  /// What kinds of work there are, largest first; the rest at the end.
  private var byPart: [String] {
    var table = TextTable([
      ("phase", .left), ("part", .left), ("ms", .right), ("predicted", .right), ("share", .right), ("GFLOP/s", .right),
      ("of peak", .right), ("GB/s", .right), ("of copy", .right),
    ])
    let all = grouped { ("-", $0.phase, $0.part) }
    let sorted = all.filter { $0.part != Self.rest }.sorted { $0.milliseconds > $1.milliseconds }
    for part in sorted + all.filter({ $0.part == Self.rest }) {
      table.add([part.phase, part.part] + cells(part))
    }
    let predicted = parts.reduce(0) { $0 + $1.predicted(ceilings) }
    table.add(["", "all", Text.fixed(stepMilliseconds, 2), Text.fixed(predicted, 2), "100 %", "", "", "", ""])
    return table.lines
  }

  private var byLayer: [String] {
    var table = TextTable([
      ("layer", .left), ("phase", .left), ("ms", .right), ("predicted", .right), ("share", .right), ("GFLOP/s", .right),
      ("of peak", .right), ("GB/s", .right), ("of copy", .right),
    ])
    for part in grouped(by: { ($0.layer, $0.phase, "-") }) where part.layer != "-" {
      table.add([part.layer, part.phase] + cells(part))
    }
    return table.lines
  }

  private func cells(_ part: Part) -> [String] {
    func rate(_ value: Double, _ ceiling: Double, _ amount: Double, _ digits: Int) -> [String] {
      amount > 0 && part.milliseconds > 0
        ? [Text.fixed(value, digits), "\(Text.fixed(100 * value / ceiling, 0)) %"] : ["-", "-"]
    }
    let predicted = part.predicted(ceilings)
    return [
      Text.fixed(part.milliseconds, 3), predicted > 0 ? Text.fixed(predicted, 3) : "-",
      "\(Text.fixed(100 * part.milliseconds / stepMilliseconds, 1)) %",
    ]
      + rate(part.gigaflops, ceilings.gigaflops, part.amount.multiplyAdds, 0)
      + rate(part.gigabytes, ceilings.gigabytes, part.amount.bytes, 1)
  }

  package var json: JSONValue {
    func number(_ value: Double) -> JSONValue { JSONValue((value * 10_000).rounded() / 10_000) }
    let parts = parts.map { part -> JSONValue in
      let names: KeyValuePairs<String, JSONValue> = [
        "layer": part.layer == "-" ? .null : .string(part.layer), "phase": .string(part.phase),
        "part": .string(part.part), "ms": number(part.milliseconds),
      ]
      let work: KeyValuePairs<String, JSONValue> = [
        "multiply_adds": JSONValue(part.amount.multiplyAdds), "products": JSONValue(part.amount.products),
        "bytes": JSONValue(part.amount.bytes), "predicted_ms": number(part.predicted(ceilings)),
      ]
      return .members([names, work])
    }
    return .members([
      "row": .string(row), "batch": JSONValue(batch), "threads": JSONValue(backend.threads),
      "isa": .string(backend.instructionSet.rawValue), "steps": JSONValue(steps), "mode": .string("train"),
      "step_ms_mean": number(stepMilliseconds), "peak_gflops": number(ceilings.gigaflops),
      "copy_gb_per_second": number(ceilings.gigabytes), "parts": .array(parts),
    ])
  }
}
