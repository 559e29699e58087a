/// A picture of a dataset: for each of its classes (evenly chosen, if there are many) a row of training images as they are,
/// then the same ones as training sees them in its first epoch.
public struct ContactSheet: Sendable {
  public static let columns = 8
  public static let rowLimit = 20
  /// White pixels between images; the two halves are three times as far apart.
  static let gap = 2
  /// Small images are drawn larger, up to this side.
  static let preferredSide = 64

  public let width: Int
  public let height: Int
  /// [height][width][3]
  public private(set) var rgb: [UInt8]

  /// - Parameters:
  ///   - padding, flips, seed: of the augmentation shown.
  public init(of dataset: Dataset, padding: Int = 4, flips: Bool = true, seed: UInt64 = 0) {
    let side = dataset.side, gap = Self.gap
    let rows = min(dataset.classes, Self.rowLimit)
    let scale = max(1, Self.preferredSide / side)
    let cell = side * scale + gap
    width = 2 * Self.columns * cell + 3 * gap
    height = rows * cell + gap
    rgb = [UInt8](repeating: 255, count: width * height * 3)

    let plan = AugmentationPlan(seed: seed, epoch: 0, padding: padding, flips: flips)
    for row in 0..<rows {
      let label = row * dataset.classes / rows
      let numbers = dataset.training.labels.indices.filter { Int(dataset.training.labels[$0]) == label }
      for column in 0..<min(Self.columns, numbers.count) {
        // Evenly through the class: neighbours in canonical order look alike, as their first pixels do.
        let number = numbers[column * numbers.count / min(Self.columns, numbers.count)]
        let top = gap + row * cell
        draw(
          dataset.training, number, Augmentation(down: 0, right: 0, flipped: false), top: top, left: gap + column * cell,
          scale: scale)
        draw(
          dataset.training, number, plan.choice(for: number), top: top, left: 3 * gap + (Self.columns + column) * cell,
          scale: scale)
      }
    }
  }

  private mutating func draw(
    _ set: ImageSet, _ number: Int, _ choice: Augmentation, top: Int, left: Int, scale: Int
  ) {
    let side = set.side
    for y in 0..<side * scale {
      for x in 0..<side * scale {
        let row = y / scale + choice.down
        let column = (choice.flipped ? side - 1 - x / scale : x / scale) + choice.right
        let isInside = (0..<side).contains(row) && (0..<side).contains(column)
        for channel in 0..<3 {
          rgb[((top + y) * width + left + x) * 3 + channel] =
            isInside ? set.pixels[number * set.imageBytes + (channel * side + row) * side + column] : 0
        }
      }
    }
  }

  public var png: [UInt8] { PNG.encode(width: width, height: height, rgb: rgb) }
}
