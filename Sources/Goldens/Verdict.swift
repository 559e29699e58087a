import Traces

/// What a golden says of a run.
public enum Verdict: Equatable, Sendable {
  /// The same settings, seed and contract version, and every bit equal.
  case identical
  /// The same seed, computed otherwise: its first steps as close as other rounding leaves them, its inputs equal, and everything
  /// inside the bands.
  case withinRounding(Reason)
  /// Everything inside the bands, for a run that is not the reference run bit by bit.
  case withinBand(Reason)
  /// Something is outside a band, missing, too much or not finite: see the findings, of which there is at least one.
  case regression
  /// The golden cannot say anything of this run.
  case notComparable(Obstacle)

  /// Why bits differ.
  public enum Reason: Equatable, Sendable {
    /// They had to: the seeds or the contract's versions differ.
    case settings([SettingDifference])
    /// They should not: settings, seed and contract version are the same.
    case bits(Divergence)
    /// They are another program's, of which only the opening is known.
    case program
    /// They are those of several runs, whose mean was judged.
    case mean(runs: Int)
  }

  public enum Obstacle: Equatable, Sendable {
    /// Other data, settings, profile or row.
    case settings([SettingDifference])
    /// There is no golden for this row, here.
    case noGolden(path: String)
    /// There is a golden, and no run to hold against it.
    case noRun(directories: [String])
    /// The run or the golden cannot be read, or the run could not be made.
    case unreadable(reason: String)
    /// The golden has no bands, and the bits differ.
    case noBands
    /// The golden has no envelope of other roundings to judge an opening by.
    case noRounding
    /// The run has no epoch yet.
    case nothing
  }

  /// As reports name it.
  public var name: String {
    switch self {
    case .identical: "identical"
    case .withinRounding: "within-rounding"
    case .withinBand: "within-band"
    case .regression: "regression"
    case .notComparable: "not comparable"
    }
  }

  /// Worse verdicts are larger: the verdict on several runs is the largest of theirs.
  public var severity: Int {
    switch self {
    case .identical: 0
    case .withinRounding: breaksPromise ? 3 : 1
    case .withinBand: breaksPromise ? 4 : 2
    case .notComparable: 5
    case .regression: 6
    }
  }

  /// Whether bits differ although settings, seed and contract version are equal: the promise that the contract makes is broken.
  public var breaksPromise: Bool {
    switch self {
    case .withinRounding(.bits), .withinBand(.bits): true
    default: false
    }
  }

  public func passes(_ requirement: Requirement) -> Bool {
    switch self {
    case .identical: true
    case .withinRounding: requirement.level <= .withinRounding && (requirement.allowsOtherBits || !breaksPromise)
    case .withinBand: requirement.level <= .withinBand && (requirement.allowsOtherBits || !breaksPromise)
    case .regression, .notComparable: false
    }
  }
}

/// What a check asks of runs.
public struct Requirement: Equatable, Sendable {
  /// The worst verdict that passes.
  public enum Level: Int, Comparable, Sendable {
    case withinBand, withinRounding, identical

    /// As reports name it.
    public var name: String {
      switch self {
      case .withinBand: "within-band"
      case .withinRounding: "within-rounding"
      case .identical: "identical"
      }
    }

    public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  public var level: Level
  /// Whether bits may differ where settings, seed and contract version promise equal ones.
  public var allowsOtherBits: Bool

  public init(_ level: Level = .withinBand, allowingOtherBits: Bool = false) {
    self.level = level
    allowsOtherBits = allowingOtherBits
  }
}

extension Verdict: CustomStringConvertible {
  public var description: String {
    switch self {
    case .identical: name
    case .withinRounding(let reason), .withinBand(let reason): "\(name): \(reason)"
    case .regression: name
    case .notComparable(let obstacle): "\(name): \(obstacle)"
    }
  }
}

extension Verdict.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .settings(let differences):
      differences.map(\.description).joined(separator: "; ")
    case .program: "the opening is another program's"
    case .mean(let runs): "the mean of \(runs) runs under fresh seeds"
    case .bits(let divergence):
      "settings, seed and contract version are equal, and the bits are not: \(divergence)"
    }
  }
}

extension Verdict.Obstacle: CustomStringConvertible {
  public var description: String {
    switch self {
    case .settings(let differences): differences.map(\.description).joined(separator: "; ")
    case .noGolden(let path): "there is no golden \(path)"
    case .noRun(let directories): "there is no run of this row in \(directories.joined(separator: ", "))"
    case .unreadable(let reason): reason
    case .noBands: "the bits differ, and the golden has no bands: its ensemble has too few seeds"
    case .noRounding: "the golden has no envelope of other roundings; `gradflow golden record` makes one"
    case .nothing: "the run has no epoch yet"
    }
  }
}
