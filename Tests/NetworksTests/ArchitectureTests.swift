import Networks
import Testing

@Suite("The rows' networks are those of the protocol")
struct ArchitectureTests {
  static let counts = [
    ("vgg08", 59_716), ("vgg38", 336_196), ("vgg38-bn-1e-2", 338_116), ("vgg38-bn-1e-3", 338_116),
    ("vgg38-rc", 336_196), ("vgg38-bn-rc-1e-3", 338_500), ("vgg38-bn-rc-1e-2", 338_500),
    ("vgg38-bn-all-1e-2", 338_500), ("vgg38-bn-all-1e-3", 338_500), ("vgg38-he-1e-3", 336_196), ("vgg38-elu-1e-3", 336_196),
    ("vgg38-bn-rc-elu-1e-2", 338_500), ("vgg38-ic-1e-2", 338_500), ("vgg38-ic-rc-1e-2", 338_500),
    ("vgg38-bn-rc-ghost-1e-2", 338_500),
    ("vgg38-bn-rc-decay-1e-2", 338_500), ("vgg38-bn-rc-ghost-decay-1e-2", 338_500), ("vgg38-gn-rc-1e-2", 338_500),
    ("vgg38-bgn-rc-1e-2", 338_500),
  ]

  @Test("every row has exactly the protocol's number of parameters", arguments: counts)
  func parameterCount(row: String, count: Int) throws {
    #expect(try StandardRow.named(row).configuration.parameterCount == count)
  }

  @Test("the rows are those, and the first seven make Table 1, in its order")
  func rows() {
    #expect(StandardRow.all.map(\.id) == Self.counts.map(\.0))
    #expect(StandardRow.table1.map(\.id) == Self.counts.prefix(7).map(\.0))
  }

  @Test("a row's name tells its depth and its learning rate")
  func names() {
    for row in StandardRow.all {
      #expect(row.configuration.depth == (row.id == "vgg08" ? 8 : 38))
      #expect(row.baseLearningRate == (row.id.hasSuffix("1e-2") ? 1e-2 : 1e-3))
      #expect(row.configuration.isResidual == row.id.contains("-rc"))
      #expect(row.configuration.initialisation == (row.id.contains("-he") ? .heNormal : .standard))
      #expect(row.configuration.activation == (row.id.contains("-elu") ? .elu(alpha: 1) : .leakyReLU(slope: 0.01)))
      #expect(row.particulars.isEmpty == !["-he", "-elu", "-ic", "-ghost", "-decay", "gn-"].contains { row.id.contains($0) })
      #expect((row.optimiser == .standard) == !row.id.contains("-decay"))
      let ghost = row.id.contains("-ghost") ? 10 : row.id.contains("-gn") ? 1 : row.id.contains("-bgn") ? 2 : nil
      #expect(row.configuration.normStatistics.ghostSize == ghost)
      #expect(row.configuration.normStatistics.groups == (row.id.contains("gn-") ? 4 : nil))
      #expect(row.configuration.normStatistics.exampleWeight == (row.id.contains("-gn") ? 1 : 0))
    }
  }

  @Test("an unknown row is refused, and the message lists the rows")
  func unknownRow() {
    let error = #expect(throws: UnknownRow.self) { try StandardRow.named("vgg16") }
    #expect(error?.id == "vgg16")
    #expect(error?.description.contains("vgg38-bn-rc-1e-2") == true)
  }

  @Test("VGG08's state has the course code's names and shapes, in the order of its state dict")
  func shallowState() throws {
    let entry = "layer_dict.input_conv.layer_dict"
    var expected = [
      "\(entry).conv_0.weight [32, 3, 3, 3]", "\(entry).bn_0.weight [32]", "\(entry).bn_0.bias [32]",
      "\(entry).bn_0.running_mean [32]", "\(entry).bn_0.running_var [32]",
    ]
    for stage in 0..<3 {
      for convolution in 0..<2 {
        let name = "layer_dict.reduction_block_\(stage).layer_dict.conv_\(convolution)"
        expected += ["\(name).weight [32, 32, 3, 3]", "\(name).bias [32]"]
      }
    }
    expected += ["logit_linear_layer.weight [100, 32]", "logit_linear_layer.bias [100]"]
    #expect(try state(of: "vgg08") == expected)
  }

  @Test("a block with batch norm keeps each norm behind its convolution, in processing and reduction blocks")
  func normalisedState() throws {
    let all = try state(of: "vgg38-bn-rc-1e-2")
    let block = "layer_dict.block_1_4.layer_dict"
    #expect(
      all.filter { $0.hasPrefix(block + ".") } == [
        "\(block).conv_0.weight [32, 32, 3, 3]", "\(block).bn_0.weight [32]", "\(block).bn_0.bias [32]",
        "\(block).bn_0.running_mean [32]", "\(block).bn_0.running_var [32]",
        "\(block).conv_1.weight [32, 32, 3, 3]", "\(block).bn_1.weight [32]", "\(block).bn_1.bias [32]",
        "\(block).bn_1.running_mean [32]", "\(block).bn_1.running_var [32]",
      ])
    let reduction = "layer_dict.reduction_block_2.layer_dict"
    #expect(
      all.filter { $0.hasPrefix(reduction + ".") }.prefix(6) == [
        "\(reduction).conv_0.weight [32, 32, 3, 3]", "\(reduction).conv_0.bias [32]", "\(reduction).bn_0.weight [32]",
        "\(reduction).bn_0.bias [32]", "\(reduction).bn_0.running_mean [32]", "\(reduction).bn_0.running_var [32]",
      ])
  }

  @Test("IC layers are batch norm, then dropout, before each convolution of the blocks; a skip begins before the first")
  func independentComponents() throws {
    let layers = NetworkDescription(try StandardRow.named("vgg38-ic-rc-1e-2").configuration).layers
    func labels(_ block: String) -> [String] { layers.map(\.label).filter { $0.hasPrefix(block) } }
    #expect(
      labels("block_1_4_") == [
        "block_1_4_bn_0", "block_1_4_dropout_0", "block_1_4_conv_0", "block_1_4_conv_0_activation", "block_1_4_bn_1",
        "block_1_4_dropout_1", "block_1_4_conv_1", "block_1_4_bn_0_skip", "block_1_4_conv_1_activation",
      ])
    #expect(
      labels("reduction_block_2_") == [
        "reduction_block_2_bn_0", "reduction_block_2_dropout_0", "reduction_block_2_conv_0",
        "reduction_block_2_conv_0_activation", "reduction_block_2_pool", "reduction_block_2_bn_1",
        "reduction_block_2_dropout_1", "reduction_block_2_conv_1", "reduction_block_2_conv_1_activation",
      ])
    #expect(labels("input_conv") == ["input_conv_conv_0", "input_conv_bn_0", "input_conv_conv_0_activation"])
    #expect(layers.compactMap { ($0 as? DropoutLayer)?.rate } == [Double](repeating: 0.05, count: 36))
    let plain = NetworkDescription(try StandardRow.named("vgg38-ic-1e-2").configuration).layers
    #expect(plain.map(\.label) == layers.map(\.label).filter { !$0.hasSuffix("_skip") })
  }

  @Test(
    "batch norm stands where the row says",
    arguments: [
      ("vgg38", false, false), ("vgg38-rc", false, false), ("vgg38-bn-1e-2", true, false),
      ("vgg38-bn-all-1e-2", true, true), ("vgg38-bn-rc-1e-2", true, true), ("vgg38-elu-1e-3", false, false),
      ("vgg38-bn-rc-elu-1e-2", true, true),
    ])
  func placement(row: String, processing: Bool, reduction: Bool) throws {
    let names = ParameterSpecification.all(of: try StandardRow.named(row).configuration).map(\.name)
    #expect(names.contains("layer_dict.input_conv.layer_dict.bn_0.weight"))
    #expect(names.contains("layer_dict.block_0_0.layer_dict.bn_1.weight") == processing)
    #expect(names.contains("layer_dict.reduction_block_0.layer_dict.bn_1.weight") == reduction)
  }

  @Test("a network's parameters and buffers are those of its specification")
  func networkFollowsSpecification() throws {
    for configuration in SmallNetworks.all {
      let network = try Network<Float>(configuration, backend: try .init(threads: 1), capacity: 1)
      let state = ParameterSpecification.state(of: configuration)
      #expect(network.parameters.map(\.name) == state.filter { !$0.isBuffer }.map(\.name))
      #expect(network.parameters.map(\.shape) == state.filter { !$0.isBuffer }.map(\.shape))
      #expect(network.buffers.map(\.name) == state.filter(\.isBuffer).map(\.name))
      #expect(network.buffers.map(\.value.shape) == state.filter(\.isBuffer).map(\.shape))
    }
  }

  @Test(
    "a label is the block's name and the layer's",
    arguments: [
      ("layer_dict.reduction_block_2.layer_dict.conv_0.weight", "reduction_block_2_conv_0"),
      ("layer_dict.input_conv.layer_dict.bn_0.weight", "input_conv_bn_0"),
      ("layer_dict.block_0_1.layer_dict.conv_1.weight", "block_0_1_conv_1"),
      ("logit_linear_layer.weight", "logit_linear_layer"),
    ])
  func label(name: String, label: String) {
    #expect(ParameterSpecification.label(of: name) == label)
  }

  /// "NAME [shape]" of a row's parameters and buffers.
  private func state(of row: String) throws -> [String] {
    ParameterSpecification.state(of: try StandardRow.named(row).configuration).map { "\($0.name) \($0.shape)" }
  }
}
