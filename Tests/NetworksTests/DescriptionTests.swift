import Kernels
import Layers
import Optimisers
import Testing

@testable import Networks

@Suite("A network is a list of layers")
struct DescriptionTests {
  private static let input = MapShape(height: 8, width: 8, channels: 3)
  private static let head: [any NetworkLayer] = [
    AveragePoolLayer(label: "global_pool", window: .wholeMap), LinearLayer(name: "head", outputs: 5), SoftmaxCrossEntropyLayer(),
  ]

  private func error(_ layers: [any NetworkLayer]) -> DescriptionError? {
    #expect(throws: DescriptionError.self) { try NetworkDescription(input: Self.input, layers: layers + Self.head) }
  }

  @Test("a skip between different shapes is refused, with both and the place")
  func skipShapes() {
    let error = error([
      ConvolutionLayer(name: "first", filters: 4, hasBias: false), ConvolutionLayer(name: "second", filters: 6, hasBias: false),
      ResidualAddLayer(inputOf: "second"),
    ])
    let (small, large) = (MapShape(height: 8, width: 8, channels: 4), MapShape(height: 8, width: 8, channels: 6))
    #expect(error?.problem == .skipOfOtherShape(source: "second", found: small, expected: large) && error?.position == 3)
    #expect(error?.description.contains("8 x 8 x 4") == true)
  }

  @Test("a skip from nowhere, a name twice, a kernel that does not fit and a list without a loss are refused")
  func others() {
    let one = ConvolutionLayer(name: "one", filters: 4, hasBias: false)
    #expect(error([one, ResidualAddLayer(inputOf: "two")])?.problem == .unknownSource("two"))
    let twice = error([one, one])
    #expect(twice?.problem == .namedTwice && twice?.position == 2 && twice?.layer == "one")
    let large = error([ConvolutionLayer(name: "large", filters: 4, hasBias: false, kernel: 11)])
    #expect(
      large?.problem == .impossible(.kernelLargerThanInput(kernel: 11, padding: 1, dilation: 1, input: 8)))
    #expect(error([LinearLayer(name: "early", outputs: 3)])?.position == 1)
    #expect(error([SoftmaxCrossEntropyLayer()])?.problem == .lossNotLast)
    #expect(throws: DescriptionError.self) { try NetworkDescription(input: Self.input, layers: []) }
    #expect(throws: DescriptionError.self) { try NetworkDescription(input: Self.input, layers: Array(Self.head.dropLast())) }
  }

  /// Other widths, strides, kernels and skips than the experiment's.
  private static func other() throws -> NetworkDescription {
    func unit(_ index: Int, _ filters: Int, stride: Int = 1, kernel: Int = 3, bias: Bool = false) -> [any NetworkLayer] {
      [
        ConvolutionLayer(
          name: "conv_\(index)", filters: filters, hasBias: bias, kernel: kernel, stride: stride, padding: kernel / 2),
        BatchNormLayer(name: "bn_\(index)"),
      ]
    }
    var layers = unit(0, 6) + [ActivationLayer(after: "conv_0", .leakyReLU(slope: 0.1))] + unit(1, 6)
    layers += [ActivationLayer(after: "conv_1", .leakyReLU(slope: 0.1))] + unit(2, 6) + [ResidualAddLayer(inputOf: "conv_1")]
    layers += unit(3, 9, stride: 2) + [ActivationLayer(after: "conv_3", .leakyReLU(slope: 0.1))]
    layers += unit(4, 9, kernel: 1, bias: true) + [ActivationLayer(after: "conv_4", .leakyReLU(slope: 0.1))]
    return try NetworkDescription(input: MapShape(height: 9, width: 12, channels: 3), layers: layers + head)
  }

  @Test("a network of other widths, strides and skips trains to the same bits on any number of threads and instruction set")
  func otherNetwork() throws {
    func trained(_ set: InstructionSet, threads: Int) throws -> [UInt32] {
      let network = try Network<Float>(
        try Self.other(), backend: try Backend(instructionSet: set, threads: threads), capacity: 12)
      network.initialise(seed: 3)
      let adam = Adam(network.parameters, backend: network.backend)
      for step in 0..<2 {
        try network.forward(network.batch(count: 12, seed: UInt32(step)), mode: .training)
        network.backward()
        adam.update(learningRate: 1e-2)
      }
      return network.allValues.map(\.bitPattern)
    }
    let expected = try trained(.portable, threads: 1)
    for set in InstructionSet.available { #expect(try trained(set, threads: 3) == expected, "\(set)") }
  }

  @Test("its gradients are those that differences of the loss give, for every parameter and the images")
  func otherGradients() throws {
    let network = try Network<Double>(try Self.other(), backend: try Backend(threads: 1), capacity: 3, for: .inspection)
    network.initialise(seed: 5)
    let batch = network.batch(count: 3, seed: 1)
    try network.forward(batch, mode: .training)
    network.backward()
    var tensors = network.parameters.map { ($0.name, $0.value, $0.gradient) }
    if let gradient = network.imageGradient { tensors.append(("images", batch.images, gradient)) }
    for (name, value, gradient) in tensors {
      // A convolution's bias before batch norm changes nothing.
      if name == "conv_4.bias" { continue }
      for index in Swift.stride(from: 0, to: value.count, by: max(1, value.count / 5)) {
        let (kept, h) = (value.pointer[index], 1e-6)
        value.pointer[index] = kept + h
        let above = try network.forward(batch, mode: .training).loss
        value.pointer[index] = kept - h
        let below = try network.forward(batch, mode: .training).loss
        value.pointer[index] = kept
        // Central difference: its error is h²·f‴/6 and 2⁻⁵³·loss/h, 2e-10 here; a kink within h would show as far more.
        #expect(abs((above - below) / (2 * h) - gradient.pointer[index]) < 2e-8, "\(name) [\(index)]")
      }
    }
  }
}
