import Foundation
import Processes

// Plants defects in copies of the source, runs the checks and prints which check caught which: mistakes of the engine, one
// build each, then those of the harness, all in one build; or breaches of the reproducibility contract with --proof.
//
//   planted-defects [--engine | --harness | --proof] [ID ...]
//   planted-defects --bisect
//   planted-defects --power [--profile PROFILE] [--data DIR] [--rows ROW,...] [ID ...]
//   planted-defects --applies        whether each defect's text still stands in the source, once, and parses; builds nothing
//
// Exit code 0: none survived; 1: some did; 2: the checks fail without any defect, or a defect does not apply.

let arguments = Array(CommandLine.arguments.dropFirst())
let package = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
switch arguments.first {
case "--bisect": exit(BisectDefects.run())
case "--applies": exit(everyDefectApplies())
case "--power": exit(powerStudy(Array(arguments.dropFirst())))
case "--proof": exit(plant(proof: contractDefects, ids: Array(arguments.dropFirst())))
case "--engine": exit(plant(engine: engineDefects, ids: Array(arguments.dropFirst())))
case "--harness": exit(plant(harness: harnessDefects, ids: Array(arguments.dropFirst())))
default: exit(plant(engine: engineDefects, harness: harnessDefects, ids: arguments))
}

/// Plants those of the defects that are named, or all, and returns the exit code: the worse of two.
func plant(engine: [Defect] = [], harness: [HarnessDefect] = [], proof: [Defect] = [], ids: [String]) -> Int32 {
  let races = engine.isEmpty ? [] : LatchRace.defects
  let known = (engine + proof + races).map { ($0.id, $0.what) } + harness.map { ($0.id, $0.what) }
  if let unknown = ids.first(where: { id in !known.contains { $0.0 == id } }) {
    say("there is no defect named \(unknown); the defects are:\n" + known.map { "  \($0.0): \($0.1)" }.joined(separator: "\n"))
    return 64
  }
  func isChosen(_ id: String) -> Bool { ids.isEmpty || ids.contains(id) }
  do {
    let copy = try PatchedCopy(of: package, at: PatchedCopy.place(in: package))
    let single = (engine + proof).filter { isChosen($0.id) }, isHarness = harness.contains { isChosen($0.id) }
    let checks: any Checks =
      proof.isEmpty ? TestSuites(copy: copy, filters: ["LayersTests", "NetworksTests", "KernelsTests"]) : ProofChecks(copy: copy)
    let racing = races.filter { isChosen($0.id) }
    let zeroth = racing.isEmpty ? 0 : try plantOneByOne(racing, in: copy, LatchRace(copy: copy))
    let first = single.isEmpty ? 0 : try plantOneByOne(single, in: copy, checks)
    let second = isHarness ? try PlantedTogether(harness, asking: ids, in: copy).run() : 0
    return max(zeroth, first, second)
  } catch {
    say("planted-defects: error: \(error)")
    return 2
  }
}

func plantOneByOne(_ chosen: [Defect], in copy: PatchedCopy, _ checks: any Checks) throws -> Int32 {
  switch try checks.run() {
  case .survived: say("without a defect: all checks pass\n")
  case .caught(let names):
    say("without a defect the checks already fail: \(names.joined(separator: "; "))")
    return 2
  case .doesNotBuild(let error):
    say("the copy does not build: \(error)")
    return 2
  }
  var survivors: [String] = []
  var unusable: [String] = []
  for (number, defect) in chosen.enumerated() {
    let outcome: String
    do {
      switch try copy.planting(defect, checks.run) {
      case .caught(let names):
        outcome =
          "caught by \(names.prefix(3).joined(separator: "; "))" + (names.count > 3 ? "; and \(names.count - 3) more" : "")
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
      + "\(unusable.count) unusable\n")
  return !unusable.isEmpty ? 2 : survivors.isEmpty ? 0 : 1
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
  if let unknown = only.first(where: { id in !trainingChanges.contains { $0.id == id } }) {
    say(
      "there is no change named \(unknown); the changes are:\n"
        + trainingChanges.map { "  \($0.id): \($0.what)" }.joined(separator: "\n"))
    return 64
  }
  return PowerStudy(
    profile: profile, changes: trainingChanges.filter { only.isEmpty || only.contains($0.id) }, data: data, rows: rows
  ).run()
}

/// A defect whose text is gone, or that is no Swift any more, would be found only an hour into a night.
func everyDefectApplies() -> Int32 {
  let all = engineDefects + contractDefects + BisectDefects.all.map(\.defect) + LatchRace.defects
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
  let together = PlantedTogether.planted(harnessDefects, in: package)
  gone += together.objections.count
  for objection in together.objections { say(objection) }
  for change in trainingChanges {
    for edit in change.edits {
      let text = (try? String(contentsOf: package.appendingPathComponent(edit.file), encoding: .utf8)) ?? ""
      guard let objection = PowerStudy.objection(edit, in: text) else { continue }
      gone += 1
      say("\(change.id): \(objection)")
    }
  }
  say("\(all.count + harnessDefects.count + trainingChanges.count) planted defects, \(gone) edits that do not apply")
  guard gone == 0 else { return 2 }
  do {
    guard let problem = try parsingProblem(single: all, together: together.files, changes: trainingChanges) else { return 0 }
    say("with a defect the source is no Swift:\n\(problem)")
  } catch {
    say("planted-defects: error: \(error)")
  }
  return 2
}
