import TestSupport

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
