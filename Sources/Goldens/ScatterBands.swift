import Traces

/// Bands from fewer seeds than can be held against each other, even from one: provisional, and wide.
///
/// What one run shows of chance is how an epoch departs from the line between its neighbours. For independent noise of
/// variance σ², the second difference y(e−1) − 2·y(e) + y(e+1) has variance 6·σ², and a smooth course cancels. Seeds
/// differ by more than that, slowly over epochs, which no single run shows: hence the factor. Nothing is calibrated, and
/// no false-alarm rate promised.
enum ScatterBands {
  /// How much larger than the scatter within a run the differences between runs are taken to be.
  static let factor = 5.0
  static let threshold = 4.0
  /// Epochs to each side whose scatter counts.
  static let reach = 5
  /// With fewer epochs there is no course to scatter about.
  static let smallestEpochs = 5

  static func band(_ metric: Metric, runs: [Measurements], images: Int) -> Band? {
    guard let first = runs.first, first.values.count >= smallestEpochs else { return nil }
    let layers = Measurements.judged(metric, first.layers, seeds: runs.count)
    let places = runs.compactMap { $0.keeping(layers: layers) }.map { $0.values.map { $0.map(metric.scale.apply) } }
    let epochs = first.values.count
    let columns = layers.indices
    let centres = (0..<epochs).map { epoch in columns.map { layer in moments(places.map { $0[epoch][layer] }).mean } }
    // squares[epoch][layer] of second differences; the ends have none.
    let squares = (1..<epochs - 1).map { epoch in
      columns.map { layer in
        moments(
          places.map { run in
            let second = run[epoch - 1][layer] - 2 * run[epoch][layer] + run[epoch + 1][layer]
            return second * second / 6
          }
        ).mean
      }
    }
    let deviations = (0..<epochs).map { epoch in
      columns.map { layer in
        let near = squares.indices.filter { abs($0 + 1 - epoch) <= reach }
        let variance = moments(near.map { squares[$0][layer] }).mean
        return max(factor * variance.squareRoot(), metric.deviationFloor(images: images))
      }
    }
    return Band(
      metric: metric, threshold: threshold, layers: layers, centres: centres.map { $0.map(sixDigits) },
      deviations: Band.recorded(deviations, metric, threshold: threshold))
  }
}
