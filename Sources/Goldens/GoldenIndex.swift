import Files
import Traces

/// `index.csv`: one line for each golden. A reviewer sees in its diff what changed: the reference run, the bands, or, if only
/// the seal differs, anything else in the file.
public enum GoldenIndex {
  static let header =
    "file,row,profile,seed,epochs,train_loss,train_accuracy,val_loss,val_accuracy,test_loss,test_accuracy,digest,"
    + "data_fingerprint,numerics,ensemble_seeds,ensemble_numerics,method,false_alarm_rate,provisional,val_loss_band,"
    + "val_accuracy_band,thresholds,seal,reason"

  static func line(_ golden: Golden) -> String {
    let header = golden.trace.header, ensemble = golden.bands?.ensemble
    var cells = [
      "\(golden.profile)/\(golden.row).jsonl.zst", golden.row, golden.profile, "\(header.seed)", "\(golden.trace.epochs.count)",
    ]
    if let last = golden.trace.epochs.last, let test = golden.trace.test {
      cells += [
        last.trainLoss, last.trainAccuracy, last.validationLoss, last.validationAccuracy, test.loss, test.accuracy,
      ].map(exactText)
      cells.append("\(last.digest)")
    }
    cells += [header.dataFingerprint, "\(header.numerics)"]
    cells += [
      ensemble.map { "\($0.seeds.count)" } ?? "0", ensemble.map { "\($0.numerics)" } ?? "",
      ensemble.map { "\($0.method.rawValue) \($0.version)" } ?? "",
      ensemble?.falseAlarmRate.map { "\($0)" } ?? "", ensemble.map { $0.isProvisional ? "yes" : "no" } ?? "",
      lastInterval(.validationLoss, golden), lastInterval(.validationAccuracy, golden),
      golden.bands.map { $0.bands.map(threshold).joined(separator: "; ") } ?? "",
      String("\(golden.seal)".prefix(16)), golden.reason,
    ]
    return CSV.line(cells)
  }

  /// The band of the last epoch: `0.1053..0.4021`.
  private static func lastInterval(_ metric: Metric, _ golden: Golden) -> String {
    guard let band = golden.bands?.interval(metric, epoch: golden.trace.epochs.count - 1) else { return "" }
    // Four digits are enough for a reader, and equal on systems whose pow differs in the last place.
    return "\(significant(band.lower, digits: 4))..\(significant(band.upper, digits: 4))"
  }

  /// `update 7.35299 (119 layers)`: how many deviations are allowed, and in how many layers if the metric has layers.
  private static func threshold(_ band: Band) -> String {
    "\(band.metric.rawValue) \(band.threshold)" + (band.metric.hasLayers ? " (\(band.layers.count) layers)" : "")
  }
}
