import Foundation
import Processes

// Plants each defect of a collection in a copy of the source, runs the checks and prints which check caught which:
// mistakes of the engine by default, breaches of the reproducibility contract with --proof.
//
//   planted-defects [--proof] [ID ...]
//   planted-defects --bisect
//   planted-defects --power [--profile PROFILE] [--data DIR] [--rows ROW,...] [ID ...]
//   planted-defects --applies        whether each defect's text still stands in the source, once; builds nothing
//
// Exit code 0: none survived; 1: some did; 2: the checks fail without any defect, or a defect does not apply.

let arguments = Array(CommandLine.arguments.dropFirst())
let isProof = arguments.first == "--proof"
if arguments.first == "--bisect" { exit(BisectDefects.run()) }
if arguments.first == "--applies" { exit(everyDefectApplies()) }
if arguments.first == "--power" { exit(powerStudy(Array(arguments.dropFirst()))) }
let defects = isProof ? contractDefects : engineDefects
let only = Set(arguments.dropFirst(isProof ? 1 : 0))
let known = Set(defects.map(\.id))
if let unknown = only.first(where: { !known.contains($0) }) {
  say("there is no defect named \(unknown); the defects are:\n" + defects.map { "  \($0.id): \($0.what)" }.joined(separator: "\n"))
  exit(64)
}

let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
do {
  let copy = try PatchedCopy(of: package, at: package.appendingPathComponent(".build-defects"))
  let checks: any Checks =
    isProof ? ProofChecks(copy: copy) : TestSuites(copy: copy, filters: ["LayersTests", "NetworksTests", "KernelsTests"])
  switch try checks.run() {
  case .survived: say("without a defect: all checks pass\n")
  case .caught(let names):
    say("without a defect the checks already fail: \(names.joined(separator: "; "))")
    exit(2)
  case .doesNotBuild(let error):
    say("the copy does not build: \(error)")
    exit(2)
  }

  var survivors: [String] = []
  var unusable: [String] = []
  let chosen = defects.filter { only.isEmpty || only.contains($0.id) }
  for (number, defect) in chosen.enumerated() {
    let outcome: String
    do {
      switch try copy.planting(defect, checks.run) {
      case .caught(let names):
        outcome = "caught by \(names.prefix(3).joined(separator: "; "))" + (names.count > 3 ? "; and \(names.count - 3) more" : "")
      case .survived:
        survivors.append(defect.id)
        outcome = "SURVIVED"
      case .doesNotBuild(let error):
        unusable.append(defect.id)
        outcome = "DOES NOT BUILD: \(error)"
      }
    } catch let error as PatchedCopy.DoesNotApply {
      unusable.append(defect.id)
      outcome = "DOES NOT APPLY: \(error)"
    }
    say("\(number + 1)/\(chosen.count)  \(defect.id): \(defect.what)\n       \(outcome)")
  }
  say(
    "\n\(chosen.count) planted defects: \(chosen.count - survivors.count - unusable.count) caught, \(survivors.count) survived, "
      + "\(unusable.count) unusable")
  exit(!unusable.isEmpty ? 2 : survivors.isEmpty ? 0 : 1)
} catch {
  say("planted-defects: error: \(error)")
  exit(2)
}

/// Which defects of training the goldens notice.
func powerStudy(_ arguments: [String]) -> Int32 {
  var (profile, data, rows, only) = ("smoke", String?.none, [String](), [String]())
  var rest = arguments[...]
  while let word = rest.popFirst() {
    switch word {
    case "--profile": profile = rest.popFirst() ?? profile
    case "--data": data = rest.popFirst()
    case "--rows": rows = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
    default: only.append(word)
    }
  }
  if let unknown = only.first(where: { id in !trainingDefects.contains { $0.id == id } }) {
    say("there is no defect named \(unknown); the defects are:\n" + trainingDefects.map { "  \($0.id): \($0.what)" }.joined(separator: "\n"))
    return 64
  }
  return PowerStudy(
    profile: profile, defects: trainingDefects.filter { only.isEmpty || only.contains($0.id) }, data: data, rows: rows
  ).run()
}

/// A defect whose text is gone would be found only an hour into a night.
func everyDefectApplies() -> Int32 {
  let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
  let all = engineDefects + contractDefects + trainingDefects + BisectDefects.all.map(\.defect)
  var gone = 0
  for defect in all {
    for edit in defect.edits {
      let text = (try? String(contentsOf: package.appendingPathComponent(edit.file), encoding: .utf8)) ?? ""
      let places = text.components(separatedBy: edit.find).count - 1
      if places == 1 { continue }
      gone += 1
      say("\(defect.id): its text stands \(places) times in \(edit.file), not once")
    }
  }
  say("\(all.count) planted defects, \(gone) edits that do not apply")
  return gone == 0 ? 0 : 2
}
