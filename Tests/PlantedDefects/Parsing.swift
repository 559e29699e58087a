import Foundation
import Processes

/// Whether the source with its defects is still Swift: a defect that is none shows only when an hour's copies are built.
///
/// Each defect of the engine is planted by itself, those of the harness all together and changes of training all together, as in
/// their copies. The compiler parses what is Swift; it does not look at types.
///
/// - Parameter together: the text of each file with the harness's defects (`PlantedTogether.planted`).
/// - Returns: what it says, or `nil` if nothing is wrong.
func parsingProblem(single: [Defect], together: [String: String], changes: [TrainingChange]) throws -> String? {
  var files: [(name: String, text: String)] = []
  func source(_ path: String) throws -> String { try String(contentsOf: package.appendingPathComponent(path), encoding: .utf8) }
  for defect in single {
    for (path, edits) in Dictionary(grouping: defect.edits, by: \.file)
    where path.hasPrefix("Sources/") && path.hasSuffix(".swift") {
      let text = edits.reduce(try source(path)) { $0.replacingOccurrences(of: $1.find, with: $1.replace) }
      files.append((defect.id + "-" + name(of: path), text))
    }
  }
  for (path, text) in together { files.append((name(of: path), text)) }
  for (path, text) in try PowerStudy.planted(changes, in: package) where path.hasSuffix(".swift") {
    files.append(("change-" + name(of: path), text))
  }
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-parsing-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  for file in files {
    try file.text.write(to: directory.appendingPathComponent(file.name), atomically: false, encoding: .utf8)
  }
  let result = try Shell.run(["swiftc", "-frontend", "-parse"] + files.map(\.name).sorted(), in: directory)
  return result.code == 0 ? nil : result.output
}

/// Of a file in a directory without others below it.
private func name(of path: String) -> String { path.replacingOccurrences(of: "/", with: "_") }
