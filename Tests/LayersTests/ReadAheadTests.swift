import Testing

@testable import Layers

@Suite("What a worker's next images are read from is noted within a budget, and handed out once")
struct ReadAheadTests {
  private let memory = UnsafeRawPointer(bitPattern: 1 << 20)!

  private func taken(_ ahead: ReadAhead, worker: Int) -> [[Int]] {
    ahead.take(worker: worker).map { [Int(bitPattern: $0.begin) - Int(bitPattern: memory), $0.bytes] }
  }

  @Test("what is read first is noted first, and the last is cut to what the budget leaves")
  func budget() {
    let ahead = ReadAhead(workers: 1, budget: 100)
    ahead.begin(worker: 0)
    for place in 0..<4 { ahead.note(memory + 1000 * place, bytes: 40, worker: 0) }
    #expect(taken(ahead, worker: 0) == [[0, 40], [1000, 40], [2000, 20]])
    #expect(taken(ahead, worker: 0) == [])
  }

  @Test("each beginning forgets what was noted, and has the whole budget")
  func begins() {
    let ahead = ReadAhead(workers: 1, budget: 50)
    for place in 1...2 {
      ahead.begin(worker: 0)
      ahead.note(memory + place, bytes: 50, worker: 0)
    }
    #expect(taken(ahead, worker: 0) == [[2, 50]])
  }

  @Test("workers have notes of their own, of which more than there is room for are left out")
  func workers() {
    let ahead = ReadAhead(workers: 2, budget: 1000)
    for worker in 0..<2 { ahead.begin(worker: worker) }
    for place in 0...ReadAhead.mostRanges { ahead.note(memory + place, bytes: 1, worker: 1) }
    #expect(taken(ahead, worker: 0) == [])
    #expect(taken(ahead, worker: 1) == (0..<ReadAhead.mostRanges).map { [$0, 1] })
  }
}
