import Files
import Networks
import Tensors
import Traces

extension Trainer {
  private static var best: String { "best." }

  /// Everything that a checkpoint holds, under its names.
  var checkpointTensors: SafeTensors {
    var file = step.tensors
    for (entry, values) in zip(step.network.state, bestState) {
      file[Self.best + entry.name] = SafeTensor(shape: entry.value.shape, values)
    }
    return file
  }

  /// The best epoch's weights as a file of their own, which other programs read.
  func writeBest() throws {
    var file = SafeTensors(metadata: [
      "row": identity.row, "seed": String(identity.seed), "epoch": String(progress.best?.epoch ?? 0),
    ])
    for (entry, values) in zip(step.network.state, bestState) {
      file[entry.name] = SafeTensor(shape: entry.value.shape, values)
    }
    try AtomicFile.write(file.fileBytes, to: directory.best)
  }

  /// Whether a kill came between the trace's first line and the first checkpoint: the run begins anew, nothing is lost.
  func holdsHeaderAlone(_ header: TraceHeader) throws -> Bool {
    if fileExists(directory.checkpoint) || fileExists(directory.previousCheckpoint) { return false }
    guard let trace = try? Trace(path: directory.trace), trace.lines == 1 else { return false }
    let differences = trace.header.differences(from: header)
    if !differences.isEmpty { throw TrainingError.otherRun(path: directory.path, differences: differences) }
    return true
  }

  /// The test of a run that is to be continued and has nothing left to do: a file less, or a trace that is torn or another run's,
  /// is for `open` to find.
  func finishedBefore() -> TestLine? {
    let needed = [directory.trace, directory.checkpoint, directory.best, directory.summary, directory.testSummary]
    guard options.isResuming, needed.allSatisfy(fileExists), !fileExists(directory.anew), !OverwrittenRun(directory).isAside,
      let trace = try? Trace(path: directory.trace), trace.torn == nil, trace.epochs.count == options.epochs,
      trace.header.differences(from: identity.header).isEmpty
    else { return nil }
    return trace.test
  }

  /// The newest checkpoint that is whole and of this run, and its file; a damaged one is passed over with a warning.
  func newestCheckpoint(header: TraceHeader) throws -> (Checkpoint, path: String) {
    var reasons: [String] = []
    // Both checkpoints have one trace: what is wrong with it is told once, for the one that needs less of it.
    var problemOfTrace: String?
    for path in [directory.checkpoint, directory.previousCheckpoint] where fileExists(path) {
      let checkpoint: Checkpoint
      do {
        checkpoint = try Checkpoint(path: path)
      } catch {
        reasons.append("\(error)")
        continue
      }
      let differences = checkpoint.header.differences(from: header)
      if !differences.isEmpty { throw TrainingError.otherRun(path: directory.path, differences: differences) }
      if let problem = traceProblem(checkpoint.progress.mark) {
        problemOfTrace = problem
        continue
      }
      let done = checkpoint.progress
      if done.epoch > options.epochs || (done.epoch == options.epochs && done.step > 0) {
        throw TrainingError.alreadyLonger(
          path: directory.path, epochs: checkpoint.progress.epoch, wanted: options.epochs)
      }
      for reason in reasons + (problemOfTrace.map { [$0] } ?? []) {
        options.events(.warning("\(reason); continuing from the checkpoint before it"))
      }
      return (checkpoint, path)
    }
    throw TrainingError.noCheckpoint(path: directory.path, reasons: reasons + (problemOfTrace.map { [$0] } ?? []))
  }

  /// Why the trace cannot be continued from a mark, or `nil`: it was cut off before it, or holds something else.
  private func traceProblem(_ mark: TraceMark) -> String? {
    do {
      try TraceWriter.check(directory.trace, holds: mark)
      return nil
    } catch {
      return "\(error)"
    }
  }

  func restore(_ checkpoint: Checkpoint, path: String) throws {
    try step.restore(checkpoint.tensors, updates: checkpoint.progress.updates, path: path)
    bestState =
      checkpoint.progress.best == nil
      ? []
      : try step.network.state.map {
        try checkpoint.tensors.floats(Self.best + $0.name, $0.value.shape, path: path)
      }
    progress = checkpoint.progress
    // The file may be of a later epoch, which the kill took back.
    if progress.best == nil { try removeFile(directory.best) } else { try writeBest() }
  }
}

extension TraceHeader {
  /// In words, which settings differ from another run's.
  public func differences(from other: TraceHeader) -> [String] {
    SettingDifference.between(settings, other.settings).map {
      "its \($0.name) is \($0.first ?? "not set"), asked for is \($0.second ?? "none")"
    }
  }
}
