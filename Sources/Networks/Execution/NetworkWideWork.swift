import Kernels
import Layers

/// What a pass computes once, without images: each layer's a task.
final class NetworkWideWork<S: KernelScalar>: ParallelWork {
  private let calls: [() -> Void]

  init(_ operations: [Operation<S>], _ memory: PassMemory<S>) {
    calls = operations.map { $0.once(memory) }
  }

  func run(on pool: WorkerPool) { pool.run(self, tasks: calls.count) }

  func perform(task: Int, worker: Int, with _: Void) { calls[task]() }
}

extension Operation {
  func once(_ memory: PassMemory<S>) -> () -> Void {
    guard case .once(let call) = call else { preconditionFailure("\(facts.layer): an operation on images") }
    return call(memory)
  }

  func images(_ memory: PassMemory<S>) -> (ImageGroup) -> Void {
    guard case .images(let call) = call else { preconditionFailure("\(facts.layer): no operation on images") }
    return call(memory)
  }
}
