import Kernels
import Testing

@testable import Benchmarks
@testable import Networks

@Suite("A breakdown is a step's time, shared out")
struct BreakdownTests {
  private static let (threads, steps, batch) = (2, 3, 4)

  /// Of three steps that took a minute, and their updates 9 milliseconds.
  private func breakdown() throws -> (breakdown: Breakdown, times: StepTimes) {
    let row = try StandardRow.named("vgg08"), backend = try Backend(instructionSet: .best, threads: Self.threads)
    let network = try Network<Float>(row.configuration, backend: backend, capacity: Self.batch)
    network.initialise(seed: 0)
    let times = StepTimes(threads: Self.threads), images = network.makeBatch()
    network.stepTimes = times
    for _ in 0..<Self.steps {
      try network.forward(images, mode: .training)
      network.backward()
    }
    let breakdown = Breakdown(
      row: row.id, batch: Self.batch, backend: backend, ceilings: Ceilings(gigaflops: 250, gigabytes: 40), times: times,
      updates: 9, wall: 60_000,
      steps: Self.steps)
    return (breakdown, times)
  }

  @Test("what all threads took together is divided by them and by the steps; its work is that of the batch")
  func parts() throws {
    let (breakdown, times) = try breakdown()
    let entries = times.entries
    #expect(entries.contains { $0.nanoseconds > 0 } && breakdown.parts.count > entries.count)
    for (part, entry) in zip(breakdown.parts, entries) {
      #expect((part.layer, part.phase, part.part) == (entry.layer, entry.phase, entry.part.rawValue))
      let nanoseconds = part.milliseconds * 1e6 * Double(Self.threads * Self.steps)
      #expect(abs(nanoseconds - Double(entry.nanoseconds)) <= 1e-9 * nanoseconds)
      #expect(part.amount.multiplyAdds == entry.work.multiplyAdds * Double(Self.batch))
      #expect(part.amount.products == entry.work.products * Double(Self.batch))
      #expect(part.amount.bytes == entry.work.bytes * Double(Self.batch))
    }
  }

  @Test("sections and updates are the calling thread's time, divided by the steps; what remains makes up the step")
  func rest() throws {
    let (breakdown, times) = try breakdown()
    #expect(breakdown.stepMilliseconds == 20_000)
    func milliseconds(_ name: String) -> Double? { breakdown.parts.first { $0.part == name }?.milliseconds }
    for section in StepTimes.Section.allCases {
      let found = try #require(milliseconds(section.rawValue)) * 1e6 * Double(Self.steps)
      #expect(abs(found - Double(times[section])) <= 1e-9 * found)
    }
    #expect(milliseconds("update") == 3)
    let measured = breakdown.parts.filter { $0.part != Breakdown.rest }.reduce(0) { $0 + $1.milliseconds }
    #expect(breakdown.parts.last?.part == Breakdown.rest)
    #expect(abs(try #require(milliseconds(Breakdown.rest)) + measured - 20_000) < 1e-6)
  }

  @Test("groups add up times and work, and lose nothing")
  func grouped() throws {
    let breakdown = try breakdown().breakdown
    let groups = breakdown.grouped { ("-", $0.phase, "-") }
    #expect(Set(groups.map(\.phase)) == ["forward", "input_gradient", "step"] && groups.count == 3)
    for group in groups {
      let parts = breakdown.parts.filter { $0.phase == group.phase }
      #expect(abs(group.milliseconds - parts.reduce(0) { $0 + $1.milliseconds }) < 1e-6)
      #expect(group.amount.multiplyAdds == parts.reduce(0) { $0 + $1.amount.multiplyAdds })
      #expect(group.amount.bytes == parts.reduce(0) { $0 + $1.amount.bytes })
    }
  }

  @Test("what is predicted are the algorithm's products at the peak, two operations each, and then its bytes at a copy's speed")
  func predicted() throws {
    let amount = NetworkWork.Amount(multiplyAdds: 4e9, products: 1e9, bytes: 3e9)
    let part = Breakdown.Part(layer: "a", phase: "forward", part: "b", milliseconds: 50, amount: amount)
    let ceilings = Ceilings(gigaflops: 250, gigabytes: 40)
    #expect(abs(part.predicted(ceilings) - (8 + 75)) < 1e-9)
    #expect(part.gigaflops == 160 && part.gigabytes == 60)
  }
}
