import LayerNames

extension NetworkDescription {
  /// The network that a configuration stands for; names as in the course code.
  ///
  /// Entry convolution; for each stage its processing blocks, each of two convolutions, then the reduction block: a convolution,
  /// a pool, a convolution; at last the mean over the map, the linear layer and the loss.
  public init(_ configuration: NetworkConfiguration) {
    precondition(configuration.problem == nil, configuration.problem ?? "")
    var layers: [any NetworkLayer] = []
    /// A convolution with what follows it up to the next one, and with its batch norm where that comes before.
    func add(_ block: LayerName.Block, _ index: Int, bias: Bool = false, norm: Bool, skip: LayerName? = nil) {
      let convolution = LayerName(block, .convolution, index), normName = LayerName(block, .batchNorm, index)
      let rate = block == .entry ? nil : configuration.normPlacement.dropout
      if norm, let rate {
        layers.append(BatchNormLayer(name: normName.path, statistics: configuration.normStatistics))
        if rate > 0 { layers.append(DropoutLayer(label: "\(block)_dropout_\(index)", rate: rate)) }
      }
      layers.append(ConvolutionLayer(name: convolution.path, filters: configuration.filters, hasBias: bias))
      if norm, rate == nil { layers.append(BatchNormLayer(name: normName.path, statistics: configuration.normStatistics)) }
      if let skip { layers.append(ResidualAddLayer(inputOf: skip.description)) }
      layers.append(ActivationLayer(after: convolution.description, configuration.activation))
    }
    add(.entry, 0, norm: true)
    for stage in 0..<NetworkConfiguration.stages {
      for index in 0..<configuration.blocksPerStage {
        let block = LayerName.Block.processing(stage: stage, index: index)
        let isNormFirst = configuration.normalisesProcessing && configuration.normPlacement != .afterConvolution
        let first = LayerName(block, isNormFirst ? .batchNorm : .convolution, 0)
        add(block, 0, norm: configuration.normalisesProcessing)
        if configuration.blockDropout > 0 {
          layers.append(DropoutLayer(label: "\(block)_dropout", rate: configuration.blockDropout))
        }
        add(block, 1, norm: configuration.normalisesProcessing, skip: configuration.isResidual ? first : nil)
      }
      let block = LayerName.Block.reduction(stage: stage)
      add(block, 0, bias: true, norm: configuration.normalisesReduction)
      layers.append(AveragePoolLayer(label: "\(block)_pool", window: .square(side: 2, stride: 2)))
      add(block, 1, bias: true, norm: configuration.normalisesReduction)
    }
    layers.append(AveragePoolLayer(label: "global_pool", window: .wholeMap))
    if configuration.headDropout > 0 { layers.append(DropoutLayer(label: "head_dropout", rate: configuration.headDropout)) }
    layers.append(LinearLayer(name: LayerName.output.path, outputs: configuration.classes))
    layers.append(SoftmaxCrossEntropyLayer())
    let side = configuration.side
    do {
      try self.init(
        input: MapShape(height: side, width: side, channels: NetworkConfiguration.imageChannels), layers: layers,
        initialisation: configuration.initialisation, gain: configuration.activation.gain)
    } catch { preconditionFailure("\(configuration): \(error)") }
  }
}
