import Files
import Traces

/// The settings of the report's experiment, under the names that a trace gives them: only a run with exactly these is
/// judged against the report's numbers.
enum ProtocolSettings {
  static let epochs = 100
  /// 500 a class, without those for validation.
  static let trainingImages = 47_500
  /// 25 and 100 a class.
  static let validationImages = 2500, testImages = 10_000
  static let dataName = "cifar-100"
  /// Fingerprint of the official training and test images. Their order in the files does not matter (`DatasetVerification`).
  static let dataFingerprint = "sha256:02fecc6be80460f979b822541191c29996ce29776c9d0ff8bb422d38fa17b7e0"

  /// Settings that all rows share.
  private static let common: [(String, JSONValue)] = [
    ("filters", JSONValue(32)), ("classes", JSONValue(100)), ("side", JSONValue(32)), ("leaky_slope", JSONValue(0.01)),
    ("batch_size", JSONValue(100)), ("schedule", .string("cosine")), ("minimum_learning_rate", JSONValue(2e-5)),
    ("schedule_period", JSONValue(100)), ("adam_beta1", JSONValue(0.9)), ("adam_beta2", JSONValue(0.999)),
    ("adam_epsilon", JSONValue(1e-8)), ("batch_norm_epsilon", JSONValue(1e-5)), ("batch_norm_momentum", JSONValue(0.1)),
    ("batch_norm_evaluation", .string("running")), ("padding", JSONValue(4)), ("flips", .bool(true)),
    ("validation_per_class", JSONValue(25)),
  ]

  /// What makes the row's network this network.
  private static func network(of row: String) -> [(String, JSONValue)]? {
    func settings(depth: Int, processing: Bool, reduction: Bool, residual: Bool) -> [(String, JSONValue)] {
      [
        ("depth", JSONValue(depth)), ("normalise_processing", .bool(processing)),
        ("normalise_reduction", .bool(reduction)), ("residual", .bool(residual)),
      ]
    }
    return switch row {
    case "vgg08": settings(depth: 8, processing: false, reduction: false, residual: false)
    case "vgg38": settings(depth: 38, processing: false, reduction: false, residual: false)
    case "vgg38-bn-1e-2", "vgg38-bn-1e-3": settings(depth: 38, processing: true, reduction: false, residual: false)
    case "vgg38-rc": settings(depth: 38, processing: false, reduction: false, residual: true)
    case "vgg38-bn-rc-1e-3", "vgg38-bn-rc-1e-2": settings(depth: 38, processing: true, reduction: true, residual: true)
    default: nil
    }
  }

  /// What a run does otherwise than the report's experiment, its epochs aside; empty if nothing.
  static func deviations(of run: RunRecord) -> [String] {
    guard let published = PublishedRow.named(run.row), let rate = Double(published.learningRate) else {
      return ["no row of Table 1"]
    }
    if !isOfficialData(run) { return [dataDeviation(of: run)] }
    let expected = (network(of: run.row) ?? []) + [("base_learning_rate", JSONValue(rate))] + common
    // What the protocol does not have at all: another split, another optimiser.
    let names = Set(expected.map(\.0))
    let further = run.header.training.filter { !names.contains($0.key) }.map { "\($0.key) is \($0.value)" }
    return differences(of: run, from: expected) + further
  }

  /// Whether a run was made on the report's images: a part of them, or others in their layout, is another experiment.
  static func isOfficialData(_ run: RunRecord) -> Bool {
    run.header.dataName == dataName && run.header.dataFingerprint == dataFingerprint
  }

  /// Whether a run was made on the data that the program brings along, on which some claims can be told too.
  static func isBuiltInData(_ run: RunRecord) -> Bool { run.header.dataName.hasPrefix("synthetic-") }

  /// Which data it was made on instead, in words.
  static func dataDeviation(of run: RunRecord) -> String {
    let name = run.header.dataName
    return name == dataName
      ? "data that are not the official CIFAR-100 (fingerprint \(run.header.dataFingerprint.prefix(19))…, not "
        + "\(dataFingerprint.prefix(19))…)" : "data \(name)"
  }

  /// What a run's network and base learning rate have otherwise than its row's name says; empty if nothing.
  static func networkDeviations(of run: RunRecord) -> [String] {
    guard let network = network(of: run.row), let rate = PublishedRow.named(run.row).flatMap({ Double($0.learningRate) })
    else { return ["no row of Table 1"] }
    return differences(of: run, from: network + [("base_learning_rate", JSONValue(rate))])
  }

  private static func differences(of run: RunRecord, from expected: [(String, JSONValue)]) -> [String] {
    expected.compactMap { name, value in
      let found = run.setting(name)
      let isSame = found == value || (value.double != nil && found?.double == value.double)
      return isSame ? nil : "\(name) is \(found?.description ?? "not given"), not \(value)"
    }
  }
}
