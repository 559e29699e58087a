import Files

/// Why a dataset cannot be used: the facts, and what to do.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  case missingDirectory(path: String)
  case notADirectory(path: String)
  case noData(path: String)
  /// The data in the form for Python, or an archive that is not unpacked: `file` is what shows it.
  case otherForm(path: String, file: String, form: OtherForm)
  /// More than one dataset in a directory, or a file both plain and compressed.
  case ambiguous(path: String, files: [String])
  case missingFile(path: String)
  /// A file that is there, but cannot be read.
  case unreadable(FileError)
  /// A `.zst` file that is not whole.
  case damaged(ZstdError)
  case empty(path: String)
  case partialRecord(path: String, bytes: Int, recordBytes: Int)
  /// Records count from 0. `offset`: of the label's byte in the (decompressed) file.
  case label(path: String, record: Int, offset: Int, found: Int, classes: Int)
  case coarseLabel(path: String, record: Int, offset: Int, found: Int, classes: Int)
  case tooFewImages(dataset: String, label: Int, found: Int, needed: Int)
  case tooFewForSplit(dataset: String, found: Int, needed: Int)
  case batchTooLarge(batch: Int, images: Int)

  public enum OtherForm: Equatable, Sendable { case python, archive, otherFile(ForeignFormat) }

  private static let remedy = "`make data` fetches CIFAR-100"

  public var description: String {
    switch self {
    case .missingDirectory(let path):
      "\(Self.quoted(path)): there is no such directory; \(Self.remedy), and --data or GRADFLOW_DATA says where it is"
    case .notADirectory(let path):
      "\(path) is not a directory; name the directory that holds train.bin and test.bin (or their .zst files)"
    case .noData(let path):
      "\(Self.quoted(path)) holds neither CIFAR-100 (train.bin, test.bin) nor CIFAR-10 (data_batch_1.bin to "
        + "data_batch_5.bin, test_batch.bin), plain or .zst; \(Self.remedy)"
    case .otherForm(_, let file, .python):
      "\(file): these are CIFAR's files for Python (pickles), which this program does not read: get the binary version, whose "
        + "archive is called cifar-100-binary.tar.gz (\(Self.remedy))"
    case .otherForm(_, let file, .archive):
      "\(file): this archive is not unpacked: unpack it (tar -xzf), and name the directory that comes out of it"
        + (file.contains("python") ? "; but it is the version for Python, and the binary version is needed (\(Self.remedy))" : "")
    case .otherForm(_, let file, .otherFile(let format)): "\(file) holds no images: it is \(format.what) (\(Self.remedy))"
    case .ambiguous(let path, let files):
      "\(path) holds \(files.joined(separator: " and ")): keep one of them, so that it is certain which is meant"
    case .missingFile(let path):
      "\(path) is missing (plain or .zst): the dataset is not whole; get it again (\(Self.remedy))"
    case .unreadable(let error): error.description
    case .damaged(let error): "\(error) (\(Self.remedy))"
    case .empty(let path): "\(path) is empty: get it again (\(Self.remedy))"
    case .partialRecord(let path, let bytes, let recordBytes):
      "\(path) has \(bytes) bytes, which is \(bytes / recordBytes) records of \(recordBytes) bytes and, from byte "
        + "\(bytes - bytes % recordBytes) on, \(bytes % recordBytes) more: it was cut off, or is another format; get it "
        + "again (\(Self.remedy))"
    case .label(let path, let record, let offset, let found, let classes):
      "\(path): record \(record) (from 0) has the label \(found) at byte \(offset); labels are 0 to \(classes - 1): it is "
        + "damaged, or another format; get it again (\(Self.remedy))"
    case .coarseLabel(let path, let record, let offset, let found, let classes):
      "\(path): record \(record) (from 0) has the coarse label \(found) at byte \(offset); coarse labels are 0 to "
        + "\(classes - 1): it is damaged, or another format; get it again (\(Self.remedy))"
    case .tooFewImages(let dataset, let label, let found, let needed):
      "\(dataset): class \(label) has \(found) training images; the validation split takes \(needed) of each class and must "
        + "leave at least one: get the whole dataset"
    case .tooFewForSplit(let dataset, let found, let needed):
      "\(dataset) has \(found) training images; the validation split takes \(needed) of them and must leave at least one: get "
        + "the whole dataset"
    case .batchTooLarge(let batch, let images):
      "a batch of \(batch) is larger than the training set of \(images) images; give a smaller batch in a matrix file, or "
        + "more images"
    }
  }

  /// An empty path would leave a sentence without its subject.
  private static func quoted(_ path: String) -> String { path.isEmpty ? "\"\"" : path }
}
