import Kernels
import Layers

/// Which of a network's passes is meant.
enum PassKind: Hashable, Sendable {
  /// The batch's own statistics normalise.
  case training
  /// Fixed statistics normalise, with a share of the image's own where a layer has such a weight.
  case evaluation
}

/// Collects a pass's operations, in their order, and the values between them.
struct PassBuilder<S: KernelScalar> {
  /// Where a value lives that is there before the pass, or is asked for after it.
  enum External: Hashable, Sendable { case images, logits, imageGradient }

  /// How a value can be computed anew from others that are kept.
  struct Recipe {
    let facts: OperationFacts
    let call: (_ from: Value, _ into: Value) -> Operation<S>.Call
    let source: Value
  }

  let kind: PassKind
  let hasBackward: Bool
  let hasImageGradient: Bool

  private(set) var operations: [Operation<S>] = []
  private(set) var values: [Value] = []
  private(set) var names: [String] = []
  private(set) var externals: [Value: External] = [:]
  private(set) var recipes: [Value: Recipe] = [:]
  /// The outputs of activations, in order.
  private(set) var activations: [Value] = []
  /// What is not kept but computed anew from its recipe: decided between the forward operations and the backward ones.
  var recomputed: Set<Value> = []

  private let nodes: [PassNode]
  private var ends: [(input: Value, output: Value)] = []
  private var inputs: [String: Value] = [:]
  private var gradients: [Value: Value] = [:]
  private var node = 0

  init(_ nodes: [PassNode], kind: PassKind, hasBackward: Bool, hasImageGradient: Bool) {
    self.nodes = nodes
    self.kind = kind
    self.hasBackward = hasBackward
    self.hasImageGradient = hasImageGradient
  }

  // MARK: The passes

  mutating func addForward(from shape: MapShape) {
    var signal = newValue("images", shape)
    externals[signal] = .images
    for (index, one) in nodes.enumerated() {
      node = index
      for label in one.labels { inputs[label] = signal }
      let output = one.source.addForward(signal, to: &self)
      ends.append((signal, output))
      signal = output
    }
  }

  mutating func addBackward() {
    for (index, one) in nodes.enumerated().reversed() {
      node = index
      one.source.addBackward(input: ends[index].input, output: ends[index].output, to: &self)
    }
  }

  // MARK: For sources

  /// Whether what the node puts out is overwritten by the next one, which counts as the same layer.
  var countsWithNext: Bool { nodes[node].countsWithNext }

  /// What the layer of that name takes.
  func input(of label: String) -> Value {
    guard let value = inputs[label] else { preconditionFailure("no layer \(label) before") }
    return value
  }

  mutating func newValue(_ name: String, _ shape: MapShape) -> Value {
    let value = Value(id: values.count, shape: shape)
    values.append(value)
    names.append(name)
    return value
  }

  /// The node's output: what the loss takes are the logits.
  mutating func newOutput(_ name: String, _ shape: MapShape) -> Value {
    let value = newValue(name, shape)
    if node + 1 < nodes.count, nodes[node + 1].source is SoftmaxCrossEntropyLayer { externals[value] = .logits }
    return value
  }

  mutating func add(_ facts: OperationFacts, _ call: @escaping (PassMemory<S>) -> (ImageGroup) -> Void) {
    add(facts, .images(call))
  }

  /// An operation of scope `batch` or `network`.
  mutating func addOnce(_ facts: OperationFacts, _ call: @escaping (PassMemory<S>) -> () -> Void) {
    precondition(facts.scope == .batch || facts.scope == .network)
    add(facts, .once(call))
  }

  private mutating func add(_ facts: OperationFacts, _ call: Operation<S>.Call) {
    var facts = facts
    facts.node = node
    operations.append(Operation(facts: facts, call: call))
  }

  mutating func noteActivation(_ value: Value) { activations.append(value) }

  // MARK: Values computed anew

  mutating func addRecipe(for value: Value, _ recipe: Recipe) { recipes[value] = recipe }

  func isKept(_ value: Value) -> Bool { !recomputed.contains(value) }

  /// The value, kept or computed anew here.
  mutating func restored(_ value: Value) -> Value {
    guard !isKept(value), let recipe = recipes[value] else { return value }
    let source = restored(recipe.source)
    let anew = newValue(names[value.id] + ", anew", value.shape)
    var facts = recipe.facts
    facts.reads = [source]
    facts.writes = [anew]
    add(facts, recipe.call(source, anew))
    return anew
  }

  // MARK: Gradients

  /// Whether somebody asks for the gradient of a value.
  func wantsGradient(of value: Value) -> Bool { externals[value] != .images || hasImageGradient }

  /// A value for a gradient. That of the images, where nobody asks for it, is a value that nothing reads: a first layer need not
  /// ask, and one that does (`wantsGradient`) saves the work.
  mutating func newGradient(of value: Value) -> Value {
    let gradient = newValue("d " + names[value.id], value.shape)
    if externals[value] == .images, hasImageGradient { externals[gradient] = .imageGradient }
    return gradient
  }

  /// The gradient so far, which the caller takes over.
  mutating func takeGradient(of value: Value) -> Value? { gradients.removeValue(forKey: value) }

  /// For what can not add to a gradient that came by another way: `gradient` is added to it here.
  mutating func addGradient(_ gradient: Value, of value: Value, countingAs label: String) {
    guard let other = gradients[value] else {
      gradients[value] = gradient
      return
    }
    let sum = newGradient(of: value)
    add(
      OperationFacts(
        layer: label, direction: .inputGradient, part: .pointwise, reads: [other, gradient], writes: [sum],
        overwrites: [.init(written: sum, read: other), .init(written: sum, read: gradient)])
    ) { memory in
      let (a, b, y, pointwise) = (memory[other], memory[gradient], memory[sum], Pointwise<S>(kernels: memory.kernels))
      return { pointwise.forward(a.of($0), adding: b.of($0), into: y.of($0), images: $0.images) }
    }
    gradients[value] = sum
  }

  /// For a gradient that the caller took, and added to.
  mutating func setGradient(_ gradient: Value, of value: Value) { gradients[value] = gradient }
}
