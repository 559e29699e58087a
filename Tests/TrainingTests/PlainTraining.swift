import Datasets
import Files
import Kernels
import Networks
import Optimisers
import Traces
import Training

/// The protocol once more, written as plainly as possible: what the trainer's lines are held against.
///
/// It shares the network, Adam and the data with the trainer, and nothing else: sampling, sums, metrics and gradient
/// statistics are its own.
struct PlainTraining {
  struct Epoch {
    var trainLoss = 0.0
    var trainAccuracy = 0.0
    var validationLoss = 0.0
    var validationAccuracy = 0.0
    var gradientFlow: [String: Double] = [:]
    var statistics: [String: [Double]] = [:]
    var digest = ""
  }

  private(set) var epochs: [Epoch] = []
  let network: Network<Float>
  let batch: Batch<Float>

  init(_ run: TestRun) throws {
    let source = try run.source()
    let backend = try run.backend
    network = try Network(run.settings.network, backend: backend, capacity: run.batchSize)
    batch = network.makeBatch()
    network.initialise(seed: run.seed)
    let adam = Adam(network.parameters, backend: backend)
    let digest = StateDigest(network, adam)

    for index in 0..<run.epochs {
      var epoch = Epoch()
      let whole = source.trainingEpoch(index), order = whole.order
      var first = 0
      while first < order.count {
        let places = Array(order[first..<min(first + run.batchSize, order.count)])
        for (slot, place) in places.enumerated() {
          batch.labels.pointer[slot] = whole.load(place: place, into: batch.images.at(slot))
        }
        let result = try network.forward(batch.first(places.count), mode: .training)
        epoch.trainLoss += result.loss * Double(places.count)
        epoch.trainAccuracy += Double(correct(places.count))
        network.backward()
        first += places.count
        let isLast = first == order.count
        let before = network.parameters.map(\.value.values)
        let gradients = network.parameters.map(\.gradient.values)
        adam.update(learningRate: run.settings.learningRate(epoch: index))
        if isLast { record(gradients, before, in: &epoch) }
      }
      epoch.trainLoss /= Double(order.count)
      epoch.trainAccuracy /= Double(order.count)
      epoch.digest = digest.full().description
      (epoch.validationLoss, epoch.validationAccuracy) = try evaluate(.validation, count: source.validationCount, from: source)
      epochs.append(epoch)
    }
  }

  /// One image at a time: evaluation must not depend on an image's company.
  func evaluate(_ set: DataSet, count: Int, from source: any BatchSource) throws -> (loss: Double, accuracy: Double) {
    var loss = 0.0
    var right = 0
    for place in 0..<count {
      batch.labels.pointer[0] = source.load(set, place: place, into: batch.images.at(0))
      loss += try network.forward(batch.first(1), mode: .evaluation(.running)).loss
      right += correct(1)
    }
    return (loss / Double(count), Double(right) / Double(count))
  }

  /// Images of the last pass whose largest logit, the first of equals, is that of their label.
  private func correct(_ count: Int) -> Int {
    let classes = network.description.classes
    return (0..<count).filter { image in
      let logits = (0..<classes).map { network.logits.at(image)[$0] }
      return logits.firstIndex(of: logits.max() ?? 0) == Int(batch.labels.pointer[image])
    }.count
  }

  private func record(_ gradients: [[Float]], _ before: [[Float]], in epoch: inout Epoch) {
    for (index, parameter) in network.parameters.enumerated() {
      let gradient = gradients[index].map(Double.init)
      let name = parameter.name
      if name.hasSuffix(".weight") {
        let label = name.replacing("layer_dict.", with: "").replacing(".weight", with: "").replacing(".", with: "_")
        epoch.gradientFlow[label] = gradient.reduce(0) { $0 + abs($1) } / Double(gradient.count)
      }
      let old = before[index].map(Double.init), new = parameter.value.values.map(Double.init)
      let change = zip(new, old).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      let size = old.reduce(0) { $0 + $1 * $1 }.squareRoot()
      epoch.statistics[name] = [
        gradient.reduce(0) { $0 + $1 * $1 }.squareRoot(), gradient.map(abs).max() ?? 0,
        Double(gradient.filter { $0 == 0 }.count) / Double(gradient.count), change == 0 ? 0 : change / size,
      ]
    }
  }
}

/// Whether two numbers are the same but for the rounding of sums in another order.
func isNear(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}
