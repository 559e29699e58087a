import Datasets
import Randomness
import TestSupport
import Testing

@Suite("Augmentation and normalisation")
struct AugmentationTests {
  private static let set = ImageSet(
    side: 5, labels: [0, 0],
    pixels: {
      var s = Generator(seed: 4); return (0..<150).map { _ in s.byte() }
    }())

  struct Crop: CustomTestStringConvertible, Sendable {
    let down: Int
    let right: Int
    let flipped: Bool
    var testDescription: String { "down \(down), right \(right)\(flipped ? ", flipped" : "")" }
  }

  private static let crops = [-5, -4, -1, 0, 2, 4, 6].flatMap { down in
    [-4, 0, 1, 5].flatMap { right in [false, true].map { Crop(down: down, right: right, flipped: $0) } }
  }

  @Test("an image is padded, cropped, flipped and normalised as a plain reference does it", arguments: crops)
  func reference(crop: Crop) {
    let side = 5, padding = 6, index = 1
    // Pad the raw pixels with zeros.
    let wide = side + 2 * padding
    var padded = [[[Double]]](repeating: .init(repeating: .init(repeating: 0, count: wide), count: wide), count: 3)
    for c in 0..<3 {
      for y in 0..<side {
        for x in 0..<side {
          padded[c][y + padding][x + padding] = Double(Self.set.pixels[index * 75 + c * 25 + y * 5 + x])
        }
      }
    }
    // Crop, mirror the crop, then normalise.
    let means = [0.4914, 0.4822, 0.4465], deviations = [0.2023, 0.1994, 0.2010]
    var expected: [Float] = []
    for y in 0..<side {
      var row = (0..<side).map { x in (0..<3).map { padded[$0][y + padding + crop.down][x + padding + crop.right] } }
      if crop.flipped { row.reverse() }
      for pixel in row { for c in 0..<3 { expected.append(Float((pixel[c] / 255 - means[c]) / deviations[c])) } }
    }
    let found = [Float](unsafeUninitializedCapacity: 75) { out, count in
      Normalisation().write(
        Self.set, index, down: crop.down, right: crop.right, flipped: crop.flipped, to: out.baseAddress!)
      count = 75
    }
    #expect(found == expected)
  }

  @Test("a byte becomes (byte / 255 − mean) / deviation, rounded once")
  func values() {
    let normalisation = Normalisation()
    for byte in 0...255 {
      #expect(normalisation.value(UInt8(byte), channel: 1) == Float((Double(byte) / 255 - 0.4822) / 0.1994))
    }
    // By hand: (1 − 0.4914) / 0.2023 and −0.4465 / 0.2010.
    #expect(abs(normalisation.value(255, channel: 0) - 2.514_088) < 1e-6)
    #expect(abs(normalisation.value(0, channel: 2) + 2.221_393) < 1e-6)
  }

  @Test(
    "crops and flips are the documented function of seed, epoch and the image's number, in every epoch of a long run",
    arguments: [0, 3, 63, 64, 65, 99, 128, 255, 256, 1_000, 65_536, 99_999])
  func documented(epoch: Int) {
    let plan = AugmentationPlan(seed: 11, epoch: epoch, padding: 4, flips: true)
    let crops = RandomStream(seed: 11, name: .crop, epoch: UInt64(epoch))
    let flips = RandomStream(seed: 11, name: .flip, epoch: UInt64(epoch))
    for number in [0, 1, 17, 49_999] {
      let choice = plan.choice(for: number), index = UInt64(number)
      #expect(choice.down == crops.integer(below: 9, at: 2 * index) - 4)
      #expect(choice.right == crops.integer(below: 9, at: 2 * index + 1) - 4)
      #expect(choice.flipped == (flips.uniform(at: index) < 0.5))
    }
  }

  @Test("the order of asking does not matter; seed and epoch do")
  func independence() {
    func choices(_ numbers: [Int], seed: UInt64 = 0, epoch: Int = 0) -> [Int: [Int]] {
      let plan = AugmentationPlan(seed: seed, epoch: epoch, padding: 4, flips: true)
      return numbers.reduce(into: [:]) {
        let choice = plan.choice(for: $1)
        $0[$1] = [choice.down, choice.right, choice.flipped ? 1 : 0]
      }
    }
    let numbers = Array(0..<50)
    #expect(choices(numbers) == choices(numbers.reversed()))
    #expect(choices(numbers) != choices(numbers, seed: 1))
    #expect(choices(numbers) != choices(numbers, epoch: 1))
  }

  @Test("no two of 300 epochs crop and mirror the images alike")
  func epochs() {
    let plans = (0..<300).map { epoch in
      let plan = AugmentationPlan(seed: 7, epoch: epoch, padding: 4, flips: true)
      return (0..<20).map { [plan.choice(for: $0).down, plan.choice(for: $0).right, plan.choice(for: $0).flipped ? 1 : 0] }
    }
    // All three streams: crops alike with other flips are no other epoch.
    #expect(Set(plans.map { $0.map { Array($0.prefix(2)) } }).count == 300)
    #expect(Set(plans.map { $0.map { $0[2] } }).count > 290)
  }

  @Test("offsets take each value from −padding to padding about equally often, flips half of the time")
  func distribution() {
    let plan = AugmentationPlan(seed: 0, epoch: 0, padding: 4, flips: true)
    let count = 9000
    var down = [Int](repeating: 0, count: 9), right = down
    var flips = 0, both = 0
    for number in 0..<count {
      let choice = plan.choice(for: number)
      down[choice.down + 4] += 1
      right[choice.right + 4] += 1
      flips += choice.flipped ? 1 : 0
      both += choice.down == choice.right ? 1 : 0
    }
    // 1000 expected, standard deviation 30; 4500, 47.
    for offset in 0..<9 {
      #expect((850...1150).contains(down[offset]) && (850...1150).contains(right[offset]), "offset \(offset - 4)")
    }
    #expect((850...1150).contains(both), "down and right go together")
    #expect((4260...4740).contains(flips))
  }

  @Test("without padding nothing moves, without flips nothing is mirrored")
  func off() {
    let plan = AugmentationPlan(seed: 0, epoch: 0, padding: 0, flips: false)
    for number in 0..<100 { #expect(plan.choice(for: number) == (0, 0, false)) }
  }
}
