import CKernels
import Testing

@Suite("The generator is Philox4x32-10")
struct PhiloxTests {
  struct Answer: Sendable {
    let counter: [UInt32]
    let key: [UInt32]
    let block: [UInt32]
  }

  /// The known answers that Random123, the authors' library, is tested with.
  static let answers = [
    Answer(
      counter: [0, 0, 0, 0], key: [0, 0],
      block: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    Answer(
      counter: [.max, .max, .max, .max], key: [.max, .max],
      block: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    Answer(
      counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0],
      block: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
  ]

  @Test("a block equals the authors' known answer", arguments: answers)
  func knownAnswer(_ answer: Answer) {
    #expect(block(answer.counter, answer.key) == answer.block)
  }

  @Test(
    "a fill is the blocks in order, wherever it starts and ends",
    arguments: [
      0, 1, 2, 3, 4, 5, 1 << 34 - 3, 1 << 34, 1 << 40 + 7,
      // Many blocks at once: into a counter's second word, and past the last word of all.
      1 << 34 - 70, 0 &- 300, 0 &- 301,
    ] as [UInt64])
  func fill(_ first: UInt64) {
    let key: UInt64 = 0x299f_31d0_a409_3822
    for count in Array(0...13) + [127, 128, 129, 255, 256, 400] {
      // One place more than is asked for, to see that it is left alone.
      var found = [UInt32](repeating: 0xdead_beef, count: count + 1)
      gf_philox_fill(key, first, &found, count)
      let expected = (0..<UInt64(count)).map { place in
        let index = (first &+ place) / 4
        return block(
          [UInt32(truncatingIfNeeded: index), UInt32(index >> 32), 0, 0], [0xa409_3822, 0x299f_31d0]
        )[Int((first &+ place) % 4)]
      }
      #expect(found == expected + [0xdead_beef])
    }
  }

  private func block(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
    var out = [UInt32](repeating: 0, count: 4)
    gf_philox_block(counter, key, &out)
    return out
  }
}
