import CKernels
import Kernels
import Testing

@Suite("Dropout's kernel")
struct DropoutKernelTests {
  @Test(
    "an element is dropped where its own word of the stream is below the threshold, wherever a call begins and ends",
    arguments: InstructionSet.available)
  func words(set: InstructionSet) {
    let key: UInt64 = 0x1234_5678_9abc_def0, threshold: UInt32 = 1 << 30
    for first in [0, 1, 2, 3, 126, 3 << 40, 3 << 40 + 2] as [UInt64] {
      for count in [1, 3, 4, 127, 128, 129, 131, 400] {
        let x = (0..<count).map { Float($0 + 1) }
        // One place more than is asked for, to see that it is left alone.
        var found = [Float](repeating: -1, count: count + 1)
        x.withUnsafeBufferPointer { input in
          found.withUnsafeMutableBufferPointer { output in
            var call = gf_dropout(
              count: count, key: key, first: first, threshold: threshold, scale: 1 / 0.75, input: input.baseAddress,
              output: output.baseAddress)
            kernelTable(set, Float.self).pointee.dropout(&call)
          }
        }
        let expected = x.enumerated().map { place, value in
          var word: UInt32 = 0
          gf_philox_fill(key, first + UInt64(place), &word, 1)
          return word < threshold ? 0 : Float(1 / 0.75) * value
        }
        #expect(found == expected + [-1], "from word \(first), \(count) elements")
      }
    }
  }
}
