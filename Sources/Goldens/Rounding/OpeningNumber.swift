import LayerNames
import Traces

/// One number of an opening or of an anchor, on the scale on which it is judged.
struct OpeningNumber: Equatable, Sendable {
  /// What is judged together: a point, a quantity, and weights or vectors, of which one would hide the other.
  let group: String
  /// As findings name it: `opening.step-0.gradient`.
  let metric: String
  /// The parameter or buffer, if it is of one.
  let name: String?
  /// As the line has it.
  let value: Double
  let place: Double
  /// Whether only more than expected is outside.
  var isOneSided = false

  /// Norms, losses and sizes of updates are compared as logarithms, sketches as they are: these lie around ±1.
  static func isLinear(_ quantity: String) -> Bool { quantity.hasPrefix("sketch") }

  /// Below the smallest subnormal of binary32 a norm of its numbers is zero.
  static func place(_ value: Double, _ quantity: String) -> Double {
    isLinear(quantity) ? value : value.isFinite ? log10(max(value, 1e-46)) : value
  }

  /// The numbers of lines, in order, without what follows of gradients that are zero by mathematics: of those nothing but the
  /// size is judged, by that of their layer's weight, and only upwards.
  static func all(of lines: [OpeningLine], zeroGradients: Set<String>) -> [OpeningNumber] {
    lines.flatMap { line -> [OpeningNumber] in
      func number(_ quantity: String, _ kind: String, _ name: String?, _ value: Double) -> OpeningNumber {
        OpeningNumber(
          group: "\(line.point) \(kind)", metric: "opening.\(line.point).\(quantity)", name: name, value: value,
          place: place(value, quantity))
      }
      var numbers = line.numbers.map { number($0.name, $0.name, nil, $0.value) }
      let gradients = Dictionary(
        line.parameters.map { ($0.name, $0.numbers.first ?? .nan) }, uniquingKeysWith: { first, _ in first })
      for entry in line.parameters {
        let name = ParameterName(entry.name)
        if zeroGradients.contains(entry.name) {
          guard let gradient = gradients[entry.name],
            let weight = gradients[ParameterName(path: name.path, "weight").description]
          else { continue }
          let ratio = gradient == 0 ? 0 : gradient / weight
          var own = number("zero_gradient", "zero gradients", entry.name, ratio)
          own.isOneSided = true
          numbers.append(own)
          continue
        }
        let kind = name.isWeight && name.layer?.kind != .batchNorm ? "weights" : "vectors"
        for (quantity, value) in zip(line.quantities, entry.numbers) {
          let family = isLinear(quantity) ? "sketches" : quantity
          numbers.append(number(quantity, "\(family) of \(kind)", entry.name, value))
        }
      }
      return numbers + line.buffers.map { number("norm", ParameterName($0.name).entry, $0.name, $0.value) }
    }
  }

  /// What lines have that those of the reference have not, or otherwise, in words; `nil` if they are laid out alike.
  static func difference(_ reference: [OpeningLine], _ found: [OpeningLine]) -> String? {
    for (expected, found) in zip(reference, found) {
      if expected.point != found.point { return "\(found.point) where \(expected.point) is expected" }
      let lists: [(String, [String], [String])] = [
        ("number", expected.numbers.map(\.name), found.numbers.map(\.name)),
        ("quantity", expected.quantities, found.quantities),
        ("parameter", expected.parameters.map(\.name), found.parameters.map(\.name)),
        ("buffer", expected.buffers.map(\.name), found.buffers.map(\.name)),
      ]
      for (kind, names, others) in lists where names != others {
        if let missing = names.first(where: { !others.contains($0) }) { return "\(found.point) without the \(kind) \(missing)" }
        if let extra = others.first(where: { !names.contains($0) }) { return "\(found.point) with a \(kind) \(extra) too much" }
        return "\(found.point) with another order of \(kind)s"
      }
    }
    if let missing = reference.dropFirst(found.count).first { return "no \(missing.point)" }
    return found.dropFirst(reference.count).first.map { "\($0.point), which nothing is expected of" }
  }
}
