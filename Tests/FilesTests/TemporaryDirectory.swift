import Foundation

@testable import Files

/// A directory of its own for one test; it goes with the object.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID().uuidString)")
    path = directory.path
    try createDirectory(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(_ name: String) -> String { path + "/" + name }

  /// What is in it, sorted.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// The error that `body` throws, as an `Expected`; `nil` if it throws none or another.
func failure<Expected: Error, Result>(_ type: Expected.Type, _ body: () throws -> Result) -> Expected? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Expected
  }
}
