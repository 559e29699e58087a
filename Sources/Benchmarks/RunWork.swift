import Datasets
import Experiments

/// The batches that a run computes: what the estimate of a matrix and the line of progress both count.
package struct RunWork: Equatable {
  /// What one batch takes: in milliseconds.
  package struct Pace: Equatable {
    package let step, evaluation: Double

    package init(step: Double, evaluation: Double) {
      self.step = step
      self.evaluation = evaluation
    }
  }

  package let epochs: Int
  /// Of one epoch.
  package let steps, validationPasses: Int
  /// At the end of the run.
  package let testPasses: Int

  package init(epochs: Int, batch: Int, training: Int, validation: Int, test: Int) {
    func batches(_ images: Int) -> Int { (images + batch - 1) / batch }
    self.epochs = epochs
    steps = batches(training)
    validationPasses = batches(validation)
    testPasses = batches(test)
  }

  /// Both kinds of split set aside `validationPerClass` images a class, on average. The dataset must have them: `Split` tells.
  package init(_ run: RunSpecification, dataset: Dataset) {
    let validation = run.settings.validationPerClass * dataset.classes
    self.init(
      epochs: run.epochs, batch: run.settings.batchSize, training: dataset.training.count - validation, validation: validation,
      test: dataset.test.count)
  }

  /// Seconds of one epoch.
  package func epochSeconds(at pace: Pace) -> Double {
    1e-3 * (Double(steps) * pace.step + Double(validationPasses) * pace.evaluation)
  }

  /// Seconds from a place in the run to its end.
  ///
  /// - Parameters:
  ///   - epoch: the first that is not whole.
  ///   - step: how many of its steps are made.
  package func seconds(from epoch: Int = 0, step: Int = 0, at pace: Pace) -> Double {
    Double(epochs - epoch) * epochSeconds(at: pace)
      + 1e-3 * (Double(testPasses) * pace.evaluation - Double(step) * pace.step)
  }
}
