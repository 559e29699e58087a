import Foundation

/// A copy of the package that defects are planted in, one at a time; the original is never touched.
struct PatchedCopy {
  let root: URL
  private let original: URL

  /// What the tests read. DocumentTests read the documents, and what these link to.
  private static let parts = [
    "Package.swift", "Makefile", "scripts", "Sources", "Tests", "golden", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "LICENSE", ".github",
  ]

  /// Brings a copy of the package up to date, and keeps build products of an earlier copy. A file that is equal already is left
  /// alone, so that the build tool sees only what changed.
  ///
  /// - Parameter kept: files below the root that the caller writes, and that are left alone here.
  init(of original: URL, at root: URL, keeping kept: Set<String> = []) throws {
    self.original = original
    self.root = root
    let kept = Set(kept.map { root.path + "/" + $0 })
    for name in Self.parts {
      try Self.mirror(original.appendingPathComponent(name), at: root.appendingPathComponent(name), keeping: kept)
    }
  }

  /// Writes a file of the copy, if it is not so already.
  func write(_ text: String, to file: String) throws {
    let path = root.appendingPathComponent(file)
    if (try? String(contentsOf: path, encoding: .utf8)) == text { return }
    try text.write(to: path, atomically: false, encoding: .utf8)
  }

  /// Where copies are made and built; PLANTED_DEFECTS_COPY names another place, such as one that was built before.
  static func place(in package: URL) -> URL {
    let path = ProcessInfo.processInfo.environment["PLANTED_DEFECTS_COPY"] ?? ".build-defects"
    return URL(fileURLWithPath: path, relativeTo: package).absoluteURL
  }

  private static func mirror(_ source: URL, at target: URL, keeping kept: Set<String>) throws {
    if kept.contains(target.path) { return }
    let files = FileManager.default
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: source.path, isDirectory: &isDirectory) else { return }
    if !isDirectory.boolValue {
      if files.contentsEqual(atPath: source.path, andPath: target.path) { return }
      try? files.removeItem(at: target)
      try files.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try files.copyItem(at: source, to: target)
      return
    }
    try files.createDirectory(at: target, withIntermediateDirectories: true)
    let wanted = Set(try files.contentsOfDirectory(atPath: source.path).filter { !$0.hasPrefix(".build") })
    for name in try files.contentsOfDirectory(atPath: target.path)
    where !wanted.contains(name) && !kept.contains(target.path + "/" + name) {
      try files.removeItem(at: target.appendingPathComponent(name))
    }
    for name in wanted.sorted() {
      try mirror(source.appendingPathComponent(name), at: target.appendingPathComponent(name), keeping: kept)
    }
  }

  struct DoesNotApply: Error, CustomStringConvertible {
    let description: String
  }

  /// Plants `defect`, runs `body`, and takes it out again.
  func planting<R>(_ defect: Defect, _ body: () throws -> R) throws -> R {
    var before: [(URL, String)] = []
    defer {
      for (file, text) in before.reversed() { try? text.write(to: file, atomically: false, encoding: .utf8) }
    }
    for edit in defect.edits {
      let file = root.appendingPathComponent(edit.file)
      let text = try String(contentsOf: file, encoding: .utf8)
      let places = text.components(separatedBy: edit.find).count - 1
      guard places == 1 else {
        throw DoesNotApply(
          description: "\(defect.id): its text stands \(places) times in \(edit.file), not once: bring the defect up to date")
      }
      before.append((file, text))
      try text.replacingOccurrences(of: edit.find, with: edit.replace)
        .write(to: file, atomically: false, encoding: .utf8)
    }
    return try body()
  }
}
