import Experiments
import PlainText
import Training

/// Tells people on standard error how runs go: a line per epoch, and on a terminal a line that moves in between.
struct RunProgress {
  private let start = ContinuousClock.now
  private let run: RunSpecification
  private let isAlone: Bool
  /// Where a resumed run began: what was done before took none of this program's time.
  private var first = (epoch: 0, step: 0)
  /// Steps of an epoch, as soon as one is told of.
  private var stepsPerEpoch: Int?

  init(_ run: RunSpecification, isAlone: Bool) {
    self.run = run
    self.isAlone = isAlone
  }

  private var name: String { run.name }

  mutating func tell(_ event: TrainingEvent) {
    switch event {
    case .warning(let text): Console.log("gradflow: warning: \(text)")
    case .resumed(let epoch, let step):
      Console.log("\(name): continuing at epoch \(epoch), step \(step)")
      first = (epoch, step)
    case .step(let epoch, let step, let count, let loss):
      stepsPerEpoch = count
      guard isAlone else { return }
      let done = Double(epoch) + Double(step) / Double(count)
      Console.progress(
        "\(name): epoch \(epoch + 1)/\(run.epochs), step \(step)/\(count), loss \(Text.fixed(loss, 3)), \(timeLeft(done)) left")
    case .evaluating(let epoch):
      if isAlone { Console.progress("\(name): epoch \(epoch + 1)/\(run.epochs), evaluating") }
    case .epoch(let line):
      Console.clearProgress()
      Console.log(
        "\(name): epoch \(line.epoch + 1)/\(run.epochs)  train \(Text.fixed(line.trainLoss, 3)) "
          + "\(Text.percent(line.trainAccuracy))  validation \(Text.fixed(line.validationLoss, 3)) "
          + "\(Text.percent(line.validationAccuracy))  \(timeLeft(Double(line.epoch + 1))) left")
    case .checkpoint: break
    case .test(let line):
      Console.log(
        "\(name): test \(Text.fixed(line.loss, 3)) \(Text.percent(line.accuracy)) with the weights of epoch \(line.epoch + 1)")
    }
  }

  private func timeLeft(_ done: Double) -> String {
    let time = (ContinuousClock.now - start).components
    let elapsed = Double(time.seconds) + Double(time.attoseconds) * 1e-18
    guard elapsed > 1, let left = secondsLeft(done, after: elapsed) else { return "?" }
    return Text.time(seconds: left)
  }

  /// - Parameters:
  ///   - done: epochs, those before a resumption too.
  ///   - elapsed: seconds that this program took for its share of them.
  func secondsLeft(_ done: Double, after elapsed: Double) -> Double? {
    let made = done - Double(first.epoch) - Double(first.step) / Double(stepsPerEpoch ?? 1)
    return made > 0 ? elapsed / made * (Double(run.epochs) - done) : nil
  }
}
