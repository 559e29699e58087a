import Foundation

/// A copy of the package in which the drawn mutants stand, all at once, and its test program.
struct MutatedCopy {
  let original: URL
  let root: URL

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What the package's tests read.
  private static let parts = [
    "Package.swift", "Makefile", "scripts", "Sources", "Tests", "golden", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "LICENSE", ".github",
  ]

  /// Brings the copy up to date; what is the same already keeps its time, so that little is built anew.
  func update(with mutants: [(mutant: Mutant, placed: Placement.Placed)]) throws {
    let byFile = Dictionary(grouping: mutants, by: \.mutant.file)
    let modules = Set(mutants.map(\.mutant.module))
    for part in Self.parts {
      try mirror(part, byFile: byFile, extra: Set(modules.map { "Sources/\($0)/\(Self.numberFile)" }))
    }
    for module in modules {
      try write(Data(Placement.number.utf8), "Sources/\(module)/\(Self.numberFile)")
    }
  }

  private static let numberFile = "MutantNumber.swift"

  private func mirror(_ path: String, byFile: [String: [(mutant: Mutant, placed: Placement.Placed)]], extra: Set<String>) throws {
    let files = FileManager.default
    let source = original.appendingPathComponent(path), target = root.appendingPathComponent(path)
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: source.path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue else {
      let data = try Data(contentsOf: source)
      guard let mutants = byFile[path] else { return try write(data, path) }
      return try write(Data(Placement(String(decoding: data, as: UTF8.self), mutants.map(\.placed)).text.utf8), path)
    }
    try files.createDirectory(at: target, withIntermediateDirectories: true)
    let wanted = Set(try files.contentsOfDirectory(atPath: source.path).filter { !$0.hasPrefix(".build") })
    for name in try files.contentsOfDirectory(atPath: target.path)
    where !wanted.contains(name) && !extra.contains("\(path)/\(name)") && !name.hasPrefix(".") {
      try files.removeItem(at: target.appendingPathComponent(name))
    }
    for name in wanted.sorted() { try mirror("\(path)/\(name)", byFile: byFile, extra: extra) }
  }

  private func write(_ data: Data, _ path: String) throws {
    let target = root.appendingPathComponent(path)
    if (try? Data(contentsOf: target)) == data { return }
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    let mode = try? FileManager.default.attributesOfItem(atPath: original.appendingPathComponent(path).path)[.posixPermissions]
    try data.write(to: target)
    if let mode { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: target.path) }
  }

  /// Builds, and returns the numbers of mutants that do not compile: those that stand where the compiler complains.
  func build() throws -> Set<Int> {
    let result = try TestProcess.run(
      ["swift", "build", "--build-tests"], in: root, mutant: 0, seconds: 7200, untilFailure: false)
    if result.code == 0 { return [] }
    var numbers: Set<Int> = []
    var complaints: [String] = []
    for line in result.output.split(separator: "\n") where line.contains(" error: ") {
      complaints.append(String(line))
      let parts = line.split(separator: ":", maxSplits: 3)
      guard parts.count == 4, let row = Int(parts[1]),
        let text = try? String(contentsOfFile: String(parts[0]), encoding: .utf8)
      else { continue }
      numbers.formUnion(Self.nearest(row, in: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
    }
    if numbers.isEmpty {
      throw Failure(
        description: "the copy does not build, for no mutant:\n\(complaints.prefix(5).joined(separator: "\n"))"
          + (complaints.isEmpty ? String(result.output.suffix(2000)) : ""))
    }
    return numbers
  }

  /// The mutants on a line; on the nearest line that has any, where an expression goes over several.
  private static func nearest(_ row: Int, in lines: [String]) -> Set<Int> {
    for distance in 0..<12 {
      for place in [row - 1 - distance, row - 1 + distance] where lines.indices.contains(place) {
        let found = lines[place].matches(of: /isMutant\((\d+)\)/).compactMap { Int($0.1) }
        if !found.isEmpty { return Set(found) }
      }
    }
    return []
  }

  /// The program that holds all tests.
  var program: String {
    let folder = root.appendingPathComponent(".build/debug").path
    let name = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.first { $0.hasSuffix("PackageTests.xctest") }
    return "\(folder)/\(name ?? "gradflowPackageTests.xctest")"
  }
}
