import Networks

extension StandardRow {
  /// The row that performance is spoken of: the deepest with all that costs time.
  package static var standardBenchmark: StandardRow {
    guard let row = all.first(where: { $0.id == "vgg38-bn-rc-1e-2" }) else {
      preconditionFailure("the benchmark's row is not among the rows")
    }
    return row
  }
}
