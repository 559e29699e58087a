import Foundation
import Testing

@Suite("Planted defects")
struct PlantedDefectsTests {
  @Test("every defect that may be planted still finds its place in the source, once")
  func applies() throws {
    let process = Process(), pipe = Pipe()
    process.executableURL = Program.url.deletingLastPathComponent().appendingPathComponent("planted-defects")
    process.arguments = ["--applies"]
    process.currentDirectoryURL = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(output)")
    #expect(output.contains("planted defects, 0 edits that do not apply"), "\(output)")
  }
}
