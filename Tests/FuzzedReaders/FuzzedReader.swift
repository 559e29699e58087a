import Experiments
import Files
import Goldens
import Traces

/// What reads files that others may have made, damaged or forged: any bytes are read as something valid or refused with the
/// reader's own error. A trap, a property that does not hold, a leak or a reader that does not come back is a finding.
public enum FuzzedReader: String, CaseIterable, Sendable {
  case json, safetensors, zstd, trace, golden, matrix, cifar

  /// Reads `bytes`, and holds what was read against what the reader promises of it.
  ///
  /// - Returns: whether they were accepted.
  public func read(_ bytes: [UInt8]) -> Bool {
    do {
      switch self {
      case .json: try Self.readJSON(bytes)
      case .safetensors: try Self.readSafeTensors(bytes)
      case .zstd: try Self.readZstd(bytes)
      case .trace: try Self.readTrace(bytes)
      case .golden: try Self.readGolden(bytes)
      case .matrix: try Self.readMatrix(bytes)
      case .cifar: try Self.readCIFAR(bytes)
      }
      return true
    } catch {
      // The message is made of the file's own content: it must not fall over it either.
      precondition(!"\(error)".isEmpty, "an error without a word")
      return false
    }
  }

  /// What is printed reads back as the same.
  private static func readJSON(_ bytes: [UInt8]) throws {
    do throws(JSONError) {
      let value = try JSONValue(parsing: bytes)
      for text in [value.description, value.indented] {
        let again = try? JSONValue(parsing: text)
        precondition(again == value, "read back as something else: \(text)")
      }
    } catch {
      precondition((0...bytes.count).contains(error.offset), "an error at byte \(error.offset) of \(bytes.count)")
      throw error
    }
  }

  /// Every tensor has the bytes of its shape.
  private static func readSafeTensors(_ bytes: [UInt8]) throws {
    let file = try SafeTensors(bytes: bytes, name: "file")
    for name in file.names {
      guard let tensor = file[name] else { preconditionFailure("\(name) is named, and not there") }
      precondition(tensor.bytes.count == tensor.shape.reduce(tensor.type.bytes, *), "\(name) has other bytes than its shape")
      precondition((tensor.doubles?.count ?? tensor.integers?.count) == tensor.count, "\(name) has other elements than its shape")
    }
  }

  /// Frames are within the limit, and the tail begins within the file; the whole file is what its frames are.
  private static func readZstd(_ bytes: [UInt8]) throws {
    let limit = 1 << 20
    var content: [UInt8] = []
    let tail = try Zstd.frames(bytes, limit: limit, name: "file", needsChecksums: false) { content += $0 }
    precondition(content.count <= limit, "\(content.count) bytes beyond the limit")
    if let tail {
      precondition(bytes.indices.contains(tail.offset), "a tail at byte \(tail.offset) of \(bytes.count)")
      throw tail.error
    }
    guard !bytes.isEmpty else { return }
    let whole = try Zstd.decompress(bytes, limit: limit, name: "file")
    precondition(whole == content, "the whole file is not what its frames are")
    let again = try Zstd.decompress(Zstd.compress(whole), limit: limit, name: "file")
    precondition(again == whole, "compressed to something else")
  }

  private static func readTrace(_ bytes: [UInt8]) throws {
    let trace = try Trace(content: bytes, path: "file")
    precondition(trace.lines > 0, "a trace of no lines")
    _ = (trace.stepDigests, trace.layersByEpoch)
  }

  /// Without its last line: the seal is made here, since no change of the rest would get past it otherwise.
  private static func readGolden(_ bytes: [UInt8]) throws {
    let golden = try Golden(content: bytes + Golden.seal(of: bytes), path: "file")
    let again = try? Golden(content: golden.content, path: "file")
    precondition(again?.content == golden.content, "written as something else")
  }

  private static func readMatrix(_ bytes: [UInt8]) throws {
    let file = try MatrixFile(yaml: String(decoding: bytes, as: UTF8.self), name: "file")
    let again = try? MatrixFile(yaml: file.yaml, name: "file")
    precondition(again == file, "written as something else: \(file.yaml)")
  }
}
