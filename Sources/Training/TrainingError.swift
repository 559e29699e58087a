/// Why a run cannot begin or go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  case impossible(String)
  case nonFiniteLoss(epoch: Int, step: Int, loss: Double, layer: String)
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
      "the loss became \(loss) in epoch \(epoch), step \(step); the first numbers that are not finite are the output of "
        + "\(layer): the run stops here; a lower learning rate may help"
    case .nonFiniteEvaluation(let set, let epoch, let batch, let loss, let layer):
      "the \(set.rawValue) loss is \(loss) in epoch \(epoch), batch \(batch); the first numbers that are not finite are the "
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
