import Benchmarks
import Experiments
import PlainText
import Training

/// Tells people on standard error how runs go: a line per epoch, and on a terminal a line that moves in between.
struct RunProgress {
  private let start = ContinuousClock.now
  private let run: RunSpecification
  private let isAlone: Bool
  private var timeLeft: TimeLeft

  init(_ run: RunSpecification, work: RunWork, isAlone: Bool) {
    self.run = run
    self.isAlone = isAlone
    timeLeft = TimeLeft(work)
  }

  private var name: String { run.name }

  mutating func tell(_ event: TrainingEvent) {
    timeLeft.see(event, at: (ContinuousClock.now - start) / .seconds(1))
    switch event {
    case .warning(let text): Console.log("gradflow: warning: \(text)")
    case .resumed(let epoch, let step):
      Console.log("\(name): continuing at epoch \(epoch), step \(step)")
    case .finishedBefore: Console.log("\(name): finished before")
    case .step(let epoch, let step, let count, let loss):
      guard isAlone else { return }
      Console.progress(
        "\(name): epoch \(epoch + 1)/\(run.epochs), step \(step)/\(count), loss \(Text.fixed(loss, 3)), \(timeLeft.words) left")
    case .evaluating(let epoch):
      if isAlone { Console.progress("\(name): epoch \(epoch + 1)/\(run.epochs), evaluating") }
    case .epoch(let line):
      Console.clearProgress()
      Console.log(
        "\(name): epoch \(line.epoch + 1)/\(run.epochs)  train \(Text.fixed(line.trainLoss, 3)) "
          + "\(Text.percent(line.trainAccuracy))  validation \(Text.fixed(line.validationLoss, 3)) "
          + "\(Text.percent(line.validationAccuracy))  \(timeLeft.words) left")
    case .checkpoint: break
    case .test(let line):
      Console.log(
        "\(name): test \(Text.fixed(line.loss, 3)) \(Text.percent(line.accuracy)) with the weights of epoch \(line.epoch + 1)/\(run.epochs)"
      )
    }
  }
}
