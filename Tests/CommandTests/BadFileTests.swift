import Files
import TestSupport
import Testing

@Suite("A file that the probe cannot use is refused with the facts, exit code 2, and no output")
struct BadFileTests {
  /// What is done to good files, and what the message must say.
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var row = "vgg08"
    var options: [String] = []
    let facts: [String]
    let damage: @Sendable (inout ProbeFiles) throws -> Void

    init(
      _ description: String, row: String = "vgg08", options: [String] = [], says facts: String...,
      damage: @escaping @Sendable (inout ProbeFiles) throws -> Void
    ) {
      testDescription = description
      self.row = row
      self.options = options
      self.facts = facts
      self.damage = damage
    }
  }

  static let weightCases = [
    Case("a missing tensor", says: "weights.safetensors", ProbeFiles.firstWeight) {
      $0.weights[ProbeFiles.firstWeight] = nil
    },
    Case("an extra tensor", says: "layer_dict.block_7_7.layer_dict.conv_0.weight") {
      $0.weights["layer_dict.block_7_7.layer_dict.conv_0.weight"] = SafeTensor(shape: [1], [Float(0)])
    },
    Case("another row's weights", row: "vgg38", says: "layer_dict.block_0_0.layer_dict.conv_0.weight") { _ in },
    Case("a misshapen tensor", says: "logit_linear_layer.bias", "[4]", "[3]") {
      $0.weights["logit_linear_layer.bias"] = SafeTensor(shape: [4], [Float](repeating: 0, count: 4))
    },
    Case("one convolution with more filters than the others", says: ProbeFiles.firstWeight, "[5, 3, 3, 3]") {
      $0.weights[ProbeFiles.firstWeight] = SafeTensor(shape: [5, 3, 3, 3], [Float](repeating: 0, count: 135))
    },
    Case("integers for weights", says: "logit_linear_layer.bias", "I64", "F32") {
      $0.weights["logit_linear_layer.bias"] = SafeTensor(shape: [3], [Int64(0), 0, 0])
    },
    Case("a weight that is not a number", says: "element 1 of logit_linear_layer.bias", "nan") {
      $0.weights["logit_linear_layer.bias"] = SafeTensor(shape: [3], [Float(0), .nan, 0])
    },
    Case("an infinite weight", says: "element 2 of logit_linear_layer.bias", "inf") {
      $0.weights["logit_linear_layer.bias"] = SafeTensor(shape: [3], [Float(0), 0, -.infinity])
    },
    Case("a weight beyond binary32", says: "element 0 of logit_linear_layer.bias", "1e+300") {
      $0.weights["logit_linear_layer.bias"] = SafeTensor(shape: [3], [1e300, 0, 0])
    },
    Case("a tensor with and without the leading model.", says: "logit_linear_layer.bias twice") {
      $0.weights["model.logit_linear_layer.bias"] = $0.weights["logit_linear_layer.bias"]
    },
    Case("a negative variance", says: "element 1", ProbeFiles.firstVariance, "-0.5") {
      $0.weights[ProbeFiles.firstVariance] = SafeTensor(shape: [2], [Float(1), -0.5])
    },
    Case("a network without filters", says: "weights.safetensors", "0 filters") {
      for name in $0.weights.names where $0.weights[name]?.shape.count == 4 {
        $0.weights[name] = SafeTensor(shape: [0, 2, 3, 3], [Float]())
      }
    },
    Case("a network with one class", says: "weights.safetensors", "1 classes") {
      $0.weights["logit_linear_layer.weight"] = SafeTensor(shape: [1, 2], [Float(0), 0])
    },
  ]

  static let batchCases = [
    Case("a batch without labels", says: "batch.safetensors", "labels") { $0.batch["labels"] = nil },
    Case("a batch without images", says: "batch.safetensors", "images") { $0.batch["images"] = nil },
    Case("a batch with something else", says: "batch.safetensors", "\"targets\"") {
      $0.batch["targets"] = SafeTensor(shape: [1], [Float(0)])
    },
    Case("a label of no class", says: "label 1 is 3", "0 to 2") {
      $0.batch["labels"] = SafeTensor(shape: [2], [Int64(0), 3])
    },
    Case("a negative label", says: "label 0 is -1") { $0.batch["labels"] = SafeTensor(shape: [2], [Int64(-1), 0]) },
    Case("a label beyond 32 bits", says: "label 0 is 4294967296") {
      $0.batch["labels"] = SafeTensor(shape: [2], [Int64(1) << 32, 0])
    },
    Case("labels of another type", says: "\"labels\"", "F32", "I64") {
      $0.batch["labels"] = SafeTensor(shape: [2], [Float(0), 1])
    },
    Case("more labels than images", says: "\"labels\"", "[3]", "[2]") {
      $0.batch["labels"] = SafeTensor(shape: [3], [Int64(0), 1, 2])
    },
    Case("images of integers", says: "\"images\"", "I64", "F32") {
      $0.batch["images"] = SafeTensor(shape: [1, 3, 8, 8], [Int64](repeating: 0, count: 192))
    },
    Case("images without a batch", says: "\"images\"", "[3, 8, 8]") { $0.batch["images"] = images([3, 8, 8]) },
    Case("images of four channels", says: "\"images\"", "[2, 4, 8, 8]") { $0.batch["images"] = images([2, 4, 8, 8]) },
    Case("images that are not square", says: "\"images\"", "[2, 3, 8, 16]") {
      $0.batch["images"] = images([2, 3, 8, 16])
    },
    Case("images that three reductions leave nothing of", says: "batch.safetensors", "4 x 4") {
      $0.batch["images"] = images([2, 3, 4, 4])
    },
    Case("a batch of no images", says: "\"images\"", "[0, 3, 8, 8]") { $0.batch["images"] = images([0, 3, 8, 8]) },
    Case("a pixel that is not a number", says: "element 5 of \"images\"", "nan") {
      var pixels = [Float](repeating: 0, count: 384)
      pixels[5] = .nan
      $0.batch["images"] = SafeTensor(shape: [2, 3, 8, 8], pixels)
    },
    Case("a pixel beyond binary32", says: "element 0 of \"images\"", "1e+39", "--precision f64") {
      $0.batch["images"] = SafeTensor(shape: [2, 3, 8, 8], [1e39] + [Double](repeating: 0, count: 383))
    },
    Case(
      "a single value per channel in batch norm", row: "vgg38-bn-rc-1e-2", options: ["--mode", "train"],
      says: "reduction_block_2_bn_1", "evaluation mode"
    ) {
      $0 = try ProbeFiles(row: "vgg38-bn-rc-1e-2")
      $0.batch["images"] = images([1, 3, 8, 8])
      $0.batch["labels"] = SafeTensor(shape: [1], [Int64(0)])
    },
  ]

  private static func images(_ shape: [Int]) -> SafeTensor {
    SafeTensor(shape: shape, [Float](repeating: 0.5, count: shape.reduce(1, *)))
  }

  @Test("weights", arguments: weightCases)
  func badWeights(_ bad: Case) throws { try check(bad) }

  @Test("a batch", arguments: batchCases)
  func badBatch(_ bad: Case) throws { try check(bad) }

  private func check(_ bad: Case) throws {
    let directory = try TemporaryDirectory()
    var files = try ProbeFiles()
    try bad.damage(&files)
    let outcome = try Program.run(try files.arguments(in: directory, row: bad.row) + bad.options)
    try expectRefusal(outcome, facts: bad.facts, out: directory.path("out.safetensors"))
  }

  // MARK: Bytes

  @Test(
    "bytes that are no safetensors file",
    arguments: ["--weights", "--batch"], ["missing", "directory", "empty", "text", "half", "zstd"])
  func badBytes(option: String, kind: String) throws {
    let directory = try TemporaryDirectory()
    var arguments = try ProbeFiles().arguments(in: directory)
    let place = try #require(arguments.firstIndex(of: option)) + 1
    let good = try readFile(arguments[place])
    var bad = directory.path("bad-file")
    switch kind {
    case "missing": break
    case "directory": bad = directory.path
    case "empty": try AtomicFile.write([UInt8](), to: bad)
    case "text": try AtomicFile.write("{\"format\": \"something else\"}\n", to: bad)
    case "half": try AtomicFile.write(Array(good.prefix(good.count / 2)), to: bad)
    default:
      bad += ".zst"
      let compressed = Zstd.compress(good)
      try AtomicFile.write(Array(compressed.prefix(compressed.count / 2)), to: bad)
    }
    arguments[place] = bad
    try expectRefusal(try Program.run(arguments), facts: [bad], out: directory.path("out.safetensors"))
  }

  @Test("a place where nothing can be written is told, with its path")
  func badPlace() throws {
    let directory = try TemporaryDirectory()
    let arguments = try ProbeFiles().arguments(in: directory, out: "no/such/place.safetensors")
    try expectRefusal(
      try Program.run(arguments), facts: [directory.path("no/such")], out: directory.path("no/such/place.safetensors"))
  }

  private func expectRefusal(_ outcome: Program.Outcome, facts: [String], out: String) throws {
    #expect(outcome.hasExited)
    #expect(outcome.code == 2, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("gradflow: error: "))
    for fact in facts { #expect(outcome.errors.contains(fact), "\(outcome.errors)") }
    #expect(!fileExists(out))
  }
}
