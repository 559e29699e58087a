import ArgumentParser
import Datasets
import Experiments
import Files
import PlainText

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "What a dataset is, and whether it is whole.",
    subcommands: [InfoCommand.self, VerifyCommand.self])

  struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "info", abstract: "What a dataset is: size, classes, fingerprint, statistics.")

    @Argument(help: "Directory of the dataset; without it, the built-in data of a profile.")
    var directory: String?

    @Option(help: "The profile of the built-in data: smoke or quick; quick, if not given.")
    var profile: Profile?

    @Option(name: .customLong("contact-sheet"), help: "Write a PNG of its images, raw and augmented.")
    var contactSheet: String?

    func validate() throws {
      if directory != nil, profile != nil {
        throw ValidationError("--profile is for the built-in data, and a directory is named")
      }
    }

    func run() throws {
      let sheet = try contactSheet.map {
        try OutputFile($0, option: "--contact-sheet", inputs: InputFiles.directory(directory))
      }
      let dataset: Dataset
      if let directory {
        dataset = try DatasetReading.dataset(in: directory)
      } else if let synthetic = (profile ?? .quick).synthetic {
        dataset = synthetic.dataset()
      } else {
        let profile = profile ?? .quick
        throw ValidationError("the profile \(profile.rawValue) has no built-in data: name a directory")
      }
      for line in DataCommand.describe(dataset) {
        if let sheet { try sheet.tell(line) } else { try Console.print(line) }
      }
      if let sheet {
        try sheet.write(ContactSheet(of: dataset).png)
        try sheet.tell("contact sheet  \(sheet.path)")
      }
    }
  }

  struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Whether a dataset is whole: exit code 0 if it is CIFAR's, 1 if not.")

    @Argument(help: "Directory of the dataset.")
    var directory: String

    func run() throws {
      let dataset = try DatasetReading.dataset(in: directory)
      for line in DataCommand.describe(dataset) { try Console.print(line) }
      let problems = DatasetVerification(dataset).problems
      if problems.isEmpty {
        try Console.print("whole: every class has as many images as the official set")
      } else {
        for problem in problems { try Console.print("not whole: \(problem)") }
        throw Stop(.failed)
      }
    }
  }

  private static func describe(_ dataset: Dataset) -> [String] {
    func perClass(_ set: ImageSet) -> String {
      let counts = set.counts(classes: dataset.classes)
      let (low, high) = (counts.min() ?? 0, counts.max() ?? 0)
      return low == high ? "\(low) a class" : "\(low) to \(high) a class"
    }
    let statistics = dataset.training.channelStatistics
    return [
      "dataset        \(dataset.name)",
      "classes        \(dataset.classes)",
      "images         \(dataset.side) x \(dataset.side), 3 channels",
      "training       \(dataset.training.count) (\(perClass(dataset.training)))",
      "test           \(dataset.test.count) (\(perClass(dataset.test)))",
      "mean           " + statistics.map { Text.fixed($0.mean, 6) }.joined(separator: ", "),
      "deviation      " + statistics.map { Text.fixed($0.deviation, 6) }.joined(separator: ", "),
      "fingerprint    sha256:\(dataset.fingerprint)",
    ]
  }
}
