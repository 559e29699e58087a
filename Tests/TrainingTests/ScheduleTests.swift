import Kernels
import Networks
import Testing
import Training

@Suite("The learning rate schedule")
struct ScheduleTests {
  private func settings(_ base: Double, _ schedule: TrainingSettings.Schedule = .cosine) -> TrainingSettings {
    TrainingSettings(network: StandardRow.all[0].configuration, baseLearningRate: base, schedule: schedule)
  }

  /// Written by hand from cos(0), cos(π/3), cos(π/2), cos(2π/3) and, for the last epoch, 1 + cos(π·99/100) = 2·sin²(π/200),
  /// the latter from a table: 4.934396342684e-4.
  static let table: [(epoch: Int, share: Double)] = [
    (0, 1), (25, 0.853553390593273762), (50, 0.5), (75, 0.146446609406726238), (99, 2.467198171342e-4),
  ]

  @Test("falls from the base rate along half a cosine of 100 epochs to nearly 2e-5", arguments: [1e-3, 1e-2])
  func cosine(base: Double) {
    for (epoch, share) in Self.table {
      let expected = 2e-5 + (base - 2e-5) * share
      #expect(abs(settings(base).learningRate(epoch: epoch) - expected) < 1e-14, "epoch \(epoch)")
    }
    #expect(settings(base).learningRate(epoch: 0) == base)
  }

  @Test("falls from each epoch to the next and never reaches the minimum")
  func monotone() {
    let rates = (0..<100).map { settings(1e-2).learningRate(epoch: $0) }
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
    #expect(rates[99] > 2e-5)
  }

  @Test("stays where it is if it is constant")
  func constant() {
    #expect((0..<100).allSatisfy { settings(1e-3, .constant).learningRate(epoch: $0) == 1e-3 })
  }
}
