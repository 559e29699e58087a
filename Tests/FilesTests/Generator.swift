/// SplitMix64: the same numbers on every machine. Source: Steele, Lea & Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  /// A number from 0 to `bound` − 1.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Damages `bytes` in one to four places: a flipped bit, another byte, a byte from `alphabet`, a hole, a repetition, a
/// cut.
func mutated(_ bytes: [UInt8], alphabet: [UInt8], _ generator: inout Generator) -> [UInt8] {
  var bytes = bytes
  for _ in 0...generator.below(4) {
    guard !bytes.isEmpty else { return bytes }
    let place = generator.below(bytes.count)
    let end = min(bytes.count, place + 1 + generator.below(8))
    switch generator.below(6) {
    case 0: bytes[place] ^= 1 << UInt8(generator.below(8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
    case 2: bytes[place] = alphabet[generator.below(alphabet.count)]
    case 3: bytes.removeSubrange(place..<end)
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
    default: bytes.removeSubrange(place...)
    }
  }
  return bytes
}
