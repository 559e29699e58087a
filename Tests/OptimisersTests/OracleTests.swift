import Files
import Kernels
import Optimisers
import Tensors
import Testing

/// What PyTorch made of the same parameters and gradients, in double precision: see `Oracle/make_optimisers.py`.
struct UpdateFixture {
  private static let directory = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/")!)) + "/Oracle/"

  /// Of every optimiser that can be chosen: one without a fixture fails.
  static let kinds = OptimiserChoice.kinds.map { $0.kind }

  let content: SafeTensors
  let steps: Int
  let rate: Double
  /// Parameters by name and shape, in the order of a network.
  let parameters: [(name: String, shape: [Int])]
  /// Optimisers as the command line spells them.
  let cases: [String]

  init(kind: String) throws {
    let content = try SafeTensors(path: "\(Self.directory)\(kind).safetensors.zst")
    self.content = content
    steps = try #require(content.metadata["steps"].flatMap(Int.init))
    rate = try #require(content.metadata["rate"].flatMap(Double.init))
    let names = content.names.filter { $0.hasPrefix("start/") }.sorted()
    parameters = try names.map { (String($0.dropFirst("start/".count)), try #require(content[$0]).shape) }
    let known = ["start", "gradient"]
    cases = Set(content.names.compactMap { $0.split(separator: "/").first.map(String.init) }).subtracting(known).sorted()
  }

  func doubles(_ name: String) throws -> [Double] { try #require(content[name]?.doubles, "\(name)") }

  func learningRate(_ step: Int) -> Double { rate * (1 - Double(step) / 10) }

  /// The parameters at the start, each of the kind that its name tells.
  func start<S: KernelScalar>(in: S.Type) throws -> [Parameter<S>] {
    try parameters.map { name, shape in
      let isNorm = name.contains("bn_"), isWeight = name.hasSuffix("weight")
      let kind: ParameterKind = isNorm ? (isWeight ? .gamma : .beta) : isWeight ? .weight : .bias
      let parameter = Parameter<S>(name: name, kind: kind, shape: shape)
      parameter.value.assign(try doubles("start/" + name).map { S($0) })
      return parameter
    }
  }

  func setGradients<S>(of parameters: [Parameter<S>], step: Int) throws {
    for parameter in parameters {
      parameter.gradient.assign(try doubles("gradient/\(step)/\(parameter.name)").map { S($0) })
    }
  }
}

@Suite("Optimisers")
struct OracleTests {
  /// An update is a few operations an element, each off by half an ulp (2⁻⁵³), none of which cancels: five leave less than
  /// 1e-14 of the largest element. PyTorch adds products where we fuse them, and updates in another order.
  static let tolerance = 1e-12

  @Test("agree with PyTorch over five updates in double precision", arguments: UpdateFixture.kinds)
  func agree(kind: String) throws {
    let fixture = try UpdateFixture(kind: kind)
    #expect(fixture.steps == 5 && fixture.parameters.count == 4 && fixture.cases.contains(kind))
    for set in InstructionSet.available {
      let backend = try Backend(instructionSet: set, threads: 2)
      for text in fixture.cases {
        let parameters = try fixture.start(in: Double.self)
        let optimiser = try OptimiserChoice(parsing: text).optimiser(of: parameters, backend: backend)
        var worst = 0.0
        for step in 0..<fixture.steps {
          try fixture.setGradients(of: parameters, step: step)
          optimiser.update(learningRate: fixture.learningRate(step))
          for parameter in parameters {
            let expected = try fixture.doubles("\(text)/\(step)/\(parameter.name)")
            let scale = expected.map(\.magnitude).max() ?? 0
            for (found, wanted) in zip(parameter.value.values, expected) {
              worst = max(worst, (found - wanted).magnitude / scale)
            }
            #expect(parameter.value.values != (try fixture.doubles("start/" + parameter.name)), "an update changes something")
          }
        }
        #expect(worst <= Self.tolerance, "\(text) on \(set.rawValue): \(worst)")
        if set == .portable { print("\(text): at most \(worst) of a parameter's largest element from PyTorch") }
        #expect(optimiser.updates == fixture.steps)
      }
    }
  }

  @Test("go on with the same bits from their state and number of updates", arguments: UpdateFixture.kinds)
  func goOn(kind: String) throws {
    let fixture = try UpdateFixture(kind: kind)
    let backend = try Backend(threads: 1)
    for text in fixture.cases {
      let choice = try OptimiserChoice(parsing: text)
      func run(cutAfter cut: Int?) throws -> [[UInt32]] {
        let parameters = try fixture.start(in: Float.self)
        var optimiser = choice.optimiser(of: parameters, backend: backend)
        for step in 0..<fixture.steps {
          if step == cut {
            let next = choice.optimiser(of: parameters, backend: backend)
            for (old, new) in zip(optimiser.state, next.state) {
              #expect(old.name == new.name)
              for (from, to) in zip(old.tensors, new.tensors) { to.assign(from.values) }
            }
            next.updates = optimiser.updates
            optimiser = next
          }
          try fixture.setGradients(of: parameters, step: step)
          optimiser.update(learningRate: fixture.learningRate(step))
        }
        return parameters.map { $0.value.values.map(\.bitPattern) }
      }
      #expect(try run(cutAfter: nil) == run(cutAfter: 3), "\(text)")
    }
  }
}
