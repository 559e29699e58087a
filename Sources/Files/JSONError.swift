/// What is wrong with a JSON text, and at which byte.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable {
    /// The text ends where something must follow.
    case ends(within: String)
    /// Something else must stand here.
    case expected(String)
    case tooDeep(limit: Int)
    case duplicateKey(String)
    case notUTF8
    case controlCharacter
    /// Half of a surrogate pair, which stands for no character.
    case loneSurrogate
    case trailingText
  }

  public let offset: Int
  public let problem: Problem

  public init(offset: Int, problem: Problem) {
    self.offset = offset
    self.problem = problem
  }

  public var description: String { "at byte \(offset): \(problem)" }
}

extension JSONError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .ends(let place): "the text ends within \(place)"
    case .expected(let what): "\(what) must stand here"
    case .tooDeep(let limit): "more than \(limit) levels of nesting"
    case .duplicateKey(let key): "the key \"\(key)\" stands twice"
    case .notUTF8: "the string is not UTF-8"
    case .controlCharacter: "a control character in a string must be escaped"
    case .loneSurrogate: "half of a surrogate pair is no character"
    case .trailingText: "text after the value"
    }
  }
}
