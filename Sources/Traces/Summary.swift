import Files

/// The course code's result files, under the names and in the layout that its notebooks plot.
///
/// Numbers are printed so that they read back exactly; one that is not finite is printed as "nan", "inf" or "-inf",
/// which Python reads.
public enum Summary {
  /// `result_outputs/summary.csv`: a row per epoch, accuracies as fractions.
  public static func text(epochs: [EpochLine]) -> String {
    table(
      ["train_acc", "train_loss", "val_acc", "val_loss"],
      epochs.map { [$0.trainAccuracy, $0.trainLoss, $0.validationAccuracy, $0.validationLoss] })
  }

  /// `result_outputs/test_summary.csv`: one row.
  public static func text(test: TestLine) -> String {
    table(["test_acc", "test_loss"], [[test.accuracy, test.loss]])
  }

  /// Writes `summary.csv`, and `test_summary.csv` if the run is tested, in `directory`, which is created if need be; a
  /// `test_summary.csv` of an earlier run is removed otherwise. Each file is replaced whole or not at all.
  public static func write(epochs: [EpochLine], test: TestLine?, to directory: String) throws {
    try createDirectory(directory)
    try AtomicFile.write(text(epochs: epochs), to: directory + "/summary.csv")
    if let test {
      try AtomicFile.write(text(test: test), to: directory + "/test_summary.csv")
    } else {
      try removeFile(directory + "/test_summary.csv")
    }
  }

  private static func table(_ names: [String], _ rows: [[Double]]) -> String {
    let lines = [names] + rows.map { $0.map(exactText) }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
