extension Network {
  /// Each batch norm's statistics of the last training-mode pass, in double, in the order of the signal.
  public var batchStatistics: [(label: String, mean: [Double], biasedVariance: [Double])] {
    units.compactMap { unit in
      unit.norm.map { norm in
        let statistics = norm.batchStatistics
        return (unit.description.normLabel, statistics.mean, statistics.biasedVariance)
      }
    }
  }
}
