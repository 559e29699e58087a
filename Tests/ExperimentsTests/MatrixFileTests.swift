import Experiments
import Layers
import Networks
import Optimisers
import Testing
import Training

@Suite("Matrix files")
struct MatrixFileTests {
  @Test("the built-in matrix, printed and read, is the same")
  func roundTrip() throws {
    for rows in [ExperimentRow.table1, ExperimentRow.builtIn] {
      let file = MatrixFile(rows: rows)
      #expect(try MatrixFile(yaml: file.yaml, name: "m.yaml") == file)
    }
  }

  @Test(
    "every optional part, printed and read, is the same",
    arguments: [Activation.leakyReLU(slope: 0.2), .leakyReLU(slope: 0), .elu(alpha: 0.5)])
  func everyPart(activation: Activation) throws {
    var row = ExperimentRow(
      id: "my.row_1", model: "A network: with, signs #1",
      network: NetworkConfiguration(
        blocksPerStage: 2, filters: 7, normalisesReduction: true, isResidual: true, activation: activation,
        blockDropout: 0.25, headDropout: 0.5),
      schedule: .constant, baseLearningRate: 3e-4, minimumLearningRate: 0, schedulePeriod: 30,
      optimiser: OptimiserChoice(AdamSettings(beta1: 0.8, epsilon: 1e-6)), batchSize: 13, epochs: 9,
      seeds: [0, UInt64.max], augmentation: .init(padding: 0, flips: false))
    row.validationSplit = .unbalanced
    row.network.initialisation = .heUniform
    row.network.normPlacement = .beforeConvolution(dropout: 0.125)
    row.network.normStatistics = NormStatistics(ghostSize: 13, groups: 7, exampleWeight: 0.25)
    let file = MatrixFile(rows: [row])
    #expect(try MatrixFile(yaml: file.yaml, name: "m.yaml") == file)
  }

  @Test("a file tells a row's dropout where it has any, of blocks or of the head", arguments: [0, 0.5], [0, 0.25])
  func dropout(blocks: Double, head: Double) throws {
    var row = try #require(ExperimentRow.table1.first)
    row.network.blockDropout = blocks
    row.network.headDropout = head
    let file = MatrixFile(rows: [row])
    #expect(file.yaml.contains("dropout") == (blocks + head > 0))
    #expect(try MatrixFile(yaml: file.yaml, name: "m.yaml") == file)
  }

  @Test(
    "a value at the end of its range is taken, and the next one is not",
    arguments: [
      (4, "  - id: ", String(repeating: "a", count: 100), String(repeating: "a", count: 101)), (12, "    batch: ", "1", "0"),
      (12, "    batch: ", "100000", "100001"), (12, "    epochs: ", "100", "101"), (7, "    filters: ", "1024", "1025"),
      (11, "    learning_rate: {schedule: cosine, base: ", "10}", "10.001}"),
      (11, "    learning_rate: {schedule: constant, base: 1, minimum: ", "0}", "-0.001}"),
      (10, "    activation: {kind: leaky_relu, slope: ", "0}", "-0.001}"),
    ] as [(Int, String, String, String)])
  func ends(line: Int, begin: String, last: String, beyond: String) throws {
    func read(_ value: String) throws {
      var lines = Self.lines
      lines[line - 1] = begin + value
      _ = try MatrixFile(yaml: lines.joined(separator: "\n"), name: "m")
    }
    #expect(throws: Never.self) { try read(last) }
    #expect(throws: MatrixFileError.self) { try read(beyond) }
  }

  @Test("activations have names, and what stands with them is theirs or left out")
  func activations() throws {
    func read(_ text: String) throws -> Activation {
      var lines = Self.lines
      lines[9] = "    activation: {\(text)}"
      return try MatrixFile(yaml: lines.joined(separator: "\n"), name: "m").rows[0].network.activation
    }
    #expect(try read("kind: relu") == .leakyReLU(slope: 0))
    #expect(try read("kind: elu") == .elu(alpha: 1))
    #expect(try read("kind: elu, alpha: 0.5") == .elu(alpha: 0.5))
    #expect(throws: MatrixFileError.self) { try read("kind: elu, slope: 0.5") }
    #expect(throws: MatrixFileError.self) { try read("kind: relu, alpha: 1") }
  }

  static let optimisers = [
    "adam,beta2=0.99", "adamw", "adamw,weight_decay=0.3,no_decay=bias+gamma", "sgd,momentum=0.0", "sgd,nesterov=true",
  ]

  @Test("every optimiser, printed and read, is the same", arguments: optimisers)
  func optimiser(text: String) throws {
    var row = try #require(ExperimentRow.table1.first)
    row.optimiser = try OptimiserChoice(parsing: text)
    let file = MatrixFile(rows: [row])
    #expect(try MatrixFile(yaml: file.yaml, name: "m.yaml") == file)
    #expect(row.settings(profile: .paper, classes: 100, side: 32).optimiser == row.optimiser)
  }

  @Test("what a row leaves out, the profile and the protocol decide")
  func defaults() throws {
    let row = try MatrixFile(yaml: Self.lines.filter { !$0.contains("seeds") }.joined(separator: "\n"), name: "m").rows[0]
    #expect(row.minimumLearningRate == 2e-5 && row.schedulePeriod == 100)
    #expect(row.optimiser == .standard)
    #expect(row.batchSize == nil && row.epochs == nil && row.seeds == nil && row.augmentation == nil)
    let settings = row.settings(profile: .paper, classes: 100, side: 32)
    #expect(settings.batchSize == 100 && settings.augmentation == .init(padding: 4, flips: true))
    #expect(settings.validationPerClass == 25 && settings.validationSplit == .balanced)
  }

  @Test("what a row says is what is trained, every part of it")
  func everyPartIsTrained() throws {
    let text = """
      format: gradflow-matrix
      version: 1
      rows:
        - {id: own, depth: 14, filters: 7, batch_norm: {processing: true, reduction: false}, residual: true,
           activation: {kind: leaky_relu, slope: 0.2},
           learning_rate: {schedule: constant, base: 0.003, minimum: 0.0005, period: 37},
           batch: 13, epochs: 9, seeds: [5], augmentation: {padding: 2, flip: false}}
      """
    let row = try MatrixFile(yaml: text, name: "m").rows[0]
    let network = NetworkConfiguration(
      blocksPerStage: 1, filters: 7, classes: 10, side: 16, normalisesProcessing: true, isResidual: true,
      activation: .leakyReLU(slope: 0.2))
    let expected = TrainingSettings(
      network: network, baseLearningRate: 0.003, batchSize: 13, schedule: .constant, minimumLearningRate: 0.0005,
      schedulePeriod: 37, augmentation: .init(padding: 2, flips: false), validationPerClass: 25)
    #expect(row.settings(profile: .paper, classes: 10, side: 16) == expected)
    // The period is where the cosine ends.
    var cosine = row
    cosine.schedule = .cosine
    let settings = cosine.settings(profile: .paper, classes: 10, side: 16)
    #expect(settings.learningRate(epoch: 36) > 0.0005 && settings.learningRate(epoch: 37) == 0.0005)
  }

  /// A file that is right; the line numbers below are its.
  static let lines = [
    "format: gradflow-matrix",
    "version: 1",
    "rows:",
    "  - id: first",
    "    model: \"First\"",
    "    depth: 8",
    "    filters: 16",
    "    batch_norm: {processing: true, reduction: false}",
    "    residual: false",
    "    activation: {kind: leaky_relu, slope: 0.01}",
    "    learning_rate: {schedule: cosine, base: 0.001}",
    "    seeds: [0, 1]",
  ]

  struct Mistake: CustomTestStringConvertible {
    let name: String
    /// Counted from 1; what stands there instead.
    let line: Int
    let text: String
    /// Where the error says it is.
    var told: Int?
    let words: [String]

    init(_ name: String, _ line: Int, _ text: String, told: Int? = nil, _ words: String...) {
      self.name = name
      self.line = line
      self.text = text
      self.told = told
      self.words = words
    }

    var testDescription: String { name }
  }

  static let mistakes = [
    Mistake("unknown key", 9, "    residul: false", "residul"),
    Mistake("missing key", 7, "    batch: 10", told: 4, "filters"),
    Mistake(
      "unknown placement", 8, "    batch_norm: {processing: true, reduction: false, placement: behind}", "\"behind\"",
      "after_convolution or before_convolution"),
    Mistake(
      "dropout behind a batch norm after convolutions", 8,
      "    batch_norm: {processing: true, reduction: false, placement: after_convolution, dropout: 0.1}", "dropout",
      "before_convolution"),
    Mistake(
      "dropout of batch norm without a placement", 8, "    batch_norm: {processing: true, reduction: false, dropout: 0.1}",
      "dropout", "before_convolution"),
    Mistake(
      "placement of a batch norm that is nowhere", 8,
      "    batch_norm: {processing: false, reduction: false, placement: before_convolution}", "placement", "neither"),
    Mistake(
      "ghosts that do not divide the batch", 8, "    batch_norm: {processing: true, reduction: false, ghost: 3}\n    batch: 10",
      "ghost batches of 3",
      "a batch of 10"),
    Mistake(
      "groups that do not divide the filters", 8, "    batch_norm: {processing: true, reduction: false, groups: 3}", "16 filters",
      "3 groups"),
    Mistake(
      "an example's weight above 1", 8, "    batch_norm: {processing: true, reduction: false, example_weight: 1.5}",
      "example_weight", "1"),
    Mistake(
      "ghosts of no image", 8, "    batch_norm: {processing: true, reduction: false, ghost: 0}", "ghost", "1"),
    Mistake(
      "unknown initialisation", 9, "    residual: false\n    initialisation: xavier", told: 10, "\"xavier\"",
      "protocol, he_normal, he_uniform"),
    Mistake("unknown key in a mapping", 10, "    activation: {kind: leaky_relu, slope: 0.01, a: 1}", "\"a\""),
    Mistake("unknown key of the file", 2, "version: 1\nrow: 3", told: 3, "\"row\"", "format, version, rows"),
    Mistake("a word for a number", 7, "    filters: many", "many", "1 to 1024"),
    Mistake("a fraction for a whole number", 7, "    filters: 1.5", "1.5"),
    Mistake("a list for a number", 7, "    filters: [1]", "filters"),
    Mistake("a number for a truth value", 9, "    residual: 1", "true or false"),
    Mistake("a number for a mapping", 8, "    batch_norm: 3", "batch_norm"),
    Mistake("a mapping for a list", 12, "    seeds: {a: 1}", "seeds"),
    Mistake("impossible depth", 6, "    depth: 9", "depth 9", "8, 14, 20"),
    Mistake("depth too small", 6, "    depth: 2", "depth"),
    Mistake("no filters", 7, "    filters: 0", "filters", "1 to 1024"),
    Mistake("huge number", 7, "    filters: 99999999999999999999", "filters"),
    Mistake("negative slope", 10, "    activation: {kind: leaky_relu, slope: -0.5}", "slope"),
    Mistake("a dropout of everything", 12, "    dropout: {blocks: 1}", "blocks"),
    Mistake("unknown optimiser", 9, "    residual: false\n    optimiser: {kind: adagrad}", told: 10, "adagrad", "adam"),
    Mistake("an optimiser without a kind", 9, "    residual: false\n    optimiser: {beta1: 0.5}", told: 10, "kind"),
    Mistake("a setting of no optimiser", 9, "    residual: false\n    optimiser: {kind: adam, beta3: 0.5}", told: 10, "beta3"),
    Mistake(
      "another optimiser's setting", 9, "    residual: false\n    optimiser: {kind: adam, weight_decay: 0.1}", told: 10,
      "weight_decay"),
    Mistake(
      "a kind of parameter twice", 9, "    residual: false\n    optimiser: {kind: adamw, no_decay: [bias, bias]}", told: 10,
      "no_decay"),
    Mistake("an impossible setting", 9, "    residual: false\n    optimiser: {kind: adam, beta1: 1}", told: 10, "0 to below 1"),
    Mistake("a word for a setting", 9, "    residual: false\n    optimiser: {kind: adam, beta1: no}", told: 10, "beta1"),
    Mistake("unknown activation", 10, "    activation: {kind: tanh, slope: 0.01}", "tanh"),
    Mistake("learning rate 0", 11, "    learning_rate: {schedule: cosine, base: 0}", "base"),
    Mistake("learning rate nan", 11, "    learning_rate: {schedule: cosine, base: nan}", "base"),
    Mistake("learning rate too large", 11, "    learning_rate: {schedule: cosine, base: 1e9}", "base"),
    Mistake(
      "a base below the minimum that was not given", 11, "    learning_rate: {schedule: cosine, base: 1e-5}", "below the minimum",
      "2e-05"),
    Mistake("a base below the minimum", 11, "    learning_rate: {schedule: cosine, base: 0.01, minimum: 0.02}", "0.02", "rise"),
    Mistake("yes for true", 9, "    residual: yes", "true or false"),
    Mistake("a merge key of a word", 9, "    residual: false\n    <<: word", told: 10, "<<"),
    Mistake("unknown schedule", 11, "    learning_rate: {schedule: steps, base: 0.1}", "steps", "cosine, constant"),
    Mistake("epochs beyond the schedule", 12, "    epochs: 101", "epochs", "1 to 100"),
    Mistake("seed twice", 12, "    seeds: [4, 4]", "4", "twice"),
    Mistake("negative seed", 12, "    seeds: [-1]", "seed"),
    Mistake("no seeds", 12, "    seeds: []", "empty"),
    Mistake("padding too large", 12, "    augmentation: {padding: 99, flip: true}", "padding"),
    Mistake("unknown split", 12, "    validation_split: random", "random", "balanced or unbalanced"),
    Mistake("id with a slash", 4, "  - id: a/b", "a/b"),
    Mistake("id that leaves the directory", 4, "  - id: ..", "id"),
    Mistake("key twice", 9, "    residual: false\n    residual: true", told: 9, "residual", "twice"),
    Mistake(
      "id twice", 12,
      "  - {id: first, depth: 8, filters: 1, batch_norm: {processing: true, reduction: true}, residual: true, activation: {kind: leaky_relu, slope: 1}, learning_rate: {schedule: constant, base: 1}}",
      "first"),
    Mistake("a control character", 8, "    batch_norm: \u{1}", "not YAML"),
    Mistake("not YAML", 8, "    batch_norm: {processing: true", told: 9, "not YAML"),
    Mistake("a tab", 8, "\tbatch_norm: 1", "not YAML"),
    Mistake("another format", 1, "format: other", "other"),
    Mistake("a later version", 2, "version: 2", "version 2"),
  ]

  @Test("a mistake is refused, named, and told with its line", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    var lines = Self.lines
    lines[mistake.line - 1] = mistake.text
    let error = #expect(throws: MatrixFileError.self) { try MatrixFile(yaml: lines.joined(separator: "\n"), name: "m.yaml") }
    let text = "\(try #require(error))"
    #expect(error?.line == mistake.told ?? mistake.line, "\(text)")
    #expect(text.hasPrefix("m.yaml:"), "\(text)")
    for word in mistake.words { #expect(text.contains(word), "\(text)") }
  }

  @Test("a base below the minimum is the constant schedule's own affair, and one at the minimum is a constant rate")
  func minimum() throws {
    for rate in [
      "{schedule: constant, base: 1e-5}", "{schedule: cosine, base: 2e-5}", "{schedule: cosine, base: 1e-5, minimum: 0}",
    ] {
      var lines = Self.lines
      lines[10] = "    learning_rate: \(rate)"
      let row = try MatrixFile(yaml: lines.joined(separator: "\n"), name: "m").rows[0]
      let settings = row.settings(profile: .paper, classes: 100, side: 32)
      #expect(settings.problem == nil)
      #expect(settings.learningRate(epoch: 99) <= settings.learningRate(epoch: 0))
    }
    var row = try MatrixFile(yaml: Self.lines.joined(separator: "\n"), name: "m").rows[0]
    row.baseLearningRate = 1e-5
    #expect(row.settings(profile: .paper, classes: 100, side: 32).problem?.contains("below its minimum") == true)
  }

  @Test("a byte-order mark changes nothing; true may be True or TRUE")
  func byteOrderMark() throws {
    let text = Self.lines.joined(separator: "\n")
    let plain = try MatrixFile(yaml: text, name: "m")
    #expect(try MatrixFile(bytes: [0xef, 0xbb, 0xbf] + Array(text.utf8), name: "m") == plain)
    for word in ["True", "TRUE"] {
      #expect(try MatrixFile(bytes: Array(text.replacing("true", with: word).utf8), name: "m") == plain)
    }
    #expect(try MatrixFile(bytes: Array(text.replacing("false", with: "False").utf8), name: "m") == plain)
  }

  @Test("UTF-16 is named, with or without its mark", arguments: [true, false], [true, false])
  func wideText(isBig: Bool, hasMark: Bool) throws {
    let units = (hasMark ? [0xfeff] : []) + Array(Self.lines.joined(separator: "\n").utf16)
    let bytes = units.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
    let error = #expect(throws: MatrixFileError.self) { try MatrixFile(bytes: bytes, name: "m") }
    #expect(error?.problem.contains("UTF-16") == true && error?.problem.contains("UTF-8") == true)
  }

  @Test("what is no UTF-8 is refused with its line and its byte, and never read as something else")
  func invalid() throws {
    var lines = Self.lines.map { Array($0.utf8) }
    lines[4] = Array("    model: \"caf".utf8) + [0xe9] + Array("\"".utf8)
    let error = #expect(throws: MatrixFileError.self) { try MatrixFile(bytes: Array(lines.joined(separator: [0x0a])), name: "m") }
    #expect(error?.line == 5 && error?.problem.contains("0xe9") == true, "\(String(describing: error))")
    let cut = Array(Self.lines.joined(separator: "\n").utf8) + [0xe2, 0x82]
    #expect(throws: MatrixFileError.self) { try MatrixFile(bytes: cut, name: "m") }
  }

  @Test("merge keys give what a mapping does not say itself; of several the first counts")
  func merge() throws {
    let text = """
      format: gradflow-matrix
      version: 1
      rows:
        - &base
          id: first
          depth: 8
          filters: 16
          batch_norm: &norm {processing: true, reduction: false}
          residual: false
          activation: {kind: leaky_relu, slope: 0.01}
          learning_rate: &rate {schedule: cosine, base: 0.001}
          seeds: [0, 1]
        - <<: *base
          id: second
          filters: 8
          batch_norm: {<<: [{processing: false}, *norm]}
      """
    let rows = try MatrixFile(bytes: Array(text.utf8), name: "m").rows
    #expect(rows.map(\.id) == ["first", "second"] && rows.map(\.network.filters) == [16, 8])
    #expect(rows[1].seeds == [0, 1] && rows[1].baseLearningRate == 0.001)
    #expect(rows[1].network.normalisesProcessing == false && rows[1].network.normalisesReduction == false)
    let foreign = #expect(throws: MatrixFileError.self) {
      try MatrixFile(
        bytes: Array(text.replacing("filters: 8", with: "activation: {<<: {residul: true}, kind: leaky_relu, slope: 1}").utf8),
        name: "m")
    }
    #expect(foreign?.problem.contains("residul") == true)
  }

  @Test("a file without rows is refused")
  func noRows() throws {
    let text = Self.lines[0...1].joined(separator: "\n")
    for (rows, word) in [("rows: []", "no rows"), ("rows:", "a list"), ("", "rows"), ("rows: [3]", "mapping")] {
      let error = #expect(throws: MatrixFileError.self) { try MatrixFile(yaml: text + "\n" + rows, name: "m.yaml") }
      #expect(error?.problem.contains(word) == true, "\(rows): \(String(describing: error))")
    }
  }

  @Test(
    "a file without content, or of one value, is refused",
    arguments: ["", "# nothing\n", "3", "- 1", "---\n...\n", "a: 1\n---\nb: 2"])
  func empty(text: String) {
    #expect(throws: MatrixFileError.self) { try MatrixFile(yaml: text, name: "m.yaml") }
  }

  @Test("bytes that mean nothing are refused, never trapped on")
  func garbage() {
    let good = Array(Self.lines.joined(separator: "\n").utf8)
    var state: UInt64 = 7
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    for _ in 0..<500 {
      var bytes = good
      for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
      if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
      _ = try? MatrixFile(yaml: String(decoding: bytes, as: UTF8.self), name: "m.yaml")
    }
  }
}
