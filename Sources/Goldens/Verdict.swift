import Traces

/// What a golden says of a run.
public enum Verdict: Equatable, Sendable {
  /// The same settings, seed and contract version, and every bit equal.
  case identical
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
    /// The run has no epoch yet.
    case nothing
  }

  /// As reports name it.
  public var name: String {
    switch self {
    case .identical: "identical"
    case .withinBand: "within-band"
    case .regression: "regression"
    case .notComparable: "not comparable"
    }
  }

  /// Worse verdicts are larger: the verdict on several runs is the largest of theirs.
  public var severity: Int {
    switch self {
    case .identical: 0
    case .withinBand: breaksPromise ? 2 : 1
    case .notComparable: 3
    case .regression: 4
    }
  }

  /// Whether bits differ although settings, seed and contract version are equal: the promise that the contract makes is broken.
  public var breaksPromise: Bool {
    if case .withinBand(.bits) = self { true } else { false }
  }

  public func passes(_ requirement: Requirement) -> Bool {
    switch self {
    case .identical: true
    case .withinBand: requirement.level <= .withinBand && (requirement.allowsOtherBits || !breaksPromise)
    case .regression, .notComparable: false
    }
  }
}

/// What a check asks of runs.
public struct Requirement: Equatable, Sendable {
  /// The worst verdict that passes.
  public enum Level: Int, Comparable, Sendable {
    case withinBand, identical

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
    case .withinBand(let reason): "\(name): \(reason)"
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
    case .nothing: "the run has no epoch yet"
    }
  }
}
