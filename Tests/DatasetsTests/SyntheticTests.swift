import Datasets
import Testing

@Suite("The built-in synthetic data")
struct SyntheticTests {
  private static let specification = Synthetic(classes: 10, side: 16, trainingPerClass: 12, testPerClass: 3)

  @Test("have the bytes of version 1: another byte needs another version")
  func pinned() {
    #expect(Synthetic.version == 1)
    #expect(
      Self.specification.dataset().fingerprint.description
        == "c86ea16b83136636546742e92e36b8f70600603985bd1f5e21952b624549e9e8")
    #expect(
      Synthetic(classes: 7, side: 9, trainingPerClass: 2, testPerClass: 1).dataset().fingerprint.description
        == "808d1df37f29b929703183b32044986aecc343abc046ba0c5e81e38cae7ea129")
  }

  @Test("have as many images, classes and pixels as asked for, and say so in their name")
  func sizes() {
    let dataset = Self.specification.dataset()
    #expect(dataset.name == "synthetic-v1-c10-s16-n12-t3")
    #expect(dataset.classes == 10)
    #expect(dataset.side == 16)
    #expect(dataset.training.counts(classes: 10) == [Int](repeating: 12, count: 10))
    #expect(dataset.test.counts(classes: 10) == [Int](repeating: 3, count: 10))
  }

  @Test("hold no image twice, in training and test together")
  func distinct() {
    let dataset = Self.specification.dataset()
    let images = [dataset.training, dataset.test].flatMap { set in
      (0..<set.count).map { Array(set.pixels[$0 * set.imageBytes..<($0 + 1) * set.imageBytes]) }
    }
    #expect(Set(images).count == 150)
  }

  @Test("use the range of bytes, without being mostly black or white")
  func range() {
    let pixels = Self.specification.dataset().training.pixels
    let extremes = pixels.filter { $0 == 0 || $0 == 255 }.count
    #expect(extremes > 0)
    #expect(extremes < pixels.count / 20)
    for channel in Self.specification.dataset().training.channelStatistics {
      #expect((0.4...0.55).contains(channel.mean) && (0.15...0.3).contains(channel.deviation))
    }
  }

  @Test("are easier to tell apart by class than by chance, and not trivially")
  func difficulty() {
    // A nearest-mean classifier on raw pixels: what needs no network.
    let dataset = Synthetic(classes: 10, side: 16, trainingPerClass: 40, testPerClass: 20).dataset()
    let size = dataset.training.imageBytes
    var means = [[Double]](repeating: .init(repeating: 0, count: size), count: 10)
    for number in 0..<dataset.training.count {
      let label = Int(dataset.training.labels[number])
      for place in 0..<size { means[label][place] += Double(dataset.training.pixels[number * size + place]) / 40 }
    }
    let right = (0..<dataset.test.count).filter { number in
      let distances = means.map { mean in
        (0..<size).reduce(0.0) { sum, place in
          let difference = mean[place] - Double(dataset.test.pixels[number * size + place])
          return sum + difference * difference
        }
      }
      return distances.indices.min { distances[$0] < distances[$1] } == Int(dataset.test.labels[number])
    }
    let accuracy = Double(right.count) / Double(dataset.test.count)
    #expect((0.2...0.8).contains(accuracy), "\(accuracy)")
  }
}
