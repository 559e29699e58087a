import Traces

extension Finding {
  /// That a run diverged, where and in what. A gradient is told by its parameter, and has no number of its own.
  public init(_ diverged: DivergedRun) {
    self.init(
      .notFinite, metric: diverged.metric, epoch: diverged.metric == "test_loss" ? nil : diverged.epoch,
      layer: diverged.found == nil ? diverged.layer : nil, found: diverged.found ?? .nan)
  }
}
