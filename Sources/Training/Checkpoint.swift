import Digests
import Files
import Networks
import Traces

/// Everything that a run needs to go on as if it had never stopped.
///
/// A safetensors file: parameters and buffers under the course code's names; the optimiser's state under names such as
/// `adam.first.NAME` (kind, state, parameter); the best epoch's parameters and buffers under `best.NAME`. Metadata: the trace's
/// header (which run it is), the progress, and `checksum`, SHA-256 over all of it.
struct Checkpoint {
  static let format = "gradflow-checkpoint"
  static let version = 1

  /// The trace's first line.
  var header: TraceHeader
  var progress: Progress
  var tensors: SafeTensors

  struct Progress: Equatable {
    /// The epoch that is under way, or the number of epochs if all are done.
    var epoch = 0
    /// Steps of it that are done; all of them: only its evaluation is missing.
    var step = 0
    /// Updates made since the run began.
    var updates = 0
    /// Of the epoch's examples so far.
    var lossSum = 0.0
    var correct = 0
    var examples = 0
    /// Of the epoch's steps so far.
    var stepDigests: [ShortDigest] = []
    /// Of the images and labels of the epoch's steps so far; `nil` for a run whose program did not tell its inputs, whose trace
    /// so stays without them.
    var inputDigests: [ShortDigest]? = []
    /// Once the epoch's last step is done.
    var unevaluated: UnevaluatedEpoch?
    var best: Best?
    var mark = TraceMark(bytes: 0, digest: Digest(of: ""))

    struct Best: Equatable {
      var epoch: Int
      var accuracy: Double
    }

    mutating func beginNextEpoch() {
      epoch += 1
      step = 0
      lossSum = 0
      correct = 0
      examples = 0
      stepDigests = []
      if inputDigests != nil { inputDigests = [] }
      unevaluated = nil
    }
  }

  // MARK: File

  /// The file's bytes.
  var fileBytes: [UInt8] {
    var file = tensors
    file.metadata = metadata
    file.metadata["checksum"] = Self.checksum(file).description
    return file.fileBytes
  }

  private var metadata: [String: String] {
    var progress: [JSONValue.Member] = [
      .init("epoch", JSONValue(self.progress.epoch)), .init("step", JSONValue(self.progress.step)),
      .init("updates", JSONValue(self.progress.updates)), .init("loss_sum", JSONValue(self.progress.lossSum)),
      .init("correct", JSONValue(self.progress.correct)), .init("examples", JSONValue(self.progress.examples)),
      .init("step_digests", .array(self.progress.stepDigests.map { .string($0.description) })),
      .init("trace_bytes", JSONValue(self.progress.mark.bytes)),
      .init("trace_digest", .string(self.progress.mark.digest.description)),
    ]
    if let digests = self.progress.inputDigests {
      progress.append(.init("input_digests", .array(digests.map { .string($0.description) })))
    }
    if let best = self.progress.best {
      progress.append(.init("best_epoch", JSONValue(best.epoch)))
      progress.append(.init("best_accuracy", JSONValue(best.accuracy)))
    }
    if let unevaluated = self.progress.unevaluated { progress.append(.init("draft", unevaluated.json)) }
    return [
      "format": Self.format, "version": String(Self.version),
      "header": TraceLine.header(header).json.description, "progress": JSONValue.object(progress).description,
    ]
  }

  /// Reads a file and checks that it is whole and a checkpoint.
  init(path: String) throws {
    // Not compressed, and no larger than what the run itself had in memory.
    tensors = try SafeTensors(path: path, limit: 1 << 40)
    func fail(_ problem: String) -> CheckpointError { CheckpointError(path: path, problem: problem) }
    guard tensors.metadata["format"] == Self.format else { throw fail("it is no checkpoint") }
    guard tensors.metadata["version"] == String(Self.version) else {
      throw fail("its format is version \(tensors.metadata["version"] ?? "unknown"); this program reads \(Self.version)")
    }
    guard tensors.metadata["checksum"] == Self.checksum(tensors).description else {
      throw fail("its checksum does not match: it is damaged")
    }
    guard let headerText = tensors.metadata["header"],
      case .header(let header)? = try? TraceLine(parsing: Array(headerText.utf8)),
      let progressText = tensors.metadata["progress"],
      let progress = (try? JSONValue(parsing: progressText)).flatMap(Progress.init)
    else { throw fail("its progress cannot be read") }
    self.header = header
    self.progress = progress
  }

  init(header: TraceHeader, progress: Progress, tensors: SafeTensors) {
    self.header = header
    self.progress = progress
    self.tensors = tensors
  }

  private static func checksum(_ file: SafeTensors) -> Digest {
    var hasher = Digest.Hasher()
    func add(_ text: String) {
      hasher.update(littleEndian: UInt64(text.utf8.count))
      hasher.update(text)
    }
    for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) where key != "checksum" {
      add(key)
      add(value)
    }
    for name in file.names.sorted() {
      guard let tensor = file[name] else { continue }
      add(name)
      add(tensor.type.rawValue + "\(tensor.shape)")
      tensor.bytes.withUnsafeBytes { hasher.update($0) }
    }
    return hasher.finalize()
  }
}

extension Checkpoint.Progress {
  fileprivate init?(_ json: JSONValue) {
    guard let epoch = json["epoch"]?.int, let step = json["step"]?.int, let updates = json["updates"]?.int,
      let lossSum = json["loss_sum"]?.double, let correct = json["correct"]?.int, let examples = json["examples"]?.int,
      let digests = json["step_digests"]?.array?.compactMap({ $0.string.flatMap(ShortDigest.init(hex:)) }),
      digests.count == step, let bytes = json["trace_bytes"]?.int,
      let digest = json["trace_digest"]?.string.flatMap(Digest.init(hex:))
    else { return nil }
    self.init(
      epoch: epoch, step: step, updates: updates, lossSum: lossSum, correct: correct, examples: examples,
      stepDigests: digests, mark: TraceMark(bytes: bytes, digest: digest))
    inputDigests = nil
    if let texts = json["input_digests"]?.array {
      let digests = texts.compactMap { $0.string.flatMap(ShortDigest.init(hex:)) }
      guard digests.count == texts.count else { return nil }
      inputDigests = digests
    }
    if let draft = json["draft"] {
      guard let unevaluated = UnevaluatedEpoch(draft) else { return nil }
      self.unevaluated = unevaluated
    }
    if let epoch = json["best_epoch"]?.int, let accuracy = json["best_accuracy"]?.double {
      best = Best(epoch: epoch, accuracy: accuracy)
    }
  }
}

/// Why a file is no checkpoint to continue from.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  public let path: String
  public let problem: String

  public var description: String { "\(path): \(problem)" }
}
