import Kernels
import Tensors

/// Which optimiser trains, with its settings.
public struct OptimiserChoice: Hashable, Sendable {
  /// All that can be chosen; the first one is the protocol's.
  public static let kinds: [any OptimiserSettings.Type] = [AdamSettings.self, AdamWSettings.self, SGDSettings.self]

  /// Adam with the protocol's constants.
  public static let standard = OptimiserChoice(AdamSettings())

  public let settings: any OptimiserSettings

  public init(_ settings: some OptimiserSettings) { self.settings = settings }

  public var kind: String { type(of: settings).kind }

  public static func kind(_ name: String) -> (any OptimiserSettings.Type)? { kinds.first { $0.kind == name } }

  /// An optimiser of these parameters that has made no update yet.
  public func optimiser<S: KernelScalar>(of parameters: [Parameter<S>], backend: Backend) -> any Optimiser<S> {
    settings.optimiser(of: parameters, backend: backend)
  }

  public static func == (a: OptimiserChoice, b: OptimiserChoice) -> Bool { AnyHashable(a.settings) == AnyHashable(b.settings) }

  public func hash(into hasher: inout Hasher) { AnyHashable(settings).hash(into: &hasher) }
}
