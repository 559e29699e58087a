import Foundation
import Processes

/// Plants the harness's defects all at once in a copy of the source, each behind its name, builds once, and asks each one's
/// tests with that one switched on.
struct PlantedTogether {
  private let copy: PatchedCopy
  private let defects: [HarnessDefect]
  private let ids: [String]
  /// Read by the copy's programs: which defect is switched on.
  private static let variable = "GRADFLOW_PLANTED"

  /// - Parameter ids: which of the defects are switched on in turn; all if empty. All are planted, so that asking for some
  ///   builds nothing anew.
  init(_ defects: [HarnessDefect], asking ids: [String], in copy: PatchedCopy) {
    self.defects = defects
    self.ids = ids
    self.copy = copy
  }

  /// The text of each file with its defects, planted one after the other, and what is wrong with those that cannot be.
  static func planted(_ defects: [HarnessDefect], in root: URL) -> (files: [String: String], objections: [String]) {
    var files: [String: String] = [:]
    var objections: [String] = []
    for defect in defects {
      let text =
        files[defect.file] ?? (try? String(contentsOf: root.appendingPathComponent(defect.file), encoding: .utf8)) ?? ""
      if let objection = defect.objection(in: text) {
        objections.append("\(defect.id): \(objection)")
      } else {
        files[defect.file] = defect.planted(in: text)
      }
    }
    return (files, objections)
  }

  /// Plants all, prints which were noticed by what, and returns the exit code.
  func run() throws -> Int32 {
    let (files, objections) = Self.planted(defects, in: copy.root)
    for objection in objections { say("\(objection): bring the defect up to date") }
    for (file, text) in files {
      try text.write(to: copy.root.appendingPathComponent(file), atomically: false, encoding: .utf8)
    }
    for module in Set(defects.map { $0.file.split(separator: "/")[1] }) {
      try Self.switchText.write(
        to: copy.root.appendingPathComponent("Sources/\(module)/IsPlanted.swift"), atomically: false, encoding: .utf8)
    }
    if !objections.isEmpty { return 2 }
    if let error = try copy.build() {
      say("the copy does not build: \(error)")
      return 2
    }
    let chosen = defects.filter { ids.isEmpty || ids.contains($0.id) }
    if let names = try failures(of: Set(chosen.map(\.tests)).sorted(), planted: "") {
      say("without a defect the checks already fail: \(names.joined(separator: "; "))")
      return 2
    }
    say("without a defect: all checks pass\n")
    var survivors: [String] = []
    for (number, defect) in chosen.enumerated() {
      let outcome: String
      if let names = try failures(of: [defect.tests], planted: defect.id) {
        outcome =
          "caught by \(names.prefix(3).joined(separator: "; "))" + (names.count > 3 ? "; and \(names.count - 3) more" : "")
      } else {
        survivors.append(defect.id)
        outcome = "SURVIVED \(defect.tests)"
      }
      say("\(number + 1)/\(chosen.count)  \(defect.id): \(defect.what)\n       \(outcome)")
    }
    say("\n\(chosen.count) planted defects of the harness: \(chosen.count - survivors.count) caught, \(survivors.count) survived")
    return survivors.isEmpty ? 0 : 1
  }

  /// The names of the tests that fail; `nil` if all pass. `PlantedDefectsTests` looks for the defects' text, which is changed.
  private func failures(of tests: [String], planted id: String) throws -> [String]? {
    var environment = ProcessInfo.processInfo.environment
    environment[Self.variable] = id
    let result = try Shell.run(
      ["swift", "test", "--skip-build", "--skip", "PlantedDefectsTests"] + tests.flatMap { ["--filter", $0] }, in: copy.root,
      environment: environment, interruptingAfter: TestSuites.failure)
    let names = tests.joined(separator: ", ")
    if result.code != 0 { return TestSuites.failures(in: result.output, filter: names) }
    // A filter that matches nothing would notice nothing.
    return result.output.contains("passed after") ? nil : ["\(names): no test ran"]
  }

  /// What each module with a defect gets beside its files.
  static let switchText = """
    #if canImport(Glibc)
      import Glibc
        #else
      import Darwin
    #endif

    private let planted = getenv("\(variable)").map { String(cString: $0) } ?? ""

    func isPlanted(_ id: String) -> Bool { id == planted }

    """
}
