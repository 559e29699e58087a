import Layers
import Testing

@Suite("Sizes of convolutions")
struct GeometryTests {
  @Test(
    "the output size is (H + 2·padding − dilation·(R − 1) − 1) / stride + 1, rounded down",
    arguments: [
      (32, 3, 1, 1, 1, 32), (5, 3, 2, 1, 1, 3), (4, 3, 2, 1, 1, 2), (7, 3, 1, 2, 2, 7), (1, 1, 1, 0, 1, 1),
      (3, 5, 1, 4, 1, 7), (8, 3, 2, 1, 2, 3),
    ])
  func outputSize(_ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ output: Int) throws {
    let geometry = try ConvolutionGeometry(
      .init(
        height: input, width: input, kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding,
        dilation: dilation), channels: 1)
    #expect(geometry.outputHeight == output)
    #expect(geometry.outputWidth == output)
  }

  @Test("a kernel that does not fit its padded input is an error with the facts")
  func kernelTooLarge() {
    #expect(throws: LayerError.kernelLargerThanInput(kernel: 3, padding: 0, dilation: 2, input: 4)) {
      try ConvolutionGeometry(.init(height: 9, width: 4, padding: 0, dilation: 2), channels: 1)
    }
    #expect(
      "\(LayerError.kernelLargerThanInput(kernel: 3, padding: 0, dilation: 2, input: 4))".contains("dilation 2"))
  }

  @Test(
    "sizes that are no sizes are an error",
    arguments: [
      ConvolutionGeometry.Sizes(height: 0, width: 3), .init(height: 3, width: -1),
      .init(height: 3, width: 3, stride: 0),
      .init(height: 3, width: 3, padding: -1), .init(height: 3, width: 3, dilation: 0),
      .init(height: 3, width: 3, kernelHeight: 0),
    ])
  func impossibleSizes(_ sizes: ConvolutionGeometry.Sizes) {
    #expect(throws: LayerError.self) { try ConvolutionGeometry(sizes, channels: 1) }
  }

  @Test(
    "minimal filtering computes 3×3 convolutions with stride 1 and padding 1, from maps of 3×3 and from 4 channels on both sides",
    arguments: [
      // Height, width, kernel, stride, padding, dilation, channels, filters.
      (32, 32, 3, 1, 1, 1, 32, 32, true), (3, 3, 3, 1, 1, 1, 4, 4, true), (3, 9, 3, 1, 1, 1, 4, 4, true),
      (2, 2, 3, 1, 1, 1, 32, 32, false), (1, 1, 3, 1, 1, 1, 32, 32, false), (2, 9, 3, 1, 1, 1, 4, 4, false),
      (9, 2, 3, 1, 1, 1, 4, 4, false), (9, 9, 3, 1, 1, 1, 3, 4, false), (9, 9, 3, 1, 1, 1, 4, 3, false),
      (9, 9, 1, 1, 1, 1, 4, 4, false), (9, 9, 5, 1, 1, 1, 4, 4, false), (9, 9, 3, 2, 1, 1, 4, 4, false),
      (9, 9, 3, 1, 0, 1, 4, 4, false), (9, 9, 3, 1, 2, 1, 4, 4, false), (9, 9, 3, 1, 1, 2, 4, 4, false),
    ])
  func minimalFiltering(
    _ height: Int, _ width: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ channels: Int, _ filters: Int,
    _ isMinimal: Bool
  ) throws {
    let geometry = try ConvolutionGeometry(
      .init(
        height: height, width: width, kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding,
        dilation: dilation), channels: max(channels, filters))
    #expect(geometry.suitsWinograd(channels: channels, filters: filters) == isMinimal)
  }

  @Test("five images share a slot; the last slot has those that are left")
  func groups() {
    #expect(ImageGroup.slots(of: 12) == 3)
    #expect((0..<3).map { ImageGroup(slot: $0, of: 12).images } == [0..<5, 5..<10, 10..<12])
  }

  @Test("a slot is cut into parts that know whether they are its first and its last", arguments: 1...6)
  func parts(size: Int) {
    let slot = ImageGroup(slot: 1, of: 12, worker: 3)
    let parts = (0..<slot.parts(size: size)).map { slot.part($0, size: size) }
    #expect(parts.flatMap { Array($0.images) } == Array(5..<10))
    #expect(parts.allSatisfy { $0.slot == 1 && $0.worker == 3 && (1...size).contains($0.images.count) })
    #expect(parts.map(\.beginsSlot) == parts.indices.map { $0 == 0 })
    #expect(parts.map(\.endsSlot) == parts.indices.map { $0 == parts.count - 1 })
    #expect(parts.allSatisfy { $0.memory == 3 && $0.keepsSlot == (parts.count == 1) })
    let shared = ImageGroup(slot: 1, of: 12, worker: 3, memory: 9)
    #expect(
      (0..<shared.parts(size: size)).allSatisfy {
        let part = shared.part($0, size: size, keepsSlot: true)
        return part.worker == 3 && part.memory == 9 && part.keepsSlot
      })
  }
}
