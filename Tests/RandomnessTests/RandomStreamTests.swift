import Randomness
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  static let names: [StreamName] = [
    .shuffle, .crop, .flip, .initialisation("weight"), .initialisation("bias"), .validationSplit(class: 1),
    .validationSplit(class: 11), .synthetic("class"), .synthetic("noise"),
  ]

  @Test("seed, name and epoch each lead to another stream")
  func streamsDiffer() {
    var keys: Set<UInt64> = []
    var firstValues: Set<UInt64> = []
    var count = 0
    for name in Self.names {
      for seed: UInt64 in [0, 1, 2, 255, 256, 1 << 32, .max] {
        for epoch: UInt64 in [0, 1, 2, 255, 256, 1 << 32, .max] {
          let stream = RandomStream(seed: seed, name: name, epoch: epoch)
          keys.insert(stream.key)
          firstValues.insert(stream.value(at: 0))
          count += 1
        }
      }
    }
    #expect(keys.count == count && firstValues.count == count)
  }

  @Test("the names of the streams are those of the contract")
  func namesArePinned() {
    #expect(
      Self.names.map(\.description) == [
        "shuffle", "crop", "flip", "initialisation/weight", "initialisation/bias", "validation-split/1",
        "validation-split/11", "synthetic/class", "synthetic/noise",
      ])
  }

  @Test("uniform numbers are in [0, 1) and even: mean, variance, 100 bins, and no correlation with the next")
  func uniformity() {
    let count = 100_000
    let stream = RandomStream(seed: 0, name: .crop)
    let numbers = (0..<count).map { stream.uniform(at: UInt64($0)) }
    #expect(numbers.allSatisfy { 0 <= $0 && $0 < 1 })

    let n = Double(count)
    let mean = numbers.reduce(0, +) / n
    // Four standard deviations of a mean of numbers whose variance is 1/12.
    #expect(abs(mean - 0.5) < 4 * (1 / (12 * n)).squareRoot())
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    // The squares' variance is 1/80 − 1/144 = 1/180.
    #expect(abs(variance - 1.0 / 12) < 4 * (1 / (180 * n)).squareRoot())
    var covariance = 0.0
    for (a, b) in zip(numbers, numbers.dropFirst()) { covariance += (a - mean) * (b - mean) }
    #expect(abs(covariance / n) < 4 / 12 / n.squareRoot())

    var bins = [Int](repeating: 0, count: 100)
    for number in numbers { bins[Int(number * 100)] += 1 }
    let chiSquare = bins.reduce(0) { $0 + (Double($1) - n / 100) * (Double($1) - n / 100) / (n / 100) }
    // χ² with 99 degrees of freedom: mean 99, standard deviation √198. Too even is as wrong as too uneven.
    #expect(abs(chiSquare - 99) < 4 * 198.0.squareRoot())
  }

  @Test("every integer below a bound comes, as often as the others", arguments: [1, 2, 9, 100])
  func integersAreEven(_ bound: Int) {
    let stream = RandomStream(seed: 0, name: .crop, epoch: 5)
    let count = 20_000
    var tally = [Int](repeating: 0, count: bound)
    for i in 0..<count { tally[stream.integer(below: bound, at: UInt64(i))] += 1 }
    let share = Double(count) / Double(bound)
    for times in tally { #expect(abs(Double(times) - share) < 5 * share.squareRoot() || bound == 1) }
    #expect(tally.reduce(0, +) == count)
  }

  @Test("normal numbers have mean 0, variance 1, and the tails of the normal distribution")
  func normality() {
    let stream = RandomStream(seed: 0, name: .synthetic("noise"))
    let count = 20_000
    let numbers = (0..<UInt64(count)).map { stream.normal(at: $0) }
    let n = Double(count)
    let mean = numbers.reduce(0, +) / n
    #expect(abs(mean) < 4 / n.squareRoot())
    #expect(abs(numbers.reduce(0) { $0 + $1 * $1 } / n - 1) < 4 * (2 / n).squareRoot())
    // Shares beyond 1, 2 and 3 standard deviations.
    for (limit, share) in [(1.0, 0.317311), (2, 0.045500), (3, 0.002700)] {
      let found = Double(numbers.filter { abs($0) > limit }.count) / n
      #expect(abs(found - share) < 4 * (share * (1 - share) / n).squareRoot())
    }
  }

  @Test("a permutation holds every number once, is another one each epoch, and leaves no place preferred")
  func permutations() {
    let orders = (0..<400).map { RandomStream(seed: 0, name: .shuffle, epoch: UInt64($0)).permutation(10) }
    for order in orders { #expect(order.sorted() == Array(0..<10)) }
    #expect(Set(orders).count == orders.count)
    for place in 0..<10 {
      for number in 0..<10 {
        let times = orders.filter { $0[place] == number }.count
        // 40 expected, with a standard deviation of 6.
        #expect((16...64).contains(times), "\(number) at place \(place): \(times) times of 400")
      }
    }
    // All six orders of three come.
    #expect(Set((0..<100).map { RandomStream(seed: $0, name: .flip).permutation(3) }).count == 6)
  }
}
