import Kernels
import Layers
import Tensors
import Testing

@Suite("The predicted class is the lowest index of the largest logit")
struct ArgmaxTests {
  struct Case: CustomTestStringConvertible {
    let logits: [Float]
    let predicted: Int
    var testDescription: String { "\(logits)" }

    static let all = [
      Case(logits: [1, 3, 3, 2], predicted: 1), Case(logits: [0, 0, 0], predicted: 0),
      Case(logits: [-0.0, 0], predicted: 0), Case(logits: [-2, -1, -1], predicted: 1),
      Case(logits: [5, 1, 5], predicted: 0), Case(logits: [1, 2, 3], predicted: 2),
      // A comparison with a NaN is false: it neither wins nor yields.
      Case(logits: [1, .nan, 3], predicted: 2), Case(logits: [.nan, 1, 3], predicted: 0),
      Case(logits: [1, 3, .nan], predicted: 1),
    ]
  }

  @Test("an example counts as correct for that label, and for no other", arguments: Case.all)
  func ties(_ example: Case) throws {
    for set in InstructionSet.available {
      let kernels = try Backend(instructionSet: set, threads: 1).kernels(for: Float.self)
      let classes = example.logits.count
      let logits = Tensor<Float>(shape: [classes, 1, 1, classes])
      logits.assign((0..<classes).flatMap { _ in example.logits })
      let loss = SoftmaxCrossEntropy<Float>(kernels: kernels, capacity: classes)
      for label in 0..<classes {
        let labels = [Int32](repeating: Int32(label), count: classes)
        loss.forward(logits, labels: labels, batchCount: 1, gradient: nil, images: 0..<1)
        #expect(loss.correctCount(count: 1) == (label == example.predicted ? 1 : 0))
      }
    }
  }
}
