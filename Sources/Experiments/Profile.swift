import Datasets
import Training

/// The sizes in which the experiment is run.
public enum Profile: String, CaseIterable, Sendable {
  case smoke, quick, short, paper

  /// The built-in data; `nil` where CIFAR-100 is needed.
  public var synthetic: Synthetic? {
    switch self {
    case .smoke: Synthetic(classes: 10, side: 16, trainingPerClass: 44, testPerClass: 10)
    case .quick: Synthetic(classes: 10, side: 32, trainingPerClass: 80, testPerClass: 20)
    case .short, .paper: nil
    }
  }

  public var epochs: Int {
    switch self {
    case .smoke: 3
    case .quick: 25
    case .short: 2
    case .paper: 100
    }
  }

  public var batchSize: Int {
    switch self {
    case .smoke: 20
    case .quick: 20
    case .short, .paper: 100
    }
  }

  public var validationPerClass: Int {
    switch self {
    case .smoke: 10
    case .quick: 16
    case .short, .paper: 25
    }
  }

  public var augmentation: TrainingSettings.Augmentation {
    switch self {
    case .smoke: .init(padding: 2)
    case .quick, .short, .paper: .init(padding: 4)
    }
  }

  /// For people.
  public var dataDescription: String {
    if let synthetic { "synthetic, \(synthetic.side) x \(synthetic.side)" } else { "CIFAR-100" }
  }

  public var sizeDescription: String {
    switch self {
    case .smoke: "full depth, \(epochs) small epochs; all rows in under a minute on two cores"
    case .quick: "\(epochs) small epochs; all rows in about five minutes on two cores; shows the report's finding"
    case .short: "the paper protocol's first \(epochs) epochs"
    case .paper: "the paper protocol, \(epochs) epochs"
    }
  }
}
