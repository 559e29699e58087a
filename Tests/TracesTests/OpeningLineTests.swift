import Files
import Testing

@testable import Traces

@Suite("Lines of openings and inputs")
struct OpeningLineTests {
  private let opening =
    #"{"opening":{"point":"step-0","numbers":{"loss":2.5},"quantities":["gradient","update"],"parameters":{"a.weight":[1.0,0.5]},"#
    + #""buffers":{"b":0.25}}}"#
  private let inputs = #"{"inputs":{"version":1,"epoch":0,"training":"0123456789abcdef","steps":4,"adam_step":0.01}}"#

  @Test("both read back character by character, and every number has a name")
  func roundTrip() throws {
    for text in [opening, inputs, #"{"inputs":{"version":1,"test":"0123456789abcdef"}}"#] {
      #expect(try TraceLine(parsing: text.utf8).json.description == text)
    }
    guard case .opening(let line) = try TraceLine(parsing: opening.utf8) else {
      Issue.record("another kind")
      return
    }
    #expect(
      line.values.map(\.name) == [
        "opening.step-0.loss", "opening.step-0.a.weight.gradient", "opening.step-0.a.weight.update", "opening.step-0.b",
      ])
  }

  @Test("a line that lacks something, has too much or holds no numbers is refused by the key's name")
  func malformed() {
    for (from, to, key) in [
      ("[1.0,0.5]", "[1.0]", "opening.parameters.a.weight"), ("[1.0,0.5]", "[1.0,\"x\"]", "opening.parameters.a.weight"),
      ("\"loss\":2.5", "\"loss\":true", "opening.numbers.loss"), ("\"point\":\"step-0\",", "", "opening.point"),
      ("\"buffers\"", "\"other\"", "opening.buffers"), ("[\"gradient\",\"update\"]", "[1,2]", "opening.quantities"),
    ] {
      #expect { try TraceLine(parsing: opening.replacing(from, with: to).utf8) } throws: { "\($0)".contains(key) }
    }
    for (from, to, key) in [
      ("\"version\":1,", "", "inputs.version"), ("\"epoch\":0", "\"epoch\":-1", "inputs.epoch"),
      ("\"steps\":4", "\"steps\":[4]", "inputs.steps"),
    ] {
      #expect { try TraceLine(parsing: inputs.replacing(from, with: to).utf8) } throws: { "\($0)".contains(key) }
    }
  }

  @Test("openings stand in epoch 0, steps ascending from 0; inputs in their own epoch")
  func places() throws {
    var structure = TraceStructure()
    try structure.accept(.header(Sample.header()))
    let line = { (step: Int) in
      TraceLine.opening(
        OpeningLine(point: OpeningLine.point(step: step), numbers: [], quantities: [], parameters: [], buffers: []))
    }
    #expect(throws: TraceError.self) { try structure.accept(line(1)) }
    try structure.accept(line(0))
    #expect(throws: TraceError.self) { try structure.accept(line(0)) }
    try structure.accept(line(1))
    #expect(throws: TraceError.self) { try structure.accept(.inputs(InputsLine(version: 1, epoch: 1, values: []))) }
    try structure.accept(.inputs(InputsLine(version: 1, epoch: 0, values: [])))
  }
}
