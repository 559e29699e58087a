import ArgumentParser
import Digests
import Experiments
import Files

/// The file that describes rows which the program does not have.
struct MatrixOption: ParsableArguments {
  @Option(
    name: .customLong("matrix"),
    help: "A YAML file that describes rows; `gradflow list --yaml` prints the built-in ones in that form.")
  var file: String?

  /// `nil` without a file.
  ///
  /// - Throws: `FileError`, `MatrixFileError`.
  func rows() throws -> [ExperimentRow]? {
    try file.map { try MatrixFile(bytes: try readFile($0, limit: 1 << 22), name: $0).rows }
  }

  /// What tells one content of the file from another; `nil` without a file.
  ///
  /// - Throws: `FileError`.
  func digest() throws -> String? {
    try file.map { String(Digest(of: String(decoding: try readFile($0, limit: 1 << 22), as: UTF8.self)).description.prefix(16)) }
  }
}
