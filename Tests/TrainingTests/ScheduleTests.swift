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

  /// A change of settings that are possible, and whether they still are.
  struct Change: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let isPossible: Bool
    let change: @Sendable (inout TrainingSettings) -> Void

    init(_ description: String, _ isPossible: Bool, _ change: @escaping @Sendable (inout TrainingSettings) -> Void) {
      testDescription = description
      self.isPossible = isPossible
      self.change = change
    }
  }

  static let changes: [Change] =
    [(0, false), (1, true), (100_000, true), (100_001, false)].flatMap { value, isPossible in
      [
        Change("a batch of \(value)", isPossible) { $0.batchSize = value },
        Change("a period of \(value)", isPossible) { $0.schedulePeriod = value },
      ]
    }
    + [(0, false), (-1, false), (1e-9, true), (10, true), (10.0.nextUp, false), (Double.nan, false)].map { value, isPossible in
      Change("a constant rate of \(value)", isPossible) {
        $0.schedule = .constant
        $0.baseLearningRate = value
      }
    }
    + [(0, true), (-1e-9, false), (10, true), (10.0.nextUp, false), (Double.nan, false)].map { value, isPossible in
      Change("a minimum of \(value)", isPossible) {
        $0.schedule = .constant
        $0.minimumLearningRate = value
      }
    }
    + [(-1, false), (0, true), (31, true), (32, false)].map { value, isPossible in
      Change("padding of \(value)", isPossible) { $0.augmentation.padding = value }
    }
    + [(0, false), (1, true)].map { value, isPossible in
      Change("\(value) validation images a class", isPossible) { $0.validationPerClass = value }
    }

  @Test("settings are possible up to the ends of their ranges, and not beyond", arguments: changes)
  func possible(change: Change) {
    var settings = self.settings(1e-2)
    settings.network.side = 32
    #expect(settings.problem == nil)
    change.change(&settings)
    #expect((settings.problem == nil) == change.isPossible, "\(settings.problem ?? "possible")")
  }

  @Test("stays where it is if it is constant")
  func constant() {
    #expect((0..<100).allSatisfy { settings(1e-3, .constant).learningRate(epoch: $0) == 1e-3 })
  }
}
