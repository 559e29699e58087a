import Foundation
import Synchronization

/// A directory of its own for one test. It is removed, with all it holds, when the object goes.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// One that several tests read. It is removed when the test program ends, as nothing lets go of what is kept until then.
  public static func untilExit() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    lasting.withLock { paths in
      if paths.isEmpty {
        atexit { TemporaryDirectory.lasting.withLock { for path in $0 { try? FileManager.default.removeItem(atPath: path) } } }
      }
      paths.append(directory.path)
    }
    return directory
  }

  private static let lasting = Mutex<[String]>([])

  public func path(_ name: String) -> String { path + "/" + name }

  public func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }

  public func write(_ text: String, _ name: String) throws { try write(Array(text.utf8), name) }

  /// What is in it, or in a directory within it, sorted; nothing if that is not there.
  public func names(_ name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
  }
}

/// Runs `body` with the path of a directory of its own, which is gone afterwards.
public func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = try TemporaryDirectory()
  return try withExtendedLifetime(directory) { try body(directory.path) }
}
