import LayerNames
import Networks
import Testing

@Suite("Names of layers")
struct LayerNameTests {
  static let forms: [(LayerName, label: String, path: String, family: String)] = [
    (.init(.entry, .convolution, 0), "input_conv_conv_0", "layer_dict.input_conv.layer_dict.conv_0", "input conv conv"),
    (.init(.entry, .batchNorm, 0), "input_conv_bn_0", "layer_dict.input_conv.layer_dict.bn_0", "input conv bn"),
    (
      .init(.processing(stage: 1, index: 12), .convolution, 1), "block_1_12_conv_1", "layer_dict.block_1_12.layer_dict.conv_1",
      "block 1 conv"
    ),
    (
      .init(.reduction(stage: 2), .batchNorm, 0), "reduction_block_2_bn_0", "layer_dict.reduction_block_2.layer_dict.bn_0",
      "reduction block 2 bn"
    ),
    (.output, "logit_linear_layer", "logit_linear_layer", "logit linear layer"),
  ]

  @Test("are printed as labels and as paths, and read from both", arguments: forms)
  func bothForms(name: LayerName, label: String, path: String, family: String) {
    #expect(name.description == label && name.path == path && name.family == family)
    #expect(LayerName(label) == name && LayerName(path) == name)
  }

  @Test("tell block, stage, kind and number")
  func parts() throws {
    let name = try #require(LayerName("reduction_block_2_conv_1"))
    #expect(name.block == .reduction(stage: 2) && name.stage == 2 && name.kind == .convolution && name.index == 1)
    #expect(LayerName.output.block == nil && LayerName.output.stage == nil && LayerName.output.kind == nil)
    #expect(LayerName("input_conv_conv_0")?.stage == nil)
  }

  @Test(
    "are nothing else",
    arguments: [
      "", "conv_0", "input_conv", "block_0_conv_0", "block_0_1_2_conv_0", "block_0_1_pool_0", "block_0_1_conv_01",
      "block_0_1_conv_-1", "block_0_x_conv_0", "reduction_block_conv_0", "0_block_1_conv_0", "block_0.1_conv_0",
      "layer_dict.block_0_1.conv_0", "block_0_1.layer_dict.conv_0", "logit_linear_layer.weight", "Block_0_1_conv_0",
      "block_0_1_conv_0 ", "input_conv_1_conv_0",
    ])
  func others(text: String) {
    #expect(LayerName(text) == nil)
  }

  @Test("of every parameter and buffer of every row are read, and give the name back", arguments: StandardRow.all.map(\.id))
  func rows(id: String) throws {
    let row = try StandardRow.named(id)
    for specification in ParameterSpecification.state(of: row.configuration) {
      let name = ParameterName(specification.name)
      let layer = try #require(name.layer, "\(specification.name)")
      #expect(ParameterName(layer: layer, name.entry).description == specification.name)
      #expect(layer.description == name.label && name.label == specification.label)
      let isNorm = [.gamma, .beta, .runningMean, .runningVariance].contains(specification.kind)
      #expect((layer.kind == .batchNorm) == isNorm)
    }
  }

  @Test("of layers that are not the course's keep their words")
  func foreign() {
    let name = ParameterName("encoder.layer_dict.mlp_0.weight")
    #expect(name.layer == nil && name.label == "encoder_mlp_0" && name.isWeight && name.path == "encoder.layer_dict.mlp_0")
    #expect(ParameterName("weight").description == "weight" && ParameterName("weight").label == "")
  }
}
