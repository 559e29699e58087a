import Testing
import Training

@Suite("A wish to stop")
struct StopRequestTests {
  @Test("counts how often it was raised before, and outdoes a time limit")
  func raised() {
    let stop = StopRequest(deadline: .now)
    #expect(stop.reason == .timeLimit)
    #expect((0..<3).map { _ in stop.raise() } == [0, 1, 2])
    #expect(stop.reason == .interrupt)
    #expect(StopRequest(deadline: .now + .seconds(3600)).reason == nil)
  }
}
