import Traces

/// Why a run cannot begin or go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  case impossible(String)
  case nonFiniteLoss(epoch: Int, step: Int, loss: Double, layer: String)
  /// The loss is finite, and a gradient is not; `parameter` is the nearest to the loss. Nothing was updated.
  case nonFiniteGradient(epoch: Int, step: Int, loss: Double, parameter: String)
  case nonFiniteEvaluation(set: DataSet, epoch: Int, batch: Int, loss: Double, layer: String)
  case runExists(path: String)
  case noCheckpoint(path: String, reasons: [String])
  case otherRun(path: String, differences: [String])
  case otherProgram(path: String, problem: String)
  case alreadyLonger(path: String, epochs: Int, wanted: Int)

  public var description: String {
    switch self {
    case .impossible(let problem): problem
    case .nonFiniteLoss(let epoch, let step, let loss, let layer):
      "the loss became \(exactText(loss)) in epoch \(epoch), step \(step); the first numbers that are not finite are the output of "
        + "\(layer): the run stops here; a lower learning rate may help"
    case .nonFiniteGradient(let epoch, let step, let loss, let parameter):
      "the loss is \(exactText(loss)) in epoch \(epoch), step \(step), and the gradient is not finite; from the loss backwards the first such "
        + "gradient is that of \(parameter): the run stops here, before its update; a lower learning rate may help"
    case .nonFiniteEvaluation(let set, let epoch, let batch, let loss, let layer):
      "the \(set.rawValue) loss is \(exactText(loss)) in epoch \(epoch), batch \(batch); the first numbers that are not finite are the "
        + "output of \(layer): the run stops here; a lower learning rate may help"
    case .runExists(let path):
      "\(path) holds a run already: continue it with --resume, begin anew with --overwrite, or choose another --out"
    case .noCheckpoint(let path, let reasons):
      "\(path) has no checkpoint to continue from"
        + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))")
        + ": begin anew with --overwrite, or choose another --out"
    case .otherRun(let path, let differences):
      "\(path) belongs to another run: \(differences.joined(separator: "; ")): continue it with its own settings, begin anew "
        + "with --overwrite, or choose another --out"
    case .otherProgram(let path, let problem):
      "\(path): \(problem): run it again with the program that wrote it"
    case .alreadyLonger(let path, let epochs, let wanted):
      "\(path) has made \(epochs) epochs already, more than the \(wanted) asked for: a longer run cannot be cut; choose "
        + "another --out for the shorter one"
    }
  }
}

extension TrainingError {
  /// What to leave beside the trace, if the error is that a number was not finite.
  public var diverged: DivergedRun? {
    switch self {
    case .nonFiniteLoss(let epoch, let step, let loss, let layer):
      DivergedRun(metric: "train_loss", epoch: epoch, step: step, found: loss, layer: layer)
    case .nonFiniteGradient(let epoch, let step, _, let parameter):
      DivergedRun(metric: "gradient_flow", epoch: epoch, step: step, found: nil, layer: parameter)
    case .nonFiniteEvaluation(let set, let epoch, let batch, let loss, let layer):
      DivergedRun(metric: set == .test ? "test_loss" : "val_loss", epoch: epoch, step: batch, found: loss, layer: layer)
    default: nil
    }
  }
}
