/// Numbers for the inputs of tests, the same on every machine and in every run: SplitMix64. Source: Steele, Lea & Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014. Training draws from other streams (`Randomness`), which are tested.
public struct Generator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// A seed of its own for every name (FNV-1a), so that a case that is added leaves the inputs of the others alone.
  public init(_ name: String) {
    state = name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number from 0 to `bound` − 1.
  public mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }

  public mutating func integer(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  public mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

  public mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

  /// Written out, and not the library's `shuffled(using:)`, which may draw other numbers in another version.
  public mutating func shuffled<Element>(_ values: [Element]) -> [Element] {
    var values = values
    for i in values.indices.dropFirst().reversed() { values.swapAt(i, below(i + 1)) }
    return values
  }
}
