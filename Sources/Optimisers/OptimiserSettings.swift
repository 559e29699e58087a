import Kernels
import Tensors

/// The settings of one kind of optimiser, and how one is made of them. Its fields are all there is to know of it where runs
/// are described: traces, matrix files and the command line read and write them by name.
public protocol OptimiserSettings: Hashable, Sendable {
  /// Such as `adam`: before its fields' names in a trace, and before its state's in a checkpoint.
  static var kind: String { get }
  static var fields: [OptimiserField<Self>] { get }

  /// The usual values.
  init()

  func optimiser<S: KernelScalar>(of parameters: [Parameter<S>], backend: Backend) -> any Optimiser<S>
}

/// What a field of an optimiser's settings holds.
public enum OptimiserValue: Hashable, Sendable {
  case number(Double)
  case flag(Bool)
  case kinds([ParameterKind])
}

/// What may stand in a field.
public enum OptimiserFieldType: Hashable, Sendable {
  /// At least 0 and below 1.
  case fraction
  /// Above 0, at most 1.
  case positive
  /// From 0 to 1.
  case share
  case flag
  /// Kinds of parameters, each once.
  case kinds

  public var description: String {
    switch self {
    case .fraction: "a number from 0 to below 1"
    case .positive: "a number above 0, at most 1"
    case .share: "a number from 0 to 1"
    case .flag: "true or false"
    case .kinds: "a list of \(ParameterKind.allCases.map(\.rawValue).joined(separator: ", "))"
    }
  }

  public func allows(_ value: OptimiserValue) -> Bool {
    switch (self, value) {
    case (.fraction, .number(let number)): number >= 0 && number < 1
    case (.positive, .number(let number)): number > 0 && number <= 1
    case (.share, .number(let number)): number >= 0 && number <= 1
    case (.flag, .flag): true
    case (.kinds, .kinds(let kinds)): Set(kinds).count == kinds.count
    default: false
    }
  }
}

/// One field of an optimiser's settings by name.
public struct OptimiserField<Settings> {
  public let name: String
  public let type: OptimiserFieldType
  let get: (Settings) -> OptimiserValue
  let set: (inout Settings, OptimiserValue) -> Void

  public static func number(
    _ name: String, _ type: OptimiserFieldType, _ path: WritableKeyPath<Settings, Double>
  ) -> OptimiserField {
    OptimiserField(name: name, type: type, get: { .number($0[keyPath: path]) }) {
      if case .number(let value) = $1 { $0[keyPath: path] = value }
    }
  }

  public static func flag(_ name: String, _ path: WritableKeyPath<Settings, Bool>) -> OptimiserField {
    OptimiserField(name: name, type: .flag, get: { .flag($0[keyPath: path]) }) {
      if case .flag(let value) = $1 { $0[keyPath: path] = value }
    }
  }

  public static func kinds(_ name: String, _ path: WritableKeyPath<Settings, [ParameterKind]>) -> OptimiserField {
    OptimiserField(name: name, type: .kinds, get: { .kinds($0[keyPath: path]) }) {
      if case .kinds(let value) = $1 { $0[keyPath: path] = value }
    }
  }

  private init(
    name: String, type: OptimiserFieldType, get: @escaping (Settings) -> OptimiserValue,
    set: @escaping (inout Settings, OptimiserValue) -> Void
  ) {
    self.name = name
    self.type = type
    self.get = get
    self.set = set
  }
}

extension OptimiserSettings {
  /// Every field with its value, in order.
  public var values: [(name: String, value: OptimiserValue)] { Self.fields.map { ($0.name, $0.get(self)) } }

  /// Every field's name with what may stand in it, in order.
  public static var fieldTypes: [(name: String, type: OptimiserFieldType)] { fields.map { ($0.name, $0.type) } }

  /// What makes the settings impossible, or `nil`.
  public var problem: String? {
    for field in Self.fields where !field.type.allows(field.get(self)) {
      return "\(Self.kind)'s \(field.name) must be \(field.type.description)"
    }
    return nil
  }

  /// The settings whose fields `read` gives; where it gives none, the usual value stands.
  ///
  /// - Parameter read: is told the field's name and what may stand in it.
  public static func reading<E: Error>(
    _ read: (String, OptimiserFieldType) throws(E) -> OptimiserValue?
  ) throws(E) -> Self {
    var settings = Self()
    for field in fields {
      if let value = try read(field.name, field.type) { field.set(&settings, value) }
    }
    return settings
  }
}
