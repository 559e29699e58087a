/// What a run is called, as its directory is: `ROW-sSEED`, such as `vgg38-bn-rc-1e-2-s0`.
public func runName(row: String, seed: UInt64) -> String { "\(row)-s\(seed)" }

extension TraceHeader {
  /// As the directory of its run is called.
  public var runName: String { Traces.runName(row: row, seed: seed) }
}
