/// One quantity over several seeds.
public struct Sample: Equatable, Sendable {
  /// In the order of the seeds; never empty.
  public let values: [Double]

  /// `nil` without values.
  public init?(_ values: [Double]) {
    if values.isEmpty { return nil }
    self.values = values
  }

  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// Σ(x − mean)².
  var squares: Double { values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }

  /// With n − 1; `nil` for a single value, whose scatter is unknown.
  public var deviation: Double? {
    values.count < 2 ? nil : (squares / Double(values.count - 1)).squareRoot()
  }
}
