import LayerNames
import Traces

/// What the first steps of the reference run, and steps from anchors, may be under other rounding: from an ensemble of the same
/// run with noise in the place of rounding. `docs/verdicts.md` derives all of it.
public struct RoundingEnvelope: Equatable, Sendable {
  /// Of the method; envelopes of another one are refused. The first took eight times the largest left-out value.
  public static let versions = 1...2
  /// Of the noise, in units of 2⁻²⁴ of a channel's root mean square: so much above what rounding is, that the ensemble has units
  /// that cross their kink.
  public static let kappa = 8.0
  public static let members = 32
  /// The threshold of a group is so many times the largest deviation of a member that had no part in the fit.
  static func factor(version: Int) -> Double { version == 1 ? 8 : 10 }
  static let smallestThreshold = 6.0
  /// Weight of what the other numbers of the group scatter, in members.
  static let priorMembers = 8.0
  /// A gradient is zero by mathematics, and rounding all that is left of it, where at step 0 a sketch of it scatters by more, and
  /// it is a smaller part than that of its layer's weight: 10⁻⁷ in all rows with batch norm, where any other has 0.1 and more. A
  /// living gradient scatters as much where units before it flip.
  static let zeroScatter = 0.1, zeroSize = 1e-3

  /// What is judged together, by one number: the largest deviation.
  public struct Group: Equatable, Sendable {
    public let name: String
    /// Of each member, judged by the others.
    public let leftOut: [Double]
    public let threshold: Double

    /// Whether flips of single units scatter so widely here that only gross defects are noticed.
    public var isBlunt: Bool { threshold > 1000 }
  }

  public let version: Int
  public let zeroGradients: [String]
  public let groups: [Group]
  /// The reference's own.
  public let anchors: [OpeningLine]
  /// Of every number of the opening and of the anchors, in order: the median's distance from the reference, in spreads; and the
  /// spread, on the number's scale.
  let offsets: [Double]
  let spreads: [Double]

  /// The smallest spread that is believed: what half an ulp of binary32 is in decades, since others keep these numbers in
  /// binary32, and for sketches as such; for the size of what is only rounding, a tenth of a decade.
  static func smallestSpread(_ number: OpeningNumber) -> Double { number.isOneSided ? 0.1 : 2.6e-8 }

  static func threshold(leftOut: [Double], version: Int = versions.upperBound) -> Double {
    threeDigits(max(factor(version: version) * (leftOut.max() ?? 0), smallestThreshold))
  }

  init(
    version: Int, zeroGradients: [String], groups: [Group], anchors: [OpeningLine], offsets: [Double], spreads: [Double]
  ) {
    self.version = version
    self.zeroGradients = zeroGradients
    self.groups = groups
    self.anchors = anchors
    self.offsets = offsets
    self.spreads = spreads
  }

  /// - Parameters:
  ///   - opening, anchors: of the reference.
  ///   - members: each laid out as the reference, opening and anchors together.
  /// - Throws: `RoundingError` for a member that is not finite or laid out otherwise.
  public init(opening: [OpeningLine], anchors: [OpeningLine], members: [[OpeningLine]]) throws {
    let reference = opening + anchors
    for (index, member) in members.enumerated() {
      if let difference = OpeningNumber.difference(reference, member) {
        throw RoundingError.layout("member \(index): \(difference)")
      }
      if let value = member.flatMap(\.values).first(where: { !$0.value.isFinite }) {
        throw RoundingError.notFinite("member \(index): \(value.name)")
      }
    }
    guard members.count >= 4 else { throw RoundingError.layout("an ensemble of \(members.count) members") }
    let zero = Self.zeroGradients(members.map { $0[0] })
    let numbers = OpeningNumber.all(of: reference, zeroGradients: Set(zero))
    let places = members.map { OpeningNumber.all(of: $0, zeroGradients: Set(zero)).map(\.place) }
    let fit = Fit(numbers, places: places, leavingOut: nil)
    let leftOut = places.indices.map { member in
      Self.largest(Fit(numbers, places: places, leavingOut: member).deviations(of: places[member], numbers), numbers)
    }
    version = Self.versions.upperBound
    zeroGradients = zero
    groups = Self.groupNames(numbers).map { name in
      let values = leftOut.map { threeDigits($0[name] ?? 0) }
      return Group(name: name, leftOut: values, threshold: Self.threshold(leftOut: values))
    }
    self.anchors = anchors
    let spreads = fit.spreads.map(threeDigits)
    self.spreads = spreads
    offsets = numbers.indices.map { threeDigits((fit.centres[$0] - numbers[$0].place) / spreads[$0]) }
  }

  private static func zeroGradients(_ first: [OpeningLine]) -> [String] {
    guard let line = first.first else { return [] }
    let sketches = line.quantities.indices.filter { OpeningNumber.isLinear(line.quantities[$0]) }
    return line.parameters.indices.filter { parameter in
      let name = ParameterName(line.parameters[parameter].name)
      let weight = line.parameters.firstIndex { $0.name == ParameterName(path: name.path, "weight").description }
      guard let weight, weight != parameter else { return false }
      let isSmall = first.allSatisfy { member in
        (member.parameters[parameter].numbers.first ?? .nan) <= zeroSize * (member.parameters[weight].numbers.first ?? .nan)
      }
      return isSmall
        && sketches.contains { sketch in
          moments(first.map { $0.parameters[parameter].numbers[sketch] }).deviation > zeroScatter
        }
    }.map { line.parameters[$0].name }
  }

  static func groupNames(_ numbers: [OpeningNumber]) -> [String] {
    var seen: Set<String> = []
    return numbers.map(\.group).filter { seen.insert($0).inserted }
  }

  private static func largest(_ deviations: [Double], _ numbers: [OpeningNumber]) -> [String: Double] {
    var largest: [String: Double] = [:]
    for (number, deviation) in zip(numbers, deviations) { largest[number.group] = max(largest[number.group] ?? 0, deviation) }
    return largest
  }

  // MARK: Judging

  /// How a run's numbers lie.
  struct Found {
    var findings: [Finding] = []
    var numbers = 0
    /// Of each group the largest deviation, in thresholds.
    var largest: [String: Double] = [:]

    var study: Study {
      let farthest = largest.max { ($0.value, $1.key) < ($1.value, $0.key) }
      return Study(largest: farthest?.value ?? 0, group: farthest?.key ?? "-", isOutside: !findings.isEmpty)
    }
  }

  /// - Parameters:
  ///   - opening: of the golden.
  ///   - found: opening, or anchors, or both, laid out as the reference.
  func judge(_ found: [OpeningLine], opening: [OpeningLine]) -> Found {
    var result = Found()
    let reference = opening + anchors
    let points = Set(found.map(\.point))
    if let difference = OpeningNumber.difference(reference.filter { points.contains($0.point) }, found) {
      result.findings.append(Finding(.missing, metric: "opening: \(difference)"))
      return result
    }
    let expected = OpeningNumber.all(of: reference, zeroGradients: Set(zeroGradients))
    var others = OpeningNumber.all(of: found, zeroGradients: Set(zeroGradients)).makeIterator()
    let thresholds = Dictionary(groups.map { ($0.name, $0.threshold) }, uniquingKeysWith: { first, _ in first })
    for (index, number) in expected.enumerated() {
      guard points.contains(where: { number.group.hasPrefix($0 + " ") }), let other = others.next(),
        let threshold = thresholds[number.group]
      else { continue }
      result.numbers += 1
      if !other.value.isFinite {
        result.findings.append(Finding(.notFinite, metric: number.metric, layer: number.name, found: other.value))
        continue
      }
      let centre = number.place + offsets[index] * spreads[index]
      let deviation = number.deviation(other.place, centre: centre, spread: spreads[index]) / threshold
      result.largest[number.group] = max(result.largest[number.group] ?? 0, deviation)
      if deviation <= 1 { continue }
      result.findings.append(
        Finding(
          .beyondRounding(expected: number.value, tolerance: threshold * spreads[index], times: deviation),
          metric: number.metric, layer: number.name, found: other.value))
    }
    return result
  }

  /// How a run or a member of a study lies: in thresholds, the largest deviation and its group.
  public struct Study: Equatable, Sendable {
    public let largest: Double
    public let group: String
    public let isOutside: Bool
  }

  public func study(_ lines: [OpeningLine], opening: [OpeningLine]) -> Study {
    judge(lines, opening: opening).study
  }

  /// What makes the envelope one that no ensemble gives, or `nil`.
  func problem(opening: [OpeningLine]) -> String? {
    let numbers = OpeningNumber.all(of: opening + anchors, zeroGradients: Set(zeroGradients))
    guard offsets.count == numbers.count, spreads.count == numbers.count else {
      return "\(offsets.count) centres and \(spreads.count) spreads of \(numbers.count) numbers"
    }
    guard groups.map(\.name) == Self.groupNames(numbers) else { return "other groups of numbers than the opening has" }
    for group in groups {
      guard group.leftOut.count >= 4, group.leftOut.count == groups[0].leftOut.count,
        group.leftOut.allSatisfy({ $0.isFinite && $0 >= 0 })
      else { return "no left-out value of each member in \(group.name)" }
      let threshold = Self.threshold(leftOut: group.leftOut, version: version)
      guard group.threshold == threshold else {
        return "a threshold of \(group.threshold) in \(group.name), and its left-out values give \(threshold)"
      }
    }
    for (index, number) in numbers.enumerated() {
      guard spreads[index].isFinite, spreads[index] >= 0.99 * Self.smallestSpread(number), offsets[index].isFinite else {
        return "a spread of \(spreads[index]) of \(number.metric)"
      }
    }
    if let finding = judge(opening + anchors, opening: opening).findings.first {
      return "the reference itself outside: \(finding.place)"
    }
    return nil
  }
}

extension OpeningNumber {
  /// In spreads.
  func deviation(_ place: Double, centre: Double, spread: Double) -> Double {
    let distance = (place - centre) / spread
    return isOneSided ? max(distance, 0) : abs(distance)
  }
}

/// Centres and spreads from the members of an ensemble.
private struct Fit {
  let centres: [Double]
  let spreads: [Double]

  /// The centre is the median, which flips do not move. The variance about it is the number's own, flips and all, moderated by
  /// the mean variance of its group, as if that were known from some more members.
  init(_ numbers: [OpeningNumber], places: [[Double]], leavingOut left: Int?) {
    let members = places.indices.filter { $0 != left }
    let count = Double(members.count)
    var centres: [Double] = [], variances: [Double] = []
    var sums: [String: (sum: Double, count: Double)] = [:]
    for index in numbers.indices {
      let own = members.map { places[$0][index] }.sorted()
      let centre = (own[(own.count - 1) / 2] + own[own.count / 2]) / 2
      let variance = own.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / count
      centres.append(centre)
      variances.append(variance)
      let sum = sums[numbers[index].group] ?? (0, 0)
      sums[numbers[index].group] = (sum.sum + variance, sum.count + 1)
    }
    self.centres = centres
    spreads = numbers.indices.map { index in
      let group = sums[numbers[index].group]!
      let prior = group.sum / group.count, weight = RoundingEnvelope.priorMembers
      let variance = (weight * prior + count * variances[index]) / (weight + count)
      return max(variance.squareRoot(), RoundingEnvelope.smallestSpread(numbers[index]))
    }
  }

  func deviations(of places: [Double], _ numbers: [OpeningNumber]) -> [Double] {
    numbers.indices.map { numbers[$0].deviation(places[$0], centre: centres[$0], spread: spreads[$0]) }
  }
}

/// What envelopes are recorded with.
func threeDigits(_ value: Double) -> Double { significant(value, digits: 3) }

/// Why no envelope can be made.
public enum RoundingError: Error, Equatable, Sendable, CustomStringConvertible {
  case layout(String)
  case notFinite(String)

  public var description: String {
    switch self {
    case .layout(let what): "the ensemble of other roundings cannot be used: \(what)"
    case .notFinite(let what):
      "the ensemble of other roundings has a number that is not finite (\(what)): no envelope can be made"
    }
  }
}
