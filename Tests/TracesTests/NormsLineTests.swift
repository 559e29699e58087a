import Testing

@testable import Traces

@Suite("Lines of norms")
struct NormsLineTests {
  private let text = #"{"norms":{"epoch":0,"parameters":{"a.weight":1.5,"a.bias":0.0},"buffers":{"b.running_var":3.25}}}"#

  @Test("one reads back as it was written, with its numbers under dotted names")
  func roundTrip() throws {
    guard case .norms(let line) = try TraceLine(parsing: text.utf8) else {
      Issue.record("another kind of line")
      return
    }
    #expect(TraceLine.norms(line).json.description == text)
    #expect(line.values.map(\.name) == ["norms.a.weight", "norms.a.bias", "norms.b.running_var"])
    #expect(line.values.map(\.value) == [1.5, 0, 3.25] && line.parameters.count == 2)
  }

  @Test(
    "one without what belongs to it, with something else, or with what is no number is refused by name",
    arguments: [
      (#""epoch":0,"#, "", "norms.epoch"), (#""buffers":{"b.running_var":3.25}"#, #""others":{}"#, "norms.buffers"),
      ("1.5", #""many""#, "norms.parameters.a.weight"), ("3.25", "null", "norms.buffers.b.running_var"),
      (#""epoch":0"#, #""epoch":0,"step":1"#, "norms.step"),
    ])
  func refused(old: String, new: String, key: String) {
    #expect {
      try TraceLine(parsing: text.replacing(old, with: new).utf8)
    } throws: { error in
      "\(error)".contains(key)
    }
  }

  @Test("an epoch has one, before its own line, and a test comes after no epoch that has only begun")
  func order() throws {
    var structure = TraceStructure()
    func norms(_ epoch: Int) -> TraceLine { .norms(NormsLine(epoch: epoch, parameters: [], buffers: [])) }
    let header =
      #"{"format":"gradflow-trace","version":1,"numerics":2,"row":"r","profile":"p","seed":0,"#
      + #""data":{"name":"d","fingerprint":"sha256:\#(String(repeating: "0", count: 64))"},"parameters":1,"training":{}}"#
    try structure.accept(try TraceLine(parsing: header.utf8))
    #expect(throws: TraceError.self) { try structure.accept(norms(1)) }
    try structure.accept(norms(0))
    #expect(throws: TraceError.self) { try structure.accept(norms(0)) }
  }
}
