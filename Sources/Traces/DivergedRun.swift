import Files

/// What a run leaves beside its trace when a number was not finite and it broke off: `diverged.json`. It goes when the run goes
/// on or begins anew. So that what judges runs later tells one that diverged from one that nobody finished.
public struct DivergedRun: Equatable, Sendable {
  public static let fileName = "diverged.json"

  /// As traces name it: `train_loss`, `val_loss`, `test_loss`; or `gradient_flow`, where the loss is finite.
  public var metric: String
  public var epoch: Int
  /// The step of the epoch or the batch of the evaluation, from 0.
  public var step: Int
  /// The loss. Of a gradient, no single number is told: `nil`.
  public var found: Double?
  /// The first layer, or of a gradient the parameter, that held what is not finite.
  public var layer: String

  public init(metric: String, epoch: Int, step: Int, found: Double?, layer: String) {
    self.metric = metric
    self.epoch = epoch
    self.step = step
    self.found = found
    self.layer = layer
  }

  /// The record in a run's directory; `nil` where there is none, or none that can be read.
  public init?(in directory: String) {
    guard let bytes = try? readFile("\(directory)/\(Self.fileName)", limit: 1 << 16), let json = try? JSONValue(parsing: bytes),
      let metric = json["metric"]?.string, let epoch = json["epoch"]?.int, let step = json["step"]?.int,
      let layer = json["layer"]?.string
    else { return nil }
    self.init(metric: metric, epoch: epoch, step: step, found: json["found"]?.double, layer: layer)
  }

  public func write(in directory: String) throws {
    let members: [JSONValue.Member] = [
      .init("metric", .string(metric)), .init("epoch", JSONValue(epoch)), .init("step", JSONValue(step)),
      .init("found", found.map { JSONValue($0) } ?? .null), .init("layer", .string(layer)),
    ]
    try AtomicFile.write(JSONValue.object(members).description + "\n", to: "\(directory)/\(Self.fileName)")
  }
}

extension DivergedRun: CustomStringConvertible {
  public var description: String {
    let what = found.map { "\(metric) became \(exactText($0))" } ?? "a gradient was not finite"
    return "it diverged in epoch \(epoch): \(what) at \(metric == "train_loss" || found == nil ? "step" : "batch") \(step), from "
      + "\(layer) on"
  }
}
