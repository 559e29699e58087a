import Foundation
import Kernels
import Optimisers
import Randomness
import Tensors
import Testing

@testable import Training

@Suite("Another program's update must follow from its own gradients")
struct UpdateCheckTests {
  /// How another program may make an update: Adam in another order of operations, or with a mistake.
  enum Program: String, CaseIterable {
    case interpolating, textbook, inDouble
    case weightDecay, amsGrad, largeEpsilon, uncorrected, otherBeta1, otherBeta2, twoElements

    static let right: [Program] = [.interpolating, .textbook, .inDouble]
    static let wrong = allCases.filter { !right.contains($0) }
  }

  private struct Element {
    var value, first, second: Float
  }

  private let step: TrainingStep
  private let learningRate = 1e-3

  init() throws { step = try Self.step(.standard) }

  private static func step(_ optimiser: OptimiserChoice) throws -> TrainingStep {
    var run = try TestRun()
    run.optimiser = optimiser
    return try TrainingStep(run.settings, seed: 0, source: run.source(), backend: run.backend)
  }

  /// A state before an update: the first one's, or one late in a run. Gradients of several sizes, some of them zero.
  private func set(updates: Int) {
    let optimiser = step.optimiser
    for (index, parameter) in optimiser.parameters.enumerated() {
      let stream = RandomStream(seed: 7, name: .anchor("update", parameter.name))
      func draw(_ tensor: Tensor<Float>, _ from: Int, _ value: (Double) -> Double) {
        for i in 0..<tensor.count { tensor.pointer[i] = Float(value(2 * stream.uniform(at: UInt64(from + 8 * i)) - 1)) }
      }
      draw(parameter.value, 0) { 0.1 * $0 }
      draw(parameter.gradient, 1) { abs($0) < 0.1 ? 0 : 1e-3 * $0 * $0 * $0 }
      draw(optimiser.state[0].tensors[index], 2) { updates == 0 ? 0 : 1e-3 * $0 }
      draw(optimiser.state[1].tensors[index], 3) { updates == 0 ? 0 : 1e-6 * (1 + 0.5 * $0) * (1 + 0.5 * $0) }
    }
  }

  private func update(_ old: Element, _ gradient: Float, updates: Int, _ program: Program, _ element: Int) -> Element {
    let beta1 = program == .otherBeta1 ? 0.901 : 0.9, beta2 = program == .otherBeta2 ? 0.9991 : 0.999
    let t = program == .uncorrected ? 1e6 : Double(updates + 1)
    let correction1 = 1 - pow(beta1, t), correction2 = 1 - pow(beta2, t)
    let epsilon = program == .largeEpsilon ? 1e-6 : 1e-8
    let g = program == .weightDecay ? gradient + 1e-4 * old.value : gradient
    if program == .inDouble {
      let first = beta1 * Double(old.first) + (1 - beta1) * Double(g)
      let second = beta2 * Double(old.second) + (1 - beta2) * Double(g) * Double(g)
      let moved = learningRate * (first / correction1) / ((second / correction2).squareRoot() + epsilon)
      return Element(value: Float(Double(old.value) - moved), first: Float(first), second: Float(second))
    }
    var new = old
    new.first =
      program == .textbook ? Float(beta1) * old.first + Float(1 - beta1) * g : old.first + (g - old.first) * Float(1 - beta1)
    new.second = Float(beta2) * old.second + Float(1 - beta2) * (g * g)
    let second = program == .amsGrad ? max(old.second, new.second) : new.second
    if program == .textbook {
      let mean = new.first / Float(correction1), square = second / Float(correction2)
      new.value -= Float(learningRate) * mean / (square.squareRoot() + Float(epsilon))
    } else {
      let root = second.squareRoot() / Float(correction2.squareRoot()) + Float(epsilon)
      new.value -= Float(learningRate / correction1) * (new.first / root)
    }
    // The second is further off.
    if program == .twoElements { new.value += element == 3 ? 1e-6 : element == 5 ? 1e-3 : 0 }
    return new
  }

  /// What is found of the program's update.
  private func departures(_ program: Program, updates: Int) -> [UpdateDeparture] {
    set(updates: updates)
    let optimiser = step.optimiser
    let first = optimiser.state[0].tensors, second = optimiser.state[1].tensors
    let before = optimiser.parameters.indices.map { index in
      (0..<first[index].count).map {
        Element(
          value: optimiser.parameters[index].value.pointer[$0], first: first[index].pointer[$0], second: second[index].pointer[$0]
        )
      }
    }
    let check = UpdateCheck(step, updates: updates, learningRate: learningRate)
    for (index, parameter) in optimiser.parameters.enumerated() {
      for (i, old) in before[index].enumerated() {
        let new = update(old, parameter.gradient.pointer[i], updates: updates, program, i)
        parameter.value.pointer[i] = new.value
        first[index].pointer[i] = new.first
        second[index].pointer[i] = new.second
      }
    }
    return check.departures(at: "here").outside
  }

  @Test("Adam in another order of operations departs nowhere", arguments: Program.right, [0, 1, 39_999])
  func right(program: Program, updates: Int) {
    #expect(departures(program, updates: updates) == [])
  }

  @Test("a mistake is found, with the element that shows it most", arguments: Program.wrong)
  func wrong(program: Program) {
    let found = departures(program, updates: 39_999) + departures(program, updates: 1)
    #expect(found.allSatisfy { $0.times > 1 && $0.point == "here" })
    let quantities = Set(found.map(\.quantity))
    switch program {
    case .amsGrad, .largeEpsilon, .uncorrected: #expect(quantities == ["value"])
    case .twoElements:
      let counts = Dictionary(uniqueKeysWithValues: step.optimiser.parameters.map { ($0.name, $0.value.count) })
      #expect(quantities == ["value"] && found.allSatisfy { $0.element == (counts[$0.parameter]! > 5 ? 5 : 3) })
    case .otherBeta1: #expect(quantities == ["value", "first"])
    case .otherBeta2: #expect(quantities == ["value", "second"])
    default: #expect(quantities == ["value", "first", "second"])
    }
  }

  /// In double, rounded once: of plain and Nesterov's momentum, and of Adam with decoupled decay of everything.
  @Test(
    "so it is with other optimisers, where terms cancel too",
    arguments: ["sgd,momentum=0.9", "sgd,momentum=0.9,nesterov=true", "sgd,momentum=0", "adamw,weight_decay=0.01,no_decay="])
  func others(text: String) throws {
    let step = try Self.step(OptimiserChoice(parsing: text)), isNesterov = text.contains("true"), isAdam = text.hasPrefix("adamw")
    let momentum = text.contains("0.9") ? 0.9 : 0
    for mistake in [0, 1e-3] {
      var before: [(p: Double, states: [Double])] = []
      for (index, parameter) in step.optimiser.parameters.enumerated() {
        let stream = RandomStream(seed: 7, name: .anchor("update", parameter.name))
        for i in 0..<parameter.value.count {
          func draw(_ from: Int) -> Double { 2 * stream.uniform(at: UInt64(from + 8 * i)) - 1 }
          parameter.value.pointer[i] = Float(0.1 * draw(0))
          let states = step.optimiser.state.indices.map { state in Float(state == 0 ? 1e-3 * draw(1) : 1e-6 * (1.5 + draw(2))) }
          for (state, value) in zip(step.optimiser.state, states) { state.tensors[index].pointer[i] = value }
          // Of every third element the velocity and the gradient nearly cancel.
          parameter.gradient.pointer[i] =
            i % 3 == 0 && !isAdam ? -Float(momentum) * (states.first ?? 0) * 1.0001 : Float(1e-3 * draw(3))
          before.append((Double(parameter.value.pointer[i]), states.map(Double.init)))
        }
      }
      let check = UpdateCheck(step, updates: 4, learningRate: learningRate)
      var elements = before[...]
      for (index, parameter) in step.optimiser.parameters.enumerated() {
        for i in 0..<parameter.value.count {
          guard let (p, states) = elements.popFirst() else { return }
          let g = Double(parameter.gradient.pointer[i])
          var new: [Double]
          let moved: Double
          if isAdam {
            new = [0.9 * states[0] + 0.1 * g, 0.999 * states[1] + 0.001 * g * g]
            moved =
              learningRate * new[0] / (1 - pow(0.9, 5)) / ((new[1] / (1 - pow(0.999, 5))).squareRoot() + 1e-8)
              + learningRate * 0.01 * p
          } else {
            new = states.map { momentum * $0 + g }
            moved = learningRate * (momentum == 0 ? g : isNesterov ? g + momentum * new[0] : new[0])
          }
          parameter.value.pointer[i] = Float(p - moved * (1 + mistake))
          for (state, value) in zip(step.optimiser.state, new) { state.tensors[index].pointer[i] = Float(value) }
        }
      }
      let found = check.departures(at: "here")
      if mistake == 0 {
        #expect(found.outside == [] && found.largest <= 1, "\(found.largest)")
      } else {
        #expect(!found.outside.isEmpty && found.outside.allSatisfy { $0.quantity == "value" })
      }
    }
  }

  @Test("a number that is not finite is never within the tolerance, whatever follows from the gradient")
  func notFinite() throws {
    for (gradient, answer): (Float, Float) in [(1, .infinity), (.infinity, 0.5), (.nan, 0.5), (.nan, 0), (.infinity, -.infinity)]
    {
      set(updates: 5)
      let parameter = try #require(step.optimiser.parameters.first)
      parameter.gradient.pointer[2] = gradient
      let check = UpdateCheck(step, updates: 5, learningRate: learningRate)
      parameter.value.pointer[2] = answer
      let found = check.departures(at: "here").outside.filter { $0.parameter == parameter.name && $0.quantity == "value" }
      #expect(found.map(\.element) == [2] && found.map(\.times) == [.infinity], "\(gradient): \(found)")
    }
  }

  @Test("the run's own update departs nowhere")
  func own() {
    set(updates: 5)
    #expect(UpdateCheck(step, updates: 5, learningRate: learningRate).departures(at: "here") == ([], 0))
  }
}
