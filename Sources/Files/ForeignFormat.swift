/// A kind of file that often lies where another one is expected, known by its first bytes.
public enum ForeignFormat: String, Equatable, Sendable, CaseIterable {
  case gitLFSPointer
  case torchArchive
  case pickle
  case webPage
  case gzip
  case zstd
  case hdf5
  case numpy

  /// - Parameter bytes: the file's content, or its beginning.
  public init?(_ bytes: some Collection<UInt8>) {
    let head = Array(bytes.prefix(64))
    func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
    if begins("version https://git-lfs.github.com/spec/") {
      self = .gitLFSPointer
    } else if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") {
      self = .torchArchive
    } else if head.count >= 2, head[0] == 0x80, (2...5).contains(head[1]) {
      self = .pickle
    } else if Self.isWebPage(head) {
      self = .webPage
    } else if head.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if head.starts(with: ZstdFrame.magic) {
      self = .zstd
    } else if head.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .hdf5
    } else if head.starts(with: [0x93] + Array("NUMPY".utf8)) {
      self = .numpy
    } else {
      return nil
    }
  }

  private static func isWebPage(_ head: [UInt8]) -> Bool {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let text = String(decoding: head.starts(with: mark) ? head[3...] : head[...], as: UTF8.self)
    let start = text.drop(while: \.isWhitespace).prefix(14).lowercased()
    return ["<!doctype html", "<html", "<head", "<?xml"].contains { start.hasPrefix($0) }
  }

  /// What the file is, as it stands after "it is".
  public var what: String {
    switch self {
    case .gitLFSPointer: "a Git LFS pointer, not the file that it stands for: `git lfs pull` fetches that"
    case .torchArchive: "a zip archive, as torch.save writes"
    case .pickle: "a Python pickle, as torch.save once wrote"
    case .webPage: "a web page, as a server sends where a download needs a login or has moved: download the file itself"
    case .gzip: "compressed with gzip: unpack it first"
    case .zstd: "compressed with zstd"
    case .hdf5: "an HDF5 file"
    case .numpy: "a NumPy array"
    }
  }

  /// The same where named tensors are wanted, with what to do.
  var instead: String {
    switch self {
    case .gitLFSPointer, .webPage, .gzip: what
    case .torchArchive: what + ": load it in Python, and write its state dict with safetensors.torch.save_file"
    case .pickle:
      what + " and which can run any program when it is loaded: load it in Python if you trust it, and write its state dict "
        + "with safetensors.torch.save_file"
    case .zstd: what + ": unpack it first (zstd -d)"
    case .hdf5: what + ": read it with the program that wrote it, and save the tensors as safetensors"
    case .numpy: what + ": load it in Python, and write it with safetensors.numpy.save_file"
    }
  }
}
