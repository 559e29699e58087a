import Networks

extension NetworkConfiguration {
  /// The blocks that a network of that depth has, if there is one.
  package static func blocksPerStage(depth: Int) -> Int? {
    depth >= 8 && (depth - 8) % (2 * stages) == 0 && depth <= 608 ? (depth - 8) / (2 * stages) : nil
  }
}

extension StandardRow {
  /// The row that performance is spoken of: the deepest with all that costs time.
  package static var standardBenchmark: StandardRow {
    guard let row = all.first(where: { $0.id == "vgg38-bn-rc-1e-2" }) else {
      preconditionFailure("the benchmark's row is not among the rows")
    }
    return row
  }
}
