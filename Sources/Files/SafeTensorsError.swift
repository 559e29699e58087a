/// What is wrong with a safetensors file.
public struct SafeTensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Problem: Error, Equatable, Sendable {
    /// A file of another kind that is known.
    case foreign(ForeignFormat)
    /// Too few bytes for the length of the header.
    case tooShort(bytes: Int)
    /// The header does not fit into the file, or is longer than any header.
    case headerLength(UInt64, available: Int)
    case headerNotJSON(JSONError)
    case headerNotObject
    case metadata(key: String?)
    /// A tensor's entry lacks `key`, has something else there, or has a key beyond the format's.
    case entry(tensor: String, key: String)
    case elementType(tensor: String, found: String)
    case shape(tensor: String, found: String)
    case tooLarge(tensor: String, shape: [Int])
    case offsets(tensor: String, begin: Int, end: Int, dataBytes: Int)
    case size(tensor: String, shape: [Int], type: SafeTensor.ElementType, expected: Int, found: Int)
    /// The tensor's data begin elsewhere than where those before it end: a gap or an overlap.
    case notContiguous(tensor: String, begin: Int, expected: Int)
    /// Bytes that belong to no tensor.
    case trailingData(covered: Int, dataBytes: Int)
  }

  /// The file.
  public let name: String
  public let problem: Problem

  public init(name: String, problem: Problem) {
    self.name = name
    self.problem = problem
  }

  public var description: String {
    switch problem {
    case .foreign(let format): "\(name) is not a safetensors file: it is \(format.instead)"
    // Whole, and not for this program.
    case .elementType: "\(name): \(problem); convert it"
    default: "\(name) is not a whole safetensors file: \(problem); is it the right one? If so, get or make it again"
    }
  }
}

extension SafeTensorsError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .foreign(let format): "it is \(format.instead)"
    case .tooShort(let bytes):
      "it has \(bytes) bytes, and the length of its header alone takes 8"
    case .headerLength(let length, let available):
      "its header should have \(length) bytes (at most \(SafeTensors.headerLimit)), and \(available) follow"
    case .headerNotJSON(let error):
      "its header is not JSON, \(error)"
    case .headerNotObject:
      "its header is not a JSON object"
    case .metadata(nil):
      "its metadata are not an object"
    case .metadata(let key?):
      "its metadata \"\(key)\" are not a string"
    case .entry(let tensor, let key):
      "the entry of \"\(tensor)\" has no proper \(key), or a \(key) that the format does not know"
    case .elementType(let tensor, let found):
      "\"\(tensor)\" has elements of type \(found); read are "
        + SafeTensor.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .shape(let tensor, let found):
      "the shape of \"\(tensor)\" holds \(found)"
    case .tooLarge(let tensor, let shape):
      "\"\(tensor)\" of shape \(shape) is larger than any memory"
    case .offsets(let tensor, let begin, let end, let dataBytes):
      "the data of \"\(tensor)\" go from byte \(begin) to \(end), and there are \(dataBytes): cut off, or damaged"
    case .size(let tensor, let shape, let type, let expected, let found):
      "\"\(tensor)\" of shape \(shape) and type \(type.rawValue) takes \(expected) bytes, and has \(found)"
    case .notContiguous(let tensor, let begin, let expected):
      "the data of \"\(tensor)\" begin at byte \(begin), and those before end at \(expected)"
    case .trailingData(let covered, let dataBytes):
      "there are \(dataBytes) bytes of data, of which the tensors cover \(covered)"
    }
  }
}
