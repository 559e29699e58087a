import ArgumentParser
import Files
import Training

/// A file that a command is asked to write; `-` is standard output.
struct OutputFile {
  let path: String
  private let option: String

  /// - Parameters:
  ///   - option: that names it, for messages.
  ///   - inputs: files that the command reads.
  /// - Throws: `ValidationError` if it is one of them, however it is spelt.
  init(_ path: String, option: String, inputs: [String]) throws {
    self.path = path == "-" ? "/dev/stdout" : path
    self.option = option
    if let input = inputs.first(where: { isSameFile($0, self.path) }) {
      let names = input == path ? path : "\(path), which is \(input)"
      throw ValidationError("\(option) names a file that is read: \(names); give another name")
    }
  }

  /// Whether it goes where results are printed, so that nothing else may.
  var isStandardOutput: Bool { openDescriptor(path) == 1 }

  func write(_ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: path) }
  /// A file of tensors, compressed if its name ends in `.zst`, as it is read.
  func write(tensors bytes: [UInt8]) throws { try write(path.hasSuffix(".zst") ? Zstd.compress(bytes) : bytes) }
  func write(_ text: String) throws { try AtomicFile.write(text, to: path) }

  /// A line about what was written: a result, unless that is where the file itself went.
  func tell(_ line: String) throws {
    if isStandardOutput { Console.log(line) } else { try Console.print(line) }
  }
}

/// A directory that a command is asked for: `-`, which elsewhere is standard output, can be none.
enum OutputDirectory {
  static func check(_ path: String?, option: String) throws {
    if path == "-" { throw ValidationError("\(option) names a directory, and - is none: for one of that name, write ./-") }
  }
}

/// What is read, for `OutputFile`.
enum InputFiles {
  /// The files of a run, or the trace alone, named by either.
  static func run(_ path: String) -> [String] {
    var trace = TracePath.resolve(path)
    if !trace.contains("/") { trace = "./" + trace }
    let directory = RunDirectory(path: String(trace.dropLast(RunDirectory(path: "").trace.count)))
    return directory.trace == trace ? directory.files : [trace]
  }

  /// What lies in a directory; nothing if it cannot be read, which the command itself says.
  static func directory(_ path: String?) -> [String] {
    guard let path else { return [] }
    return ((try? directoryEntries(path)) ?? []).map { path + "/" + $0 }
  }
}
