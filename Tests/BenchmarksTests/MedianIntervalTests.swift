import Benchmarks
import Testing

@Suite("The median's confidence interval")
struct MedianIntervalTests {
  /// Ranks from Conover's table of the binomial distribution with p = 1/2: the largest r with P(at most r) <= 0.025.
  @Test(
    "leaves out as many values at either end as the binomial distribution allows",
    arguments: [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (12, 2), (17, 4), (20, 5)])
  func ranks(count: Int, outside: Int) {
    #expect(MedianInterval.ranksOutside(count: count) == outside)
  }

  @Test("lies around the median, between values of the sample")
  func interval() {
    let interval = MedianInterval((1...20).map(Double.init).reversed())
    #expect(interval.median == 10.5 && interval.lower == 6 && interval.upper == 15)
  }

  @Test("of blocks, is that of their medians; the median is that of all values")
  func blocks() {
    // Twelve blocks, whose medians are 2, 5, ..., 35, and two values more.
    let interval = MedianInterval((1...36).map(Double.init) + [100, 101], block: 3)
    #expect(interval.median == 19.5 && interval.lower == 8 && interval.upper == 29)
  }

  @Test("holds the median of the distribution as often as it says")
  func coverage() {
    // A linear congruential generator stands for independent uniform values: 2000 samples of 20.
    var state: UInt64 = 1
    var held = 0
    for _ in 0..<2000 {
      let interval = MedianInterval(
        (0..<20).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Double(state >> 11) * 0x1p-53
        })
      if interval.lower <= 0.5, 0.5 <= interval.upper { held += 1 }
    }
    // 1 - 2 P(at most 5 of 20) = 95.9 %; four standard deviations are 1.8 %.
    #expect(abs(Double(held) / 2000 - 0.9586) < 0.018)
  }
}
