import Kernels

/// A pass ready to run: its plan with the memory of its values.
final class Pass<S: KernelScalar> {
  let plan: PassPlan<S>
  let memory: PassMemory<S>
  let forward: [Region<S>]
  let backward: [Region<S>]
  let preparation: NetworkWideWork<S>
  let combination: NetworkWideWork<S>

  init(_ plan: PassPlan<S>, _ memory: PassMemory<S>) {
    self.plan = plan
    self.memory = memory
    func region(_ planned: PlannedRegion) -> Region<S> {
      let operations = plan.operations[planned.operations].map { operation in
        BoundOperation(
          facts: operation.facts, result: operation.facts.result.map { memory[$0] },
          written: operation.facts.writes.first.map { memory[$0] }, run: operation.images(memory))
      }
      let finish = plan.operations[planned.finish].map { $0.once(memory) }
      return Region(
        operations: operations, imagesAtATime: planned.imagesAtATime, latches: memory.state.latches, finish: finish,
        arrivals: planned.arrivals.map { memory[$0] }, readAhead: memory.layers.scratch.readAhead)
    }
    forward = plan.forward.map(region)
    backward = plan.backward.map(region)
    preparation = NetworkWideWork(plan.preparations, memory)
    combination = NetworkWideWork(plan.combinations, memory)
  }
}
