import Platform
import Traces

/// Claims 1 and 3: who learns, and who stays where a constant guess is.
///
/// A network that tells nothing apart has at best the loss ln C and the accuracy 1/C on C balanced classes. It cannot get
/// below ln C but by noise, and lies above it while its guess is not yet even.
enum LearningClaims {
  /// How far below ln C a loss is still that of a constant guess: 1 %. An epoch's mean over hundreds of examples does not
  /// get there by noise; a network that learns passes it in its first epoch.
  static let below = 0.99
  /// How far above ln C the last epoch's loss may lie: 2 %. The course's own curve ends 0.04 % above.
  static let above = 1.02
  /// A loss that shows learning: 5 % below ln C.
  static let learned = 0.95
  /// Accuracies count in standard deviations of guessing: five of them happen once in three million.
  static let deviations = 5.0
  /// With fewer optimiser steps than this, not having learned says nothing. The profile quick makes 800, short 950, smoke 51.
  static let enoughSteps = 400

  /// What guessing gives, for a run's data.
  struct Chance {
    let loss: Double
    let accuracy: Double
    let validationImages: Int

    init(_ run: RunRecord) throws(Undecidable) {
      guard let classes = run.classes, classes > 1, let images = run.validationImages, images > 0 else {
        throw Undecidable("\(run.name) does not tell its number of classes and validation images")
      }
      loss = log(Double(classes))
      accuracy = 1 / Double(classes)
      validationImages = images
    }

    var deviation: Double { Noise.binomial(accuracy, images: validationImages) }
    /// The report prints 1 %, a whole percent: half of chance is what rounds to it.
    var tolerance: Double { max(deviations * deviation, accuracy / 2) }
  }

  /// Whether a run shows learning after that many epochs, or after all that it made if those are fewer.
  static func hasLearned(_ run: RunRecord, after epochs: Int = .max) throws(Undecidable) -> Bool {
    let chance = try Chance(run)
    guard let last = run.epochs.prefix(epochs).last else { return false }
    return last.validationLoss < learned * chance.loss
      && last.validationAccuracy > chance.accuracy + deviations * chance.deviation
  }

  static func deepDoesNotLearn(_ runs: RunSet) -> Claim {
    Claim(
      1, "VGG38 does not learn: train and validation loss stay at ln C, accuracy at 1/C.",
      rule: "in every epoch of every seed, losses at least 99 % of ln C and accuracies at chance (within five standard "
        + "deviations of guessing, or half of chance); at the end, losses at most 102 % of ln C; and VGG08 has learned in as "
        + "many epochs, or the time was too short to tell"
    ) { () throws(Undecidable) in
      let deep = try runs.row("vgg38")
      let chance = try Chance(deep.representative)
      var findings: [String] = []
      for run in deep.runs {
        for line in run.epochs {
          let losses = [("train", line.trainLoss), ("validation", line.validationLoss)]
          for (name, loss) in losses where !(loss.isFinite && loss >= below * chance.loss) {
            findings.append("\(run.name), epoch \(line.epoch): \(name) loss \(Format.fixed(loss, 4))")
          }
          let accuracies = [("train", line.trainAccuracy), ("validation", line.validationAccuracy)]
          for (name, accuracy) in accuracies where !(abs(accuracy - chance.accuracy) <= chance.tolerance) {
            findings.append("\(run.name), epoch \(line.epoch): \(name) accuracy \(Format.percent(accuracy))")
          }
        }
        if let last = run.last, !(max(last.trainLoss, last.validationLoss) <= above * chance.loss) {
          findings.append(
            "\(run.name), at the end: losses \(Format.fixed(last.trainLoss, 4)) and \(Format.fixed(last.validationLoss, 4))")
        }
      }
      if !findings.isEmpty { return (false, Array(findings.prefix(6)) + more(findings.count - 6)) }
      guard let last = deep.representative.last else { throw Undecidable("no epoch of vgg38 was run") }
      // Without a network that learns in the same time, standing still would prove nothing.
      let shallow = try runs.row("vgg08")
      for run in shallow.runs where try !hasLearned(run, after: deep.epochs) {
        let epochs = Format.count(min(run.epochs.count, deep.epochs), "epoch")
        throw Undecidable("vgg38 stays at chance, but so does \(run.name) after \(epochs)")
      }
      return (
        true,
        [
          "after \(Format.count(deep.epochs, "epoch")) losses \(Format.fixed(last.trainLoss, 4)) and "
            + "\(Format.fixed(last.validationLoss, 4)) (ln C = \(Format.fixed(chance.loss, 4))), accuracies "
            + "\(Format.percent(last.trainAccuracy)) and \(Format.percent(last.validationAccuracy)), while VGG08 learned"
        ]
      )
    }
  }

  static func shallowLearns(_ runs: RunSet) -> Claim {
    Claim(
      3, "VGG08 learns.",
      rule: "at the end of every seed, validation loss below 95 % of ln C, and validation accuracy above chance by more than "
        + "five standard deviations of guessing; not having learned counts from \(enoughSteps) optimiser steps on"
    ) { () throws(Undecidable) in
      let shallow = try runs.row("vgg08")
      var findings: [String] = []
      var holds = true
      for run in shallow.runs {
        let chance = try Chance(run)
        guard let last = run.last else { continue }
        let learned = try hasLearned(run)
        if !learned {
          guard let steps = run.steps, steps >= enoughSteps else {
            throw Undecidable(
              "\(run.name) has not learned after \(run.steps.map { Format.count($0, "step") } ?? "an unknown number of steps"), "
                + "which is too early to tell")
          }
          holds = false
        }
        findings.append(
          "\(run.name): validation loss \(Format.fixed(last.validationLoss, 4)) (ln C = \(Format.fixed(chance.loss, 4))), "
            + "accuracy \(Format.percent(last.validationAccuracy)) (chance \(Format.percent(chance.accuracy)))")
      }
      return (holds, Array(findings.prefix(4)) + more(findings.count - 4))
    }
  }

  static func more(_ count: Int) -> [String] { count > 0 ? ["and \(count) more"] : [] }
}
