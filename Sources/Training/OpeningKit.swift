import Files
import Kernels
import Networks
import Optimisers
import Tensors
import Traces

/// What another program needs to make a run's first steps and the steps from anchors itself, and what it gives back.
///
/// The kit, a safetensors file: for each point `POINT.images` [N, 3, H, W] and `POINT.labels`, as they enter the network;
/// `validation.images`, `validation.labels`; `initial.NAME`, parameters and buffers before the first step; for each anchor
/// `ANCHOR.NAME` and what the optimiser remembers, `ANCHOR.first.NAME` and so on. Its metadata name the run, and for each point
/// `POINT.learning_rate` and `POINT.updates`, those made before the step.
///
/// The answer: for each point `POINT.loss` [], `POINT.logits` [N, classes], `POINT.gradient.NAME` of every parameter, and after
/// the update `POINT.value.NAME` of every parameter and buffer and `POINT.first.NAME` and so on; `step-0.evaluation_before` []
/// and `step-2.evaluation_after` [], the mean loss of the validation batch in evaluation mode. F64 or F32 all. Its metadata
/// name `row`, `profile` and `seed`. Gradients are those of the loss, before any decay; a velocity has the learning rate outside.
/// Constants such as 1 − β and the corrections are to be calculated in binary64: 1 − 0.999 in binary32 is 1.3e-5 off.
extension OpeningRun {
  private struct Point {
    let name: String
    let step: Int
    let epoch: TrainingEpoch
    let images: Int?
    let anchor: Anchor?
    let updates: Int
  }

  private var points: [Point] {
    (0..<step.openingSteps).map {
      Point(
        name: OpeningLine.point(step: $0), step: $0, epoch: step.source.trainingEpoch(0), images: nil, anchor: nil, updates: $0)
    }
      + Anchor.all.map {
        Point(
          name: $0.name, step: 0, epoch: step.source.trainingEpoch($0.epoch), images: Anchor.images, anchor: $0,
          updates: $0.updates)
      }
  }

  private var states: [(name: String, tensors: [(name: String, tensor: Tensor<Float>)])] {
    step.optimiser.state.map { state in (state.name, zip(step.optimiser.parameters, state.tensors).map { ($0.name, $1) }) }
  }

  /// - Parameter identity: of the run, for the metadata.
  public func kit(_ identity: RunIdentity) -> SafeTensors {
    var kit = SafeTensors(metadata: ["format": "gradflow-opening-kit"].merging(Self.names(identity)) { $1 })
    for member in identity.header.training { kit.metadata[member.key] = member.value.string ?? member.value.description }
    func add(_ content: BatchContent, _ name: String) {
      let batch = step.loading.load(content, on: step.network.backend.pool)
      kit[name + ".images"] = batch.images.planes(first: batch.count)
      kit[name + ".labels"] = SafeTensor(shape: [batch.count], batch.labels.elements.prefix(batch.count).map { Int64($0) })
    }
    begin()
    for (name, tensor) in step.network.state { kit["initial." + name] = tensor.safeTensor }
    for point in points {
      let places = point.epoch.batch(point.step, size: step.settings.batchSize).prefix(point.images ?? .max)
      add(.augmented(point.epoch, places: places), point.name)
      kit.metadata[point.name + ".learning_rate"] = "\(step.settings.learningRate(epoch: point.epoch.index))"
      kit.metadata[point.name + ".updates"] = "\(point.updates)"
      guard let anchor = point.anchor else { continue }
      set(anchor)
      for (name, tensor) in step.network.state { kit["\(point.name).\(name)"] = tensor.safeTensor }
      for (state, tensors) in states {
        for (name, tensor) in tensors { kit["\(point.name).\(state).\(name)"] = tensor.safeTensor }
      }
    }
    let count = min(step.settings.batchSize, step.source.validationCount)
    add(.plain(.validation, places: Array(0..<count)[...]), "validation")
    return kit
  }

  private static func names(_ identity: RunIdentity) -> [String: String] {
    ["row": identity.row, "profile": identity.profile, "seed": String(identity.seed)]
  }

  /// What another program's answer comes to.
  ///
  /// - Throws: `OpeningFileError` for an answer of another run, and for tensors that are missing, too many, of another shape or
  ///   not finite.
  public func judgeable(
    _ answer: SafeTensors, _ identity: RunIdentity, file: String
  ) throws(OpeningFileError) -> OpeningAnswer {
    for (name, wanted) in Self.names(identity).sorted(by: { $0.key < $1.key }) where answer.metadata[name] != wanted {
      throw OpeningFileError(file: file, problem: "its \(name) is \(answer.metadata[name] ?? "not given"), expected is \(wanted)")
    }
    var left = Set(answer.names)
    func numbers(_ name: String, _ shape: [Int]) throws(OpeningFileError) -> [Double] {
      guard let tensor = answer[name] else { throw OpeningFileError(file: file, problem: "there is no \(name)") }
      guard tensor.shape == shape, [.f32, .f64].contains(tensor.type), let values = tensor.doubles else {
        throw OpeningFileError(
          file: file, problem: "\(name) is \(tensor.type.rawValue) of shape \(tensor.shape), expected is F32 or F64 of \(shape)")
      }
      if let index = values.firstIndex(where: { !Float($0).isFinite }) {
        throw OpeningFileError(file: file, problem: "\(name) holds \(values[index]) at \(index), no finite number of binary32")
      }
      left.remove(name)
      return values
    }
    func take(_ tensor: Tensor<Float>, _ name: String) throws(OpeningFileError) {
      tensor.assign(try numbers(name, tensor.shape).map { Float($0) })
    }
    let network = step.network
    begin()
    var lines: [OpeningLine] = []
    var departures: [UpdateDeparture] = []
    var largest = 0.0
    for point in points {
      if let anchor = point.anchor { set(anchor) }
      let name = point.name
      for parameter in network.parameters { try take(parameter.gradient, "\(name).gradient.\(parameter.name)") }
      meter.takeGradients()
      let learningRate = step.settings.learningRate(epoch: point.epoch.index)
      let update = UpdateCheck(step, updates: point.updates, learningRate: learningRate)
      for (entry, tensor) in network.state { try take(tensor, "\(name).value.\(entry)") }
      for (state, tensors) in states {
        for (entry, tensor) in tensors { try take(tensor, "\(name).\(state).\(entry)") }
      }
      let found = update.departures(at: name)
      departures += found.outside
      largest = max(largest, found.largest)
      let count = point.epoch.batch(point.step, size: step.settings.batchSize).prefix(point.images ?? .max).count
      let logits = try numbers(name + ".logits", [count, network.description.classes])
      let size = (logits.reduce(0) { $0 + $1 * $1 } / Double(logits.count)).squareRoot()
      var named: [NamedValue] = []
      func evaluation(_ key: String) throws(OpeningFileError) {
        named.append(NamedValue(key, try numbers("\(name).\(key)", [])[0]))
      }
      if point.anchor == nil, point.step == 0 { try evaluation(OpeningLine.evaluationBefore) }
      named += [NamedValue(OpeningLine.loss, try numbers(name + ".loss", [])[0]), NamedValue(OpeningLine.logits, size)]
      if point.anchor == nil, point.step == OpeningLine.steps - 1 { try evaluation(OpeningLine.evaluationAfter) }
      lines.append(meter.line(name, named, learningRate: learningRate))
    }
    if let extra = left.sorted().first {
      throw OpeningFileError(file: file, problem: "\(extra) belongs to no opening of this run")
    }
    return OpeningAnswer(lines: lines, departures: departures, largestDeparture: largest)
  }
}

/// What another program's answer comes to.
public struct OpeningAnswer: Sendable {
  /// Opening and anchors together.
  public let lines: [OpeningLine]
  /// Where its updates are not what the run's optimiser makes of its gradients: one a tensor, of the element that departs most.
  public let departures: [UpdateDeparture]
  /// Of all elements, in tolerances.
  public let largestDeparture: Double
}

/// Why a file is no opening of a run.
public struct OpeningFileError: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let problem: String

  public var description: String {
    "\(file): \(problem); `gradflow opening` writes the kit that an opening is made from, and docs/verdicts.md says what it holds"
  }
}

extension Tensor where S == Float {
  /// Of the first images, [N, H, W, C], as planes [N, C, H, W].
  fileprivate func planes(first count: Int) -> SafeTensor {
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    var planes = [Float](repeating: 0, count: count * stride)
    for image in 0..<count {
      for pixel in 0..<height * width {
        for channel in 0..<channels {
          planes[(image * channels + channel) * height * width + pixel] = at(image)[pixel * channels + channel]
        }
      }
    }
    return SafeTensor(shape: [count, channels, height, width], planes)
  }
}
