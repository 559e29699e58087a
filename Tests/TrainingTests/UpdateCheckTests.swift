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
    case weightDecay, amsGrad, largeEpsilon, uncorrected, otherBeta1, otherBeta2, oneElement

    static let right: [Program] = [.interpolating, .textbook, .inDouble]
    static let wrong = allCases.filter { !right.contains($0) }
  }

  private struct Element {
    var value, first, second: Float
  }

  private let step: TrainingStep
  private let learningRate = 1e-3

  init() throws {
    let run = try TestRun()
    step = try TrainingStep(run.settings, seed: 0, source: run.source(), backend: run.backend)
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
    if program == .oneElement, element == 3 { new.value += (new.value - old.value) / 128 }
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
    return check.departures(at: "here")
  }

  @Test("Adam in another order of operations departs nowhere", arguments: Program.right, [0, 1, 39_999])
  func right(program: Program, updates: Int) {
    #expect(departures(program, updates: updates) == [])
  }

  @Test("a mistake is found, with the element that shows it most", arguments: Program.wrong)
  func wrong(program: Program) throws {
    let found = departures(program, updates: 39_999) + departures(program, updates: 1)
    #expect(found.allSatisfy { $0.times > 1 && $0.point == "here" })
    let quantities = Set(found.map(\.quantity))
    switch program {
    case .amsGrad, .largeEpsilon, .uncorrected: #expect(quantities == ["value"])
    case .oneElement:
      #expect(quantities == ["value"] && found.allSatisfy { $0.element == 3 })
    case .otherBeta1: #expect(quantities == ["value", "first"])
    case .otherBeta2: #expect(quantities == ["value", "second"])
    default: #expect(quantities == ["value", "first", "second"])
    }
    let worst = try #require(found.first)
    let parameter = try #require(step.optimiser.parameters.first { $0.name == worst.parameter })
    #expect(worst.element < parameter.value.count && worst.found != worst.expected)
  }

  @Test("the run's own update departs nowhere")
  func own() {
    set(updates: 5)
    #expect(UpdateCheck(step, updates: 5, learningRate: learningRate).departures(at: "here") == [])
  }
}
