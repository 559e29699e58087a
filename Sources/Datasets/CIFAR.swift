import Files
import Kernels

/// CIFAR-100 and CIFAR-10 in the official binary layout, each file plain or zstd-compressed.
///
/// CIFAR-100: `train.bin`, `test.bin`; a record is a coarse label, a fine label (the class) and 3,072 pixels, planes R G B.
/// CIFAR-10: `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`; a record is a label and the pixels.
/// The coarse label is checked and not used. Sizes are not fixed: a part of the data is a dataset too (`DatasetVerification`
/// tells). Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and its download page.
public enum CIFAR: String, CaseIterable, Sendable {
  case cifar100 = "cifar-100"
  case cifar10 = "cifar-10"

  static let side = 32
  static let coarseClasses = 20
  /// Six times the official size: what is larger, compressed or not, is something else.
  static let sizeLimit = 1 << 30

  var classes: Int { self == .cifar100 ? 100 : 10 }
  var labelBytes: Int { self == .cifar100 ? 2 : 1 }
  var recordBytes: Int { labelBytes + 3 * Self.side * Self.side }
  var trainingFiles: [String] {
    self == .cifar100 ? ["train.bin"] : (1...5).map { "data_batch_\($0).bin" }
  }
  var testFile: String { self == .cifar100 ? "test.bin" : "test_batch.bin" }
  var labelFile: String { self == .cifar100 ? "fine_label_names.txt" : "batches.meta.txt" }
  /// As the official archives call it.
  var folder: String { self == .cifar100 ? "cifar-100-binary" : "cifar-10-batches-bin" }

  /// Reads whichever of the two a directory holds, either itself or in a folder that is called as in the official archive.
  ///
  /// - Parameter threads: that read the two sets; with one, nothing waits for another thread to be given a processor.
  public static func load(directory: String, threads: Int = 2) throws(DatasetError) -> Dataset {
    let (kind, path) = try locate(directory)
    let sets = Reading(of: kind, in: path)
    // The two sets at the same time; where the system refuses the threads, one after the other.
    if let pool = try? WorkerPool(threads: min(threads, Reading.tasks)) {
      pool.run(sets, tasks: Reading.tasks)
    } else {
      for task in 0..<Reading.tasks { sets.perform(task: task, worker: 0, with: ()) }
    }
    return Dataset(
      name: kind.rawValue, classNames: kind.classNames(in: path), training: try sets.training.get(), test: try sets.test.get())
  }

  /// Reads the training set (task 0) and the test set (task 1).
  private final class Reading: ParallelWork {
    static let tasks = 2
    private let kind: CIFAR
    private let path: String
    // Each written by its own task.
    private(set) var training = Result<ImageSet, DatasetError>.failure(.noData(path: ""))
    private(set) var test = Result<ImageSet, DatasetError>.failure(.noData(path: ""))

    init(of kind: CIFAR, in path: String) {
      self.kind = kind
      self.path = path
    }

    func perform(task: Int, worker: Int, with _: Void) {
      if task == 0 { training = read(kind.trainingFiles) } else { test = read([kind.testFile]) }
    }

    private func read(_ files: [String]) -> Result<ImageSet, DatasetError> {
      do { return .success(try kind.read(files, in: path)) } catch { return .failure(error) }
    }
  }

  // MARK: Finding

  /// How large the files are that `load` would read; 0 where it would read none.
  public static func fileBytes(in directory: String) -> Int {
    guard let (kind, path) = try? locate(directory) else { return 0 }
    return (kind.trainingFiles + [kind.testFile]).reduce(0) { sum, file in
      let plain = join(path, file)
      return sum + (fileSize(plain) ?? fileSize(plain + ".zst") ?? 0)
    }
  }

  private static func locate(_ directory: String) throws(DatasetError) -> (CIFAR, String) {
    guard isDirectory(directory) else {
      if let form = OtherForm.named(directory) { throw .otherForm(path: directory, file: directory, form: form) }
      throw fileExists(directory) ? .notADirectory(path: directory) : .missingDirectory(path: directory)
    }
    let present = allCases.filter { $0.isPresent(in: directory) }
    if present.count > 1 { throw .ambiguous(path: directory, files: present.map(\.rawValue)) }
    if let kind = present.first { return (kind, directory) }

    let nested = allCases.filter { $0.isPresent(in: join(directory, $0.folder)) }
    if nested.count > 1 { throw .ambiguous(path: directory, files: nested.map(\.folder)) }
    guard let kind = nested.first else {
      if let (file, form) = OtherForm.found(in: directory) { throw .otherForm(path: directory, file: file, form: form) }
      throw .noData(path: directory)
    }
    return (kind, join(directory, kind.folder))
  }

  /// Whether any of the files is there.
  private func isPresent(in directory: String) -> Bool {
    (trainingFiles + [testFile]).contains { file in
      fileExists(join(directory, file)) || fileExists(join(directory, file) + ".zst")
    }
  }

  // MARK: Reading

  private func read(_ files: [String], in directory: String) throws(DatasetError) -> ImageSet {
    var records: [UInt8] = []
    var labels: [UInt16] = []
    for file in files {
      let (path, bytes) = try content(of: file, in: directory)
      if bytes.isEmpty { throw .empty(path: path) }
      // No file of whole records is as short as a pointer or a page that came in its place.
      if bytes.count < 1 << 20, bytes.count % recordBytes != 0, let format = ForeignFormat(bytes) {
        throw .otherForm(path: path, file: path, form: .otherFile(format))
      }
      guard bytes.count % recordBytes == 0 else {
        throw .partialRecord(path: path, bytes: bytes.count, recordBytes: recordBytes)
      }
      labels += try self.labels(of: bytes, path: path)
      // The usual case of a single file need not copy it.
      if records.isEmpty { records = bytes } else { records += bytes }
    }
    return ImageSet(side: Self.side, labels: labels, records: records, recordBytes: recordBytes)
  }

  private func content(of file: String, in directory: String) throws(DatasetError) -> (path: String, bytes: [UInt8]) {
    let plain = join(directory, file)
    let compressed = plain + ".zst"
    switch (fileExists(plain), fileExists(compressed)) {
    case (false, false): throw .missingFile(path: plain)
    case (true, true): throw .ambiguous(path: directory, files: [file, file + ".zst"])
    case (true, false): return (plain, try Self.fileContent(plain))
    case (false, true):
      let data = try Self.fileContent(compressed)
      do {
        return (compressed, try Zstd.decompress(data, limit: Self.sizeLimit, name: compressed))
      } catch {
        throw .damaged(error)
      }
    }
  }

  private static func fileContent(_ path: String) throws(DatasetError) -> [UInt8] {
    do {
      return try readFile(path, limit: sizeLimit)
    } catch {
      throw .unreadable(error)
    }
  }

  private func labels(of records: [UInt8], path: String) throws(DatasetError) -> [UInt16] {
    var labels: [UInt16] = []
    labels.reserveCapacity(records.count / recordBytes)
    for start in stride(from: 0, to: records.count, by: recordBytes) {
      let record = start / recordBytes
      if self == .cifar100, records[start] >= Self.coarseClasses {
        throw .coarseLabel(
          path: path, record: record, offset: start, found: Int(records[start]), classes: Self.coarseClasses)
      }
      let offset = start + labelBytes - 1
      let label = records[offset]
      guard label < classes else {
        throw .label(path: path, record: record, offset: offset, found: Int(label), classes: classes)
      }
      labels.append(UInt16(label))
    }
    return labels
  }

  /// The names in the label file beside the data. Without such a file, or if it does not name each class: numbers.
  private func classNames(in directory: String) -> [String] {
    let text = (try? readFile(join(directory, labelFile), limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    let names = (text ?? "").split(whereSeparator: \.isNewline).map(String.init)
    return names.count == classes ? names : (0..<classes).map { "class \($0)" }
  }
}

/// What people name where the binary version is wanted.
private enum OtherForm {
  private static let archives = [
    "cifar-100-binary.tar.gz", "cifar-100-python.tar.gz", "cifar-10-binary.tar.gz", "cifar-10-python.tar.gz",
  ]
  private static let folders = ["cifar-100-python", "cifar-10-batches-py"]

  /// A file that is an archive by its name.
  static func named(_ path: String) -> DatasetError.OtherForm? {
    guard fileExists(path), path.contains("cifar") else { return nil }
    return [".tar.gz", ".tgz", ".tar", ".zip"].contains(where: path.hasSuffix) ? .archive : nil
  }

  /// What lies in a directory without the binary files: those for Python, there or in their folder, or an archive.
  static func found(in directory: String) -> (file: String, form: DatasetError.OtherForm)? {
    for place in [directory] + folders.map({ join(directory, $0) }) {
      let isHundred = ["meta", "train", "test"].allSatisfy { fileExists(join(place, $0)) }
      let isTen = ["batches.meta", "data_batch_1", "test_batch"].allSatisfy { fileExists(join(place, $0)) }
      if isHundred || isTen { return (place, .python) }
    }
    return archives.map { join(directory, $0) }.first(where: fileExists).map { ($0, .archive) }
  }
}

private func join(_ directory: String, _ name: String) -> String {
  directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
