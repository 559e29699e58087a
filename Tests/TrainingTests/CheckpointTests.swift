import Datasets
import Files
import Foundation
import Kernels
import Networks
import Optimisers
import Synchronization
import Testing
import Traces

@testable import Training

/// Checkpoints that are damaged or foreign, and directories that are taken.
@Suite("Checkpoints")
struct CheckpointTests {
  /// A run that was asked to stop in its second epoch: the newest checkpoint and the one before it are there.
  private func stopped() throws -> TestRun {
    var run = try TestRun()
    let request = StopRequest()
    run.adjust = {
      $0.stop = request
      $0.events = { if case .step(1, 2, _, _) = $0 { request.raise() } }
    }
    try run.train()
    run.adjust = { _ in }
    try #require(fileExists(run.files.checkpoint) && fileExists(run.files.previousCheckpoint))
    return run
  }

  enum Damage: CaseIterable {
    case truncated, flippedBit, flippedHeader, emptied, removed, otherFile, forgedProgress, forgedHeader
  }

  private func spoil(_ path: String, _ damage: Damage) throws {
    var bytes = try readFile(path)
    switch damage {
    case .truncated: bytes.removeLast(bytes.count / 3)
    case .flippedBit: bytes[bytes.count - 100] ^= 4
    case .flippedHeader: bytes[40] ^= 1
    case .emptied: bytes = []
    case .removed: return try removeFile(path)
    case .otherFile: bytes = SafeTensors().fileBytes
    // Whole files, whose checksum is of other contents.
    case .forgedProgress: bytes = try forged(path, "progress", "\"updates\":", "\"updates\":1")
    case .forgedHeader: bytes = try forged(path, "header", "\"seed\":", "\"seed\":1")
    }
    try AtomicFile.write(bytes, to: path)
  }

  private func forged(_ path: String, _ key: String, _ text: String, _ other: String) throws -> [UInt8] {
    var file = try SafeTensors(path: path)
    let value = try #require(file.metadata[key])
    file.metadata[key] = value.replacing(text, with: other)
    try #require(file.metadata[key] != value)
    return file.fileBytes
  }

  @Test(
    "where the newest is damaged the one before it is used, with a warning, for the same run",
    arguments: CheckpointTests.Damage.allCases)
  func previous(kind: Damage) throws {
    var run = try stopped()
    let whole = try run.elsewhere()
    try whole.train()
    try spoil(run.files.checkpoint, kind)
    let warnings = Mutex<[String]>([])
    run.adjust = { $0.events = { if case .warning(let text) = $0 { warnings.withLock { $0.append(text) } } } }
    try run.resume()
    #expect(try run.content() == whole.content())
    // One that is not there is no damage: a kill may have come before it.
    let told = warnings.withLock { $0 }
    #expect(kind == .removed ? told.isEmpty : told.count == 1 && told[0].contains("checkpoint.safetensors"), "\(told)")
  }

  @Test("a damaged newest checkpoint never takes the place of the good one before it", arguments: AtomicFile.Step.allCases)
  func damagedIsNotKept(step: AtomicFile.Step) throws {
    var run = try stopped()
    let whole = try run.elsewhere()
    try whole.train()
    try spoil(run.files.checkpoint, .flippedBit)
    // Killed while the first checkpoint after resuming is written.
    run.adjust = { $0.failpoint = { if case .checkpoint(step.rawValue) = $0 { throw Killed() } } }
    _ = words { try run.resume() }
    run.adjust = { _ in }
    try run.resume()
    #expect(try run.content() == whole.content())
  }

  @Test(
    "where both are damaged the run is refused, and left as it is",
    arguments: [CheckpointTests.Damage.truncated, .flippedBit, .removed])
  func both(kind: Damage) throws {
    let run = try stopped()
    try spoil(run.files.checkpoint, kind)
    try spoil(run.files.previousCheckpoint, kind)
    let before = try readFile(run.files.trace)
    let text = words { try run.resume() }
    #expect(text.contains("has no checkpoint to continue from") && text.contains("--overwrite"), "\(text)")
    if kind != .removed { #expect(text.contains("checkpoint.safetensors") && text.contains("checkpoint.previous.safetensors")) }
    #expect(try readFile(run.files.trace) == before)
  }

  static let others: [(name: String, change: @Sendable (inout TestRun) -> Void)] = [
    ("seed", { $0.seed = 7 }),
    ("row", { $0.row = "other" }),
    ("data.name", { $0.data.testPerClass = 4 }),
    ("data.fingerprint", { $0.data.testPerClass = 4 }),
    ("base_learning_rate", { $0.learningRate = 2e-2 }),
    ("depth", { $0.network.blocksPerStage = 1 }),
    ("residual", { $0.network.isResidual = true }),
    ("batch_size", { $0.batchSize = 6 }),
    ("batch_norm_evaluation", { $0.statistics = .population }),
    ("filters", { $0.network.filters = 5 }),
    ("normalise_processing", { $0.network.normalisesProcessing = true }),
    ("normalise_reduction", { $0.network.normalisesReduction = true }),
    ("leaky_slope", { $0.network.activation = .leakyReLU(slope: 0.02) }),
    ("classes", { $0.data.classes = 4 }),
    ("side", { $0.data.side = 9 }),
    ("minimum_learning_rate", { $0.minimumLearningRate = 1e-6 }),
    ("schedule", { $0.tweak = { $0.schedule = .constant } }),
    ("schedule_period", { $0.tweak = { $0.schedulePeriod = 99 } }),
    ("adam_beta1", { $0.tweak = { $0.optimiser = .init(AdamSettings(beta1: 0.8)) } }),
    ("adam_beta2", { $0.tweak = { $0.optimiser = .init(AdamSettings(beta1: 0.9, beta2: 0.99)) } }),
    ("adam_epsilon", { $0.tweak = { $0.optimiser = .init(AdamSettings(beta1: 0.9, epsilon: 1e-7)) } }),
    ("padding", { $0.tweak = { $0.augmentation.padding = 3 } }),
    ("flips", { $0.tweak = { $0.augmentation.flips = false } }),
    ("validation_per_class", { $0.tweak = { $0.validationPerClass = 1 } }),
  ]

  @Test("every setting of a run's header has a case below, but for what one program cannot have two of")
  func everySettingIsTried() throws {
    let constants: Set = ["numerics", "profile", "parameters", "batch_norm_epsilon", "batch_norm_momentum"]
    let settings = try TestRun().identity().header.settings.map { $0.name.replacing("training.", with: "") }
    #expect(Set(settings) == constants.union(Self.others.map(\.name)))
  }

  @Test(
    "of another seed, row, dataset or setting it is refused by that name, and left as it is",
    arguments: CheckpointTests.others.indices)
  func foreign(index: Int) throws {
    let (name, change) = Self.others[index]
    var run = try stopped()
    change(&run)
    let before = try readFile(run.files.trace), checkpoint = try readFile(run.files.checkpoint)
    let text = words { try run.resume() }
    #expect(text.contains("belongs to another run") && text.contains(name), "\(text)")
    #expect(try readFile(run.files.trace) == before && readFile(run.files.checkpoint) == checkpoint)
  }

  @Test("a directory that holds a run is not begun anew, unless that is asked for")
  func exists() throws {
    var run = try stopped()
    let text = words { try run.train() }
    #expect(text.contains("holds a run already") && text.contains("--resume"), "\(text)")
    run.adjust = { $0.isOverwriting = true }
    try run.train()
    let whole = try run.elsewhere()
    try whole.train()
    #expect(try run.content() == whole.content())
    #expect(try run.trace().test != nil)
  }

  @Test(
    "a run that cannot be begun anew as far as its first checkpoint leaves the old one, which goes on",
    arguments: [AtomicFile.Step.created, .halfWritten, .synced])
  func overwriting(step: AtomicFile.Step) throws {
    var run = try stopped()
    let whole = try run.elsewhere()
    try whole.train()
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: run.files.path).sorted() }
    let before = try (files(), readFile(run.files.trace), readFile(run.files.checkpoint))
    run.adjust = {
      $0.isOverwriting = true
      $0.failpoint = { if case .checkpoint(step.rawValue) = $0 { throw Killed() } }
    }
    #expect(throws: Killed.self) { try run.train() }
    #expect(try files() == before.0 && readFile(run.files.trace) == before.1 && readFile(run.files.checkpoint) == before.2)
    run.adjust = { _ in }
    try run.resume()
    #expect(try run.content() == whole.content())
  }

  @Test("what a killed beginning had set aside comes back, unless the new run has a checkpoint", arguments: [false, true])
  func settled(hasCheckpoint: Bool) throws {
    let run = try stopped()
    let whole = try run.elsewhere()
    try whole.train()
    // As the kill leaves it: the old files aside, the new trace with its first line.
    let old = try run.content()
    for path in [run.files.checkpoint, run.files.previousCheckpoint, run.files.trace, run.files.best] {
      try renameFile(path, to: path + ".overwritten")
    }
    let new = try run.elsewhere()
    _ = words {
      var new = new
      new.adjust = { $0.failpoint = { if case .step(0, 0) = $0 { throw Killed() } } }
      return try new.train()
    }
    try AtomicFile.write(readFile(new.files.trace), to: run.files.trace)
    if hasCheckpoint { try AtomicFile.write(readFile(new.files.checkpoint), to: run.files.checkpoint) }
    var again = run
    let request = StopRequest()
    request.raise()
    again.adjust = { $0.stop = request }
    try again.resume()
    #expect(try run.content().hasPrefix(old) == !hasCheckpoint)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: run.files.path).contains { $0.hasSuffix(".overwritten") })
    try run.resume()
    #expect(try run.content() == whole.content())
  }

  @Test(
    "an old run comes back whole, however far its files had been set aside or brought back when the beginning was killed",
    arguments: 1...4)
  func setAsideInPart(count: Int) throws {
    let run = try stopped()
    let paths = [run.files.checkpoint, run.files.previousCheckpoint, run.files.trace, run.files.best].filter { fileExists($0) }
    let old = try paths.map { try readFile($0) }
    for path in paths.prefix(count) { try renameFile(path, to: path + ".overwritten") }
    try OverwrittenRun(run.files).settle()
    #expect(try paths.map { try readFile($0) } == old)
    // What is brought back last is what was set aside first.
    try renameFile(paths[0], to: paths[0] + ".overwritten")
    try OverwrittenRun(run.files).settle()
    #expect(try paths.map { try readFile($0) } == old)
  }

  @Test("resuming where there is nothing yet begins the run")
  func nothing() throws {
    let run = try TestRun()
    guard case .finished = try run.resume() else {
      Issue.record("not finished")
      return
    }
  }

  @Test("a second process in the same directory is refused, and a lock file left behind is not in the way")
  func lock() throws {
    let run = try TestRun()
    try createDirectory(run.files.path)
    do {
      let lock = try FileLock(path: run.files.lock)
      #expect(words { try run.train() }.contains(run.files.lock))
      #expect(!fileExists(run.files.trace))
      withExtendedLifetime(lock) {}
    }
    #expect(fileExists(run.files.lock))
    try run.train()
  }

  @Test("a trace that was changed behind the checkpoint's back is refused")
  func changedTrace() throws {
    let run = try stopped()
    let other = try run.elsewhere()
    try other.train()
    var text = Array(try run.content().utf8)
    let place = try #require(text.firstIndex(of: UInt8(ascii: ".")))
    text[place + 1] = text[place + 1] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
    try AtomicFile.write(Zstd.compress(text), to: run.files.trace)
    #expect(words { try run.resume() } != "")
  }

  @Test("a torn last frame of the trace is cut off")
  func torn() throws {
    let run = try stopped()
    let whole = try run.elsewhere()
    try whole.train()
    let bytes = try readFile(run.files.trace)
    let frame = Zstd.compress(Array("{\"epoch\":7}\n".utf8))
    try AtomicFile.write(bytes + frame.dropLast(3), to: run.files.trace)
    try run.resume()
    #expect(try run.content() == whole.content())
  }
}
