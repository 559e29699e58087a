import Kernels
import Layers
import Synchronization

/// The first step of a pass, in the order of the signal, that leaves a number which is not finite.
final class FirstNonFinite<S: KernelScalar>: StepObserver {
  private let kernels: KernelTable
  private var steps: [Step<S>] = []
  private var firstOfPhase = 0
  private let first = Atomic<Int>(.max)

  init(kernels: KernelTable) { self.kernels = kernels }

  /// Its layer's name.
  var label: String? {
    let index = first.load(ordering: .sequentiallyConsistent)
    return index < steps.count ? steps[index].label : nil
  }

  func begin(_ phase: Phase<S>) {
    firstOfPhase = steps.count
    steps += phase.steps
  }

  func record(_ step: Step<S>, index: Int, of phase: Phase<S>, group: ImageGroup) {
    guard let result = step.result else { return }
    if TensorStatistics(of: result.elements(of: group), kernels: kernels).nonFinite > 0 {
      first.min(firstOfPhase + index, ordering: .sequentiallyConsistent)
    }
  }
}
