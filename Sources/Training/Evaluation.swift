import Kernels
import Layers
import Networks

/// Loss and accuracy of a set without augmentation, in evaluation mode.
struct Evaluation {
  let loss: Double
  let accuracy: Double

  /// Means over the set's examples, batch by batch, ascending.
  ///
  /// With population statistics a pass over the training set comes first: canonical order, unaugmented, each layer
  /// normalising by its batch's own statistics.
  ///
  /// - Parameters:
  ///   - epoch: for messages.
  ///   - beforeBatch: called before every batch; what it throws ends the evaluation.
  ///   - afterLoading: called when a batch is loaded.
  init(
    of network: Network<Float>, on set: DataSet, from source: any BatchSource, epoch: Int, batchSize: Int,
    statistics: BatchNormStatistics, loading: BatchLoading, beforeBatch: (Int) throws -> Void,
    afterLoading: (Batch<Float>) -> Void = { _ in }
  ) throws {
    var batches = 0
    func forEachBatch(_ set: DataSet, count: Int, _ body: (Batch<Float>) throws -> Void) throws {
      let places = Array(0..<count)
      for first in stride(from: 0, to: count, by: batchSize) {
        try beforeBatch(batches)
        batches += 1
        let batch = places[first..<min(first + batchSize, count)]
        let loaded = loading.load(.plain(set, places: batch), on: network.backend.pool)
        afterLoading(loaded)
        try body(loaded)
      }
    }
    if statistics == .population {
      network.resetPopulation()
      try forEachBatch(.training, count: source.trainingCount) {
        try network.forward($0, mode: .gatheringPopulation)
      }
    }
    var lossSum = 0.0
    var correct = 0
    var batch = 0
    let count = set == .validation ? source.validationCount : set == .test ? source.testCount : source.trainingCount
    try forEachBatch(set, count: count) {
      let result = try network.forward($0, mode: .evaluation(statistics))
      guard result.lossSum.isFinite else {
        throw TrainingError.nonFiniteEvaluation(
          set: set, epoch: epoch, batch: batch, loss: result.loss, layer: network.firstNonFiniteLayer() ?? "the loss")
      }
      batch += 1
      lossSum += result.lossSum
      correct += result.correct
    }
    loss = lossSum / Double(count)
    accuracy = Double(correct) / Double(count)
  }
}
