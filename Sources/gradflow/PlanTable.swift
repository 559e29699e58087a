import Networks
import PlainText

/// The plan of a training step as a table, with the memory that it takes.
extension PlanListing {
  func lines(batch: Int, threads: Int) -> [String] {
    operations + [""] + anew + [""] + memoryLines(batch: batch, threads: threads)
  }

  private var operations: [String] {
    var table = TextTable([
      ("region", .right), ("no", .right), ("layer", .left), ("direction", .left), ("operation", .left), ("for each", .left),
      ("reads", .left), ("writes", .left), ("lifetime", .left), ("place", .left), ("bytes an image", .right),
    ])
    for entry in entries {
      table.add([
        "\(entry.region)", "\(entry.number)", entry.layer, entry.direction == "forward" ? "forward" : "gradient", entry.operation,
        entry.scope, list(entry.reads), list(entry.writes),
        list(entry.lifetimes.map { "\($0.lowerBound)-\($0.upperBound)" }), list(entry.places),
        entry.bytes > 0 ? "\(entry.bytes)" : "-",
      ])
    }
    return table.lines
  }

  private func list(_ words: [String]) -> String { words.isEmpty ? "-" : words.joined(separator: "; ") }

  private var anew: [String] {
    computedAnew.isEmpty
      ? ["nothing is computed anew"] : ["computed anew in the backward pass instead of kept:"] + computedAnew.map { "  " + $0 }
  }

  private func memoryLines(batch: Int, threads: Int) -> [String] {
    var table = TextTable([("memory for \(batch) images, \(threads) thread\(threads == 1 ? "" : "s")", .left), ("bytes", .right)])
    let (layers, others) = (memory.items.filter(\.isOfLayers), memory.items.filter { !$0.isOfLayers })
    for item in others { table.add([item.name, "\(item.bytes)"]) }
    table.add(["sums, arranged weights and tables of the layers", "\(layers.reduce(0) { $0 + $1.bytes })"])
    table.add(["all", "\(memory.bytes)"])
    return table.lines
  }
}
