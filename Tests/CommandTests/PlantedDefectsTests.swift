import Processes
import Testing

@Suite("Planted defects")
struct PlantedDefectsTests {
  @Test("every defect that may be planted still finds its place in the source, once, and leaves it Swift")
  func applies() throws {
    let result = try Shell.run([builtProgram("planted-defects").path, "--applies"], in: Shell.package)
    #expect(result.code == 0, "\(result.output)")
    #expect(result.output.contains("planted defects, 0 edits that do not apply"), "\(result.output)")
  }
}
