import Files
import Kernels
import Networks
import Randomness
import Testing
import Traces

@testable import Training

@Suite("A run's opening and inputs")
struct OpeningTests {
  @Test("a trace tells its first three steps, and they are what an opening by itself gives, bit for bit")
  func inTrace() throws {
    let run = try TestRun(TestRun.deep)
    try run.train()
    let trace = try run.trace()
    #expect(trace.opening.map(\.point) == ["step-0", "step-1", "step-2"])
    let alone = try OpeningRun(run.identity(), source: run.source(), backend: Backend(instructionSet: .best, threads: 2))
    #expect(try alone.steps() == trace.opening && alone.steps() == trace.opening)
    let first = try #require(trace.opening.first)
    #expect(first.numbers.map(\.name) == ["evaluation_before", "loss", "logits"])
    #expect(trace.opening[2].numbers.last?.name == "evaluation_after")
    // Adam's first update moves every element by the learning rate, but where the gradient is as small as its ε.
    let updates = first.parameters.map { $0.numbers[first.quantities.firstIndex(of: "update")!] }
    #expect(updates.allSatisfy { $0 <= 1.0001 } && updates.contains { abs($0 - 1) < 1e-3 })
    let column = first.quantities.firstIndex(of: "first")!
    #expect(first.parameters.allSatisfy { abs($0.numbers[column] - 0.1 * $0.numbers[0]) <= 1e-6 * $0.numbers[0] })
  }

  @Test("openings hang on neither threads nor instruction set", arguments: InstructionSet.available)
  func everywhere(set: InstructionSet) throws {
    var run = try TestRun(TestRun.deep)
    let one = try OpeningRun(run.identity(), source: run.source(), backend: run.backend)
    run.instructionSet = set
    run.threads = 3
    let other = try OpeningRun(run.identity(), source: run.source(), backend: run.backend)
    #expect(try one.steps() == other.steps() && one.anchors() == other.anchors())
  }

  @Test("a kit holds every image as it enters the network, in planes, with its label")
  func kitImages() throws {
    let run = try TestRun()
    let source = try run.source(), side = 8, pixelCount = 64
    let kit = try OpeningRun(run.identity(), source: source, backend: run.backend).kit(run.identity())
    func check(_ name: String, _ count: Int, _ load: (Int, UnsafeMutablePointer<Float>) -> Int32) throws {
      let images = try #require(kit[name + ".images"]), labels = try #require(kit[name + ".labels"]?.integers)
      #expect(images.shape == [count, 3, side, side] && labels.count == count, "\(name)")
      let floats = try #require(images.floats)
      for image in 0..<count {
        var pixels = [Float](repeating: 0, count: 3 * pixelCount)
        let label = load(image, &pixels)
        let planes = (0..<3).flatMap { channel in (0..<pixelCount).map { pixels[3 * $0 + channel] } }
        #expect(floats[image * planes.count..<(image + 1) * planes.count] == planes[...], "\(name), image \(image)")
        #expect(labels[image] == Int64(label), "\(name), image \(image)")
      }
    }
    for (name, index, step) in [
      ("step-0", 0, 0), ("step-1", 0, 1), ("step-2", 0, 2), ("anchor-1", 0, 0), ("anchor-40000", 84, 0),
    ] {
      let epoch = source.trainingEpoch(index), places = Array(epoch.batch(step, size: run.batchSize))
      try check(name, places.count) { epoch.load(place: places[$0], into: $1) }
    }
    try check("validation", run.batchSize) { source.load(.validation, place: $0, into: $1) }
  }

  @Test("a gradient whose elements change places keeps its norm, and not its sketch")
  func sketches() throws {
    let run = try TestRun()
    let step = try TrainingStep(run.settings, seed: 0, source: run.source(), backend: run.backend)
    let meter = OpeningMeter(step.network, step.optimiser, kernels: step.kernels)
    let gradient = step.network.parameters[0].gradient
    for index in 0..<gradient.count { gradient.pointer[index] = Float(index % 17) - 5 }
    func numbers() -> [Double] {
      meter.takeGradients()
      return meter.line("step-0", [], learningRate: 1).parameters[0].numbers
    }
    let before = numbers()
    gradient.assign(gradient.values.reversed())
    let after = numbers()
    #expect(abs(before[0] - after[0]) < 1e-9 * before[0])
    #expect(abs(before[1] - after[1]) > 0.01 || abs(before[2] - after[2]) > 0.01)
    #expect(before[1] != before[2])
  }

  @Test("sketches are Σ±g / ‖g‖: of element i with the signs of bits 2j and 2j + 1 of the stream's value ⌊i/32⌋, j = i mod 32")
  func sketchSigns() throws {
    let run = try TestRun()
    let step = try TrainingStep(run.settings, seed: 0, source: run.source(), backend: run.backend)
    let meter = OpeningMeter(step.network, step.optimiser, kernels: step.kernels)
    for parameter in step.network.parameters {
      for index in 0..<parameter.count { parameter.gradient.pointer[index] = Float(index % 17) - 5 }
    }
    meter.takeGradients()
    let entries = meter.line("step-0", [], learningRate: 1).parameters
    for (parameter, entry) in zip(step.network.parameters, entries) {
      var words: [UInt64] = []
      RandomStream(seed: 0, name: .sketch(parameter.name)).forEachValue(from: 0, count: (parameter.count + 31) / 32) {
        words.append($1)
      }
      var first = 0.0, second = 0.0, squares = 0.0
      for (index, value) in parameter.gradient.values.enumerated() {
        let signs = words[index / 32] >> UInt64(2 * (index % 32)), gradient = Double(value)
        first += signs & 1 == 0 ? gradient : -gradient
        second += signs & 2 == 0 ? gradient : -gradient
        squares += gradient * gradient
      }
      let norm = squares.squareRoot()
      #expect(abs(entry.numbers[1] - first / norm) < 1e-9 && abs(entry.numbers[2] - second / norm) < 1e-9, "\(parameter.name)")
    }
  }

  @Test("anchors are steps of late updates from states of their own, the same every time")
  func anchors() throws {
    let run = try TestRun(TestRun.deep)
    let alone = try OpeningRun(run.identity(), source: run.source(), backend: run.backend)
    let anchors = try alone.anchors()
    #expect(anchors.map(\.point) == ["anchor-1", "anchor-5000", "anchor-40000"])
    #expect(OpeningRun.Anchor.all.map(\.epoch) == [0, 10, 84] && OpeningRun.Anchor.images == 7)
    _ = try alone.steps()
    #expect(try alone.anchors() == anchors)
    #expect(anchors.allSatisfy { $0.values.allSatisfy(\.value.isFinite) })
  }

  @Test("an anchor's state fills the ranges that it names, and does not leave them", arguments: OpeningRun.Anchor.all)
  func anchorState(anchor: OpeningRun.Anchor) throws {
    let run = try TestRun(TestRun.deep)
    let alone = try OpeningRun(run.identity(), source: run.source(), backend: run.backend)
    alone.set(anchor)
    let specifications = Dictionary(
      uniqueKeysWithValues: alone.step.network.description.state.map { ($0.name, $0) })
    // Of each kind, and of each of the optimiser's states, the middle and the half width, and the values.
    var found: [String: (middle: Double, half: Double, values: [Double])] = [:]
    func take(_ kind: String, _ middle: Double, _ half: Double, _ values: [Double]) {
      found[kind, default: (middle, half, [])].values += values
    }
    for (name, tensor) in alone.step.network.state {
      let specification = try #require(specifications[name]), values = tensor.values.map(Double.init)
      switch specification.kind {
      case .weight:
        let bound = (3 / Double(specification.fanIn)).squareRoot()
        take("weight", 0, 1, values.map { $0 / bound })
      case .bias: take("bias", 0, 0.1, values)
      case .runningMean: take("running mean", 0, 0.1, values)
      case .gamma: take("gamma", 1, 0.2, values)
      case .beta: take("beta", 0, 0.2, values)
      case .runningVariance: take("running variance", 1, 0.5, values)
      }
    }
    for state in alone.step.optimiser.state {
      for tensor in state.tensors {
        let values = tensor.values.map(Double.init)
        if state.name == "second" {
          take("root of second", 1e-3, 0.5e-3, values.map { $0.squareRoot() })
        } else {
          take(state.name, 0, 1e-3, values)
        }
      }
    }
    #expect(found.count == 8)
    for (kind, range) in found {
      let places = range.values.map { ($0 - range.middle) / range.half }
      #expect(places.min()! >= -1.00001 && places.max()! <= 1.00001, "\(kind)")
      #expect(places.min()! < -0.8 && places.max()! > 0.8, "\(kind): \(places.count)")
    }
  }

  @Test("inputs name the initial state, every set's batches, counts and the optimiser's scalars, by epoch")
  func inputs() throws {
    var run = try TestRun()
    try run.train()
    let trace = try run.trace()
    func value(_ name: String, epoch: Int?) -> JSONValue? {
      trace.inputs.filter { $0.epoch == epoch }.flatMap(\.values).first { $0.key == name }?.value
    }
    #expect(value("steps", epoch: 1) == JSONValue(4) && value("examples", epoch: 1) == JSONValue(18))
    #expect(value("updates", epoch: 1) == JSONValue(8))
    #expect(value("adam_beta2", epoch: 0) == JSONValue(0.999))
    #expect(value("training", epoch: 0) != value("training", epoch: 1))
    #expect(value("validation", epoch: 0) == value("validation", epoch: 1) && value("validation", epoch: 0) != nil)
    #expect(value("initial_state", epoch: 0) != nil && value("test", epoch: nil) != nil)
    // Another crop is another input, and nothing else of the settings.
    run = try run.elsewhere()
    run.tweak = { $0.augmentation.flips = false }
    try run.train()
    let other = try run.trace()
    let names = zip(trace.inputs, other.inputs).flatMap { a, b in
      zip(a.values, b.values).filter { $0 != $1 }.map(\.0.key)
    }
    #expect(Set(names) == ["training"])
  }

  @Test("a run whose program did not tell its inputs goes on without telling them")
  func olderCheckpoint() throws {
    var run = try TestRun()
    run.epochs = 1
    try run.train()
    let whole = try run.trace()
    var checkpoint = try Checkpoint(path: run.files.checkpoint)
    checkpoint.progress.inputDigests = nil
    try AtomicFile.write(checkpoint.fileBytes, to: run.files.checkpoint)
    run.epochs = 2
    try run.resume()
    #expect(try run.trace().inputs.filter { $0.epoch == 1 }.isEmpty && run.trace().inputs.count == whole.inputs.count - 1)
  }
}
