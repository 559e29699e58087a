extension Network {
  /// Each batch norm's statistics of the last training-mode pass, in double, in the order of the signal.
  public var batchStatistics: [(label: String, mean: [Double], biasedVariance: [Double])] {
    norms.map { norm in
      let statistics = norm.layer.batchStatistics
      return (norm.label, statistics.mean, statistics.biasedVariance)
    }
  }
}
