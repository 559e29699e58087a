import Kernels
import Layers
import Synchronization

/// The first step of a pass, in the order of the signal, that leaves a number which is not finite.
final class FirstNonFinite<S: KernelScalar>: StepObserver {
  private let kernels: KernelTable
  private var steps: [Step<S>] = []
  private var firstOfRegion = 0
  private let first = Atomic<Int>(.max)

  init(kernels: KernelTable) { self.kernels = kernels }

  /// Its layer's name.
  var label: String? {
    let index = first.load(ordering: .sequentiallyConsistent)
    return index < steps.count ? steps[index].facts.layer : nil
  }

  func begin(_ region: Region<S>) {
    firstOfRegion = steps.count
    steps += region.steps
  }

  func record(_ step: Step<S>, index: Int, of region: Region<S>, group: ImageGroup) {
    guard let result = step.result else { return }
    if TensorStatistics(of: result.elements(of: group), kernels: kernels).nonFinite > 0 {
      first.min(firstOfRegion + index, ordering: .sequentiallyConsistent)
    }
  }
}
