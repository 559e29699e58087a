import CKernels
import Kernels
import Randomness

/// The built-in data: procedural images whose class shows in colour, shape and texture, under random position, scale,
/// rotation, brightness and noise.
///
/// Its seed and version are its own: a run's seed never changes it. Computed with this project's elementary functions, so
/// that it has the same bytes on every machine.
public struct Synthetic: Hashable, Sendable {
  /// Changes whenever a byte of some image changes.
  public static let version = 1
  private static let seed: UInt64 = 0x6772_6164_666c_6f77

  public var classes: Int
  public var side: Int
  public var trainingPerClass: Int
  public var testPerClass: Int

  public init(classes: Int, side: Int, trainingPerClass: Int, testPerClass: Int) {
    precondition((2...1000).contains(classes) && (8...256).contains(side), "\(classes) classes of side \(side)")
    precondition(
      (1...10_000).contains(trainingPerClass) && (1...10_000).contains(testPerClass),
      "\(trainingPerClass) training and \(testPerClass) test images a class")
    self.classes = classes
    self.side = side
    self.trainingPerClass = trainingPerClass
    self.testPerClass = testPerClass
  }

  public var name: String {
    "synthetic-v\(Self.version)-c\(classes)-s\(side)-n\(trainingPerClass)-t\(testPerClass)"
  }

  /// The set of that name, if this version has it.
  public init?(name: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    func number(_ index: Int, _ letter: String, _ range: ClosedRange<Int>) -> Int? {
      guard parts[index].hasPrefix(letter), let number = Int(parts[index].dropFirst()) else { return nil }
      return range.contains(number) ? number : nil
    }
    guard parts.count == 6, let classes = number(2, "c", 2...1000), let side = number(3, "s", 8...256),
      let training = number(4, "n", 1...10_000), let test = number(5, "t", 1...10_000)
    else { return nil }
    self.init(classes: classes, side: side, trainingPerClass: training, testPerClass: test)
    if self.name != name { return nil }
  }

  public func dataset() -> Dataset {
    Dataset(
      name: name, classNames: (0..<classes).map { "pattern \($0)" },
      training: images("training", perClass: trainingPerClass), test: images("test", perClass: testPerClass))
  }

  /// Image `number` of a part is of class number mod classes. It takes its uniform numbers from the stream
  /// `synthetic/PART`, from index 16·number on, and the noise of its byte i from word 3·side²·number + i of
  /// `synthetic/PART/noise`.
  private func images(_ part: String, perClass: Int) -> ImageSet {
    let shapes = RandomStream(seed: Self.seed, name: .synthetic(part))
    let noise = RandomStream(seed: Self.seed, name: .synthetic(part + "/noise"))
    let size = 3 * side * side
    let count = classes * perClass
    var pixels = [UInt8](repeating: 0, count: count * size)
    var words = [UInt32](repeating: 0, count: size)
    pixels.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      for number in 0..<count {
        let first = UInt64(number * SyntheticPicture.randomNumbers)
        let picture = SyntheticPicture(label: number % classes, classes: classes) {
          shapes.uniform(at: first + UInt64($0))
        }
        gf_philox_fill(noise.key, UInt64(number * size), &words, size)
        picture.draw(side: side, noise: words, into: base + number * size)
      }
    }
    return ImageSet(side: side, labels: (0..<count).map { UInt16($0 % classes) }, pixels: pixels)
  }
}
