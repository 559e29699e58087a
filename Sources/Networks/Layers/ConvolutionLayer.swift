import Kernels
import Layers

/// A 2-D convolution, with or without bias: `Convolution`.
public struct ConvolutionLayer: NetworkLayer, OperationSource {
  /// In the state dict, as in `layer_dict.block_0_1.layer_dict.conv_0`.
  public let name: String
  public let label: String
  public let filters: Int
  public let hasBias: Bool
  /// Height and width of the kernel.
  public let kernel: Int
  public let stride: Int
  public let padding: Int

  public init(name: String, filters: Int, hasBias: Bool, kernel: Int = 3, stride: Int = 1, padding: Int = 1) {
    self.name = name
    label = ParameterSpecification.label(of: name + ".weight")
    self.filters = filters
    self.hasBias = hasBias
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  private func sizes(_ input: MapShape) -> ConvolutionGeometry.Sizes {
    .init(
      height: input.height, width: input.width, kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding)
  }

  public func outputShape(of input: MapShape) throws(LayerError) -> MapShape {
    if filters < 1 { throw .impossibleGeometry("a convolution of \(filters) filters") }
    let output = try sizes(input).output()
    return MapShape(height: output.height, width: output.width, channels: filters)
  }

  public func parameters(input: MapShape) -> [ParameterSpecification] {
    let fanIn = input.channels * kernel * kernel
    let weight = ParameterSpecification(
      name: name + ".weight", shape: [filters, input.channels, kernel, kernel], kind: .weight, fanIn: fanIn)
    let bias = ParameterSpecification(name: name + ".bias", shape: [filters], kind: .bias, fanIn: fanIn)
    return hasBias ? [weight, bias] : [weight]
  }

  public func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace] {
    let sizes = sizes(input)
    return [
      Workspace("tables of \(sizes)", bytes: ConvolutionGeometry.workspaceBytes(sizes, channels: use.channels)),
      Workspace(
        "convolutions' scratch",
        bytes: ConvolutionScratch<S>.workspaceBytes(workers: use.workers, channels: use.channels, filters: use.channels)),
      Workspace(
        label,
        bytes: Convolution<S>.workspaceBytes(
          sizes, channels: input.channels, filters: filters, hasBias: hasBias, capacity: use.capacity)),
    ]
  }

  // MARK: Operations

  private func computing<S>(_ input: MapShape, _ memory: PassMemory<S>) -> Convolution<S> {
    let layers = memory.layers
    return layers.instance(of: label) {
      Convolution(
        geometry: layers.geometry(sizes(input)), weight: layers.state[name + ".weight"],
        bias: hasBias ? layers.state[name + ".bias"] : nil, kernels: layers.kernels, capacity: layers.use.capacity,
        scratch: layers.scratch)
    }
  }

  func addForward<S>(_ x: Value, to pass: inout PassBuilder<S>) -> Value {
    guard let shape = try? outputShape(of: x.shape) else { preconditionFailure("\(label): checked before") }
    pass.addOnce(OperationFacts(layer: label, direction: .forward, part: .preparation, scope: .network)) { memory in
      let (convolution, state) = (computing(x.shape, memory), memory.state)
      return { convolution.prepare(forBackward: state.preparesBackward) }
    }
    let y = pass.newOutput(label, shape)
    pass.add(
      OperationFacts(
        layer: label, direction: .forward, part: .convolution, reads: [x], writes: [y], result: pass.countsWithNext ? nil : y,
        multiplyAdds: multiplyAdds(x.shape, y.shape), products: products(x.shape, y.shape))
    ) { memory in
      let (convolution, x, y) = (computing(x.shape, memory), memory[x], memory[y])
      return { convolution.forward(x.of($0), into: y.of($0), images: $0.images, worker: $0.worker) }
    }
    return y
  }

  func addBackward<S>(input: Value, output y: Value, to pass: inout PassBuilder<S>) {
    guard let dy = pass.takeGradient(of: y) else { return }
    let x = pass.restored(input)
    let work = (direct: multiplyAdds(x.shape, y.shape), products: products(x.shape, y.shape))
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .weightGradient, scope: .slot, reads: [x, dy],
        multiplyAdds: work.direct, products: work.products, usesAccumulator: true)
    ) { memory in
      let (convolution, x, dy) = (computing(x.shape, memory), memory[x], memory[dy])
      return { convolution.backwardWeight(x.of($0), dy.of($0), group: $0) }
    }
    if pass.wantsGradient(of: input) { addInputGradient(input, dy, work, to: &pass) }
    pass.addOnce(OperationFacts(layer: label, direction: .inputGradient, part: .combination, scope: .network)) { memory in
      let (convolution, state) = (computing(x.shape, memory), memory.state)
      return { convolution.combineGradients(imageCount: state.imageCount, accumulating: state.isAccumulating) }
    }
  }

  /// Added to what reached the input by another way.
  private func addInputGradient<S>(
    _ x: Value, _ dy: Value, _ work: (direct: Double, products: Double?), to pass: inout PassBuilder<S>
  ) {
    let addend = pass.takeGradient(of: x)
    let dx = pass.newGradient(of: x)
    pass.add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .inputGradient, reads: [dy] + (addend.map { [$0] } ?? []), writes: [dx],
        overwrites: addend.map { [.init(written: dx, read: $0)] } ?? [], result: dx,
        multiplyAdds: work.direct, products: work.products)
    ) { memory in
      let (convolution, dy, dx, addend) = (computing(x.shape, memory), memory[dy], memory[dx], addend.map { memory[$0] })
      return {
        convolution.backwardInput(
          dy.of($0), into: dx.of($0), adding: addend?.of($0), images: $0.images, worker: $0.worker)
      }
    }
    pass.setGradient(dx, of: x)
  }

  /// Of minimal filtering: 36 for each tile of 4×4 outputs, channel and filter.
  private func products(_ input: MapShape, _ output: MapShape) -> Double? {
    guard sizes(input).suitWinograd(channels: input.channels, filters: filters) else { return nil }
    let tiles = (output.height + 3) / 4 * ((output.width + 3) / 4)
    return Double(36 * tiles * input.channels * filters)
  }

  private func multiplyAdds(_ input: MapShape, _ output: MapShape) -> Double {
    Double(output.count) * Double(kernel * kernel * input.channels)
  }
}
