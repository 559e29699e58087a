import ArgumentParser

/// Where the dataset is: what all commands share that train, or that compute something of a run again.
struct DataOption: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp("The directory of CIFAR-100, for runs on it; GRADFLOW_DATA, if not given.", valueName: "dir"))
  var directory: String?

  func validate() throws {
    if directory == "" { throw ValidationError("--data is empty: name a directory") }
  }

  /// What may be read, and so must not be written over.
  var inputs: [String] { InputFiles.directory(directory ?? Environment.dataDirectory) }
}
