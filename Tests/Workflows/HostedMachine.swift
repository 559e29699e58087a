/// The machine that `runs-on` asks the host for, by the names that our workflows use.
public struct HostedMachine: Equatable, Sendable {
  public let system: String
  public let architecture: String

  public init(system: String, architecture: String) {
    self.system = system
    self.architecture = architecture
  }

  /// Of `ubuntu-24.04`, `ubuntu-24.04-arm` or `macos-26`; hosted Macs have Apple's processors since macOS 14.
  public init(named name: String) throws {
    switch name.split(separator: "-").first {
    case "ubuntu": self.init(system: "Linux", architecture: name.hasSuffix("-arm") ? "arm64" : "x86-64")
    case "macos": self.init(system: "macOS", architecture: "arm64")
    default: throw WorkflowError("the machine \(name) is not known here")
    }
  }

  /// The machine that this program was built for.
  public static var this: HostedMachine {
    #if os(macOS)
      let system = "macOS"
    #else
      let system = "Linux"
    #endif
    #if arch(arm64)
      return .init(system: system, architecture: "arm64")
    #else
      return .init(system: system, architecture: "x86-64")
    #endif
  }
}
