import Files
import Testing

@testable import gradflow

@Suite("Locks of run directories")
struct LockTests {
  @Test("are required, unless --locks says that something else keeps a second process away")
  func choice() throws {
    let standard = try #require(try Gradflow.parseAsRoot(["run", "vgg08"]) as? RunCommand)
    #expect(standard.options.locks.need == .required)
    let optional = try #require(try Gradflow.parseAsRoot(["run", "vgg08", "--locks", "optional"]) as? RunCommand)
    #expect(optional.options.locks.need == .optional)
  }
}
