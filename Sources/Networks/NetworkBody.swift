import Kernels
import Layers
import Tensors

/// Units and pools between the images and the head, each with the tensors that outlive a phase.
struct NetworkBody<S: KernelScalar> {
  struct Pool {
    let label: String
    let layer: AveragePool<S>
    let inputShape: [Int]
    /// Of the whole batch.
    let output: Tensor<S>
  }

  enum Node {
    case unit(ConvolutionUnit<S>)
    case pool(Pool)
  }

  let nodes: [Node]
  /// Of the last unit's output.
  let outputShape: [Int]

  var units: [ConvolutionUnit<S>] {
    nodes.compactMap { if case .unit(let unit) = $0 { unit } else { nil } }
  }

  init(
    _ configuration: NetworkConfiguration, state: NetworkState<S>, images: Tensor<S>, kernels: KernelTable, workers: Int,
    use: NetworkUse
  ) throws(LayerError) {
    let capacity = images.shape[0]
    let channels = max(configuration.filters, NetworkConfiguration.imageChannels)
    let scratch = ConvolutionScratch<S>(workers: workers, channels: channels, filters: configuration.filters)
    var geometries: [Int: ConvolutionGeometry] = [:]
    var shape = images.shape
    var nodes: [Node] = []
    let architecture = Architecture(configuration)
    for (position, node) in architecture.nodes.enumerated() {
      switch node {
      case .unit(let description):
        let side = shape[1]
        let geometry =
          if let known = geometries[side] { known } else {
            try ConvolutionGeometry(.init(height: side, width: side), channels: channels)
          }
        geometries[side] = geometry
        let name = description.convolutionName
        let convolution = Convolution(
          geometry: geometry, weight: state[name + ".weight"],
          bias: description.hasBias ? state[name + ".bias"] : nil, kernels: kernels, capacity: capacity,
          scratch: scratch)
        let norm = description.isNormalised
          ? BatchNorm(
            gamma: state[description.normName + ".weight"], beta: state[description.normName + ".bias"],
            runningMean: state[buffer: description.normName + ".running_mean"],
            runningVariance: state[buffer: description.normName + ".running_var"], kernels: kernels,
            capacity: capacity) : nil
        let unit = ConvolutionUnit(
          description, convolution: convolution, norm: norm, slope: configuration.slope, capacity: capacity,
          keepsOutput: use == .inspection || !architecture.isRecomputable(at: position), kernels: kernels)
        nodes.append(.unit(unit))
        shape = unit.shape
      case .pool(let block):
        let layer = AveragePool<S>(window: 2, stride: 2, kernels: kernels)
        let size = layer.outputSize(height: shape[1], width: shape[2])
        let output = Tensor<S>(shape: [capacity, size.height, size.width, configuration.filters])
        nodes.append(.pool(Pool(label: "\(block)_pool", layer: layer, inputShape: shape, output: output)))
        shape = output.shape
      }
    }
    self.nodes = nodes
    outputShape = shape
  }
}
