import ArgumentParser
import Goldens
import PlainText
import Traces

struct GoldenDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "The differences of two traces, runs or goldens, metric by metric.",
    discussion: "Exit codes: 0 no difference; 1 there is one; 2 nothing could be compared.")

  @Argument(help: "A golden, a trace, or a run's directory.")
  var first: String

  @Argument(help: "Another one.")
  var second: String

  func run() throws {
    let a = Golden.reduced(try TracePath.whole(first))
    let b = Golden.reduced(try TracePath.whole(second))
    let comparison = TraceComparison(a, b)
    for difference in comparison.settings { try Console.print(difference.description) }
    if let divergence = comparison.divergence { try Console.print(divergence.description) }
    let groups = GroupDifference.between(a, b)
    if !groups.isEmpty {
      var table = TextTable([
        ("metric", .left), ("numbers", .right), ("differ", .right), ("largest change", .right), ("where", .left),
        ("first", .right), ("second", .right),
      ])
      for group in groups {
        table.add([
          group.name, "\(group.count)", "\(group.differing)",
          group.differing == 0 ? "-" : Text.percent(group.largest), group.place,
          group.values.map { exactText($0.0) } ?? "-", group.values.map { exactText($0.1) } ?? "-",
        ])
      }
      for line in table.lines { try Console.print(line) }
    }
    switch comparison.verdict {
    case .identical: try Console.print(comparison.description)
    case .nothingCompared:
      try Console.print(comparison.description)
      throw Stop(.impossible)
    case .settings, .divergence: throw Stop(.failed)
    }
  }
}

/// How the numbers of one kind differ between two traces, over the epochs that both have.
private struct GroupDifference {
  let name: String
  var count = 0
  var differing = 0
  /// The largest |a − b| / max(|a|, |b|).
  var largest = 0.0
  var place = ""
  var values: (Double, Double)?

  static func between(_ a: Trace, _ b: Trace) -> [GroupDifference] {
    var order: [String] = []
    var groups: [String: GroupDifference] = [:]
    func add(_ epoch: Int?, _ ofA: [NamedValue], _ ofB: [NamedValue]) {
      for (index, value) in ofA.enumerated() {
        let same = index < ofB.count && ofB[index].name == value.name ? ofB[index].value : ofB[value.name]
        guard let other = same else { continue }
        let (name, rest) = split(value.name, isTest: epoch == nil)
        if groups[name] == nil {
          order.append(name)
          groups[name] = GroupDifference(name: name)
        }
        groups[name]!.add(value.value, other, place: (epoch.map { "epoch \($0)" } ?? "") + (rest.isEmpty ? "" : " \(rest)"))
      }
    }
    for (ofA, ofB) in zip(a.epochs, b.epochs) { add(ofA.epoch, ofA.values, ofB.values) }
    if let ofA = a.test, let ofB = b.test { add(nil, ofA.values, ofB.values) }
    return order.compactMap { groups[$0] }
  }

  /// `gradient_statistics.NAME.l2` belongs to "gradient_statistics.l2", `gradient_flow.NAME` to "gradient_flow".
  private static func split(_ name: String, isTest: Bool) -> (group: String, rest: String) {
    if isTest { return ("test.\(name)", "") }
    let parts = name.split(separator: ".")
    switch parts.first {
    case "gradient_flow" where parts.count > 1: return ("gradient_flow", parts.dropFirst().joined(separator: "."))
    case "gradient_statistics" where parts.count > 2:
      return ("gradient_statistics.\(parts.last!)", parts.dropFirst().dropLast().joined(separator: "."))
    default: return (name, "")
    }
  }

  private mutating func add(_ a: Double, _ b: Double, place: String) {
    count += 1
    if sameBits(a, b) { return }
    differing += 1
    let change = abs(a - b) / max(abs(a), abs(b))
    // What is not finite is larger than all.
    let size = change.isFinite ? change : .infinity
    if values == nil || size > largest {
      largest = size
      self.place = place
      values = (a, b)
    }
  }
}
