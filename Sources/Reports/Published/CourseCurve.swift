/// A curve that shipped with the course code (VICO-UoE/mlpractical at f0d9c6e), an epoch a row. VGG08's file has 101 rows:
/// one more than the protocol has epochs.
struct CourseCurve: Sendable {
  let trainLoss: [Double]
  let trainAccuracy: [Double]
  let validationLoss: [Double]
  let validationAccuracy: [Double]

  static let vgg08 = CourseCurve(PackageResources.course_vgg08_csv)
  static let vgg38 = CourseCurve(PackageResources.course_vgg38_csv)

  /// The row's, where one was shipped.
  static func named(_ row: String) -> CourseCurve? {
    switch row {
    case "vgg08": vgg08
    case "vgg38": vgg38
    default: nil
    }
  }

  private init(_ bytes: [UInt8]) {
    let records = CSVTable(bytes).records
    func column(_ name: String) -> [Double] {
      records.map { row in
        guard let value = row[name].flatMap(Double.init) else { preconditionFailure("a course curve has no \(name)") }
        return value
      }
    }
    trainLoss = column("train_loss")
    trainAccuracy = column("train_acc")
    validationLoss = column("val_loss")
    validationAccuracy = column("val_acc")
  }
}
