/// Why a measurement in a process of its own came to nothing.
enum BenchmarkError: Error, CustomStringConvertible {
  /// It did not tell what was asked for: what it said.
  case answer(String)
  case ended(arguments: [String], status: Int32)

  var description: String {
    switch self {
    case .answer(let words): words
    case .ended(let arguments, let status): "gradflow \(arguments.joined(separator: " ")) ended with \(status)"
    }
  }
}
