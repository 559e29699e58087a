/// What is wrong with a golden file. What is wrong with the file that holds it, or with a line as a line, is an error of
/// `Files` or `Traces`.
public enum GoldenError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A trace, but none with the lines of a golden.
  case notAGolden(path: String, missing: String)
  /// The file has another version of the format or of the method.
  case version(path: String, key: String, expected: String, found: String)
  /// The file's content is not what was recorded.
  case seal(path: String)
  /// Lines after the seal, or a line of a golden twice or out of order.
  case misplaced(path: String, line: String)
  /// The file lies where another row's or profile's should be.
  case misnamed(path: String, expected: String, found: String)
  case incomplete(path: String, missing: String)
  case notFinite(path: String, value: String)
  /// Nothing could read it again.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// A band that could not judge, or judges something else than the trace has.
  case band(path: String, metric: String, problem: String)
  /// An envelope of other roundings that no ensemble gives.
  case rounding(path: String, problem: String)

  public var description: String {
    let advice = "restore the file from version control, or record it anew (gradflow golden record)"
    return switch self {
    case .notAGolden(let path, let missing):
      "\(path): a trace without \(missing), and so no golden; goldens are made by `gradflow golden record`"
    case .version(let path, let key, let expected, let found):
      "\(path): its \(key) is \(found), and this program reads \(expected); use the program that wrote it, or record it "
        + "anew (gradflow golden record)"
    case .seal(let path): "\(path): the content is not what was recorded: it was edited or damaged; \(advice)"
    case .misplaced(let path, let line): "\(path): \(line) does not belong where it stands; \(advice)"
    case .misnamed(let path, let expected, let found):
      "\(path): should be the golden of \(expected), and is that of \(found); \(advice)"
    case .incomplete(let path, let missing): "\(path) is incomplete: no \(missing); \(advice)"
    case .notFinite(let path, let value): "\(path): \(value) is not finite, and a golden's numbers are; \(advice)"
    case .tooLarge(let path, let bytes, let limit):
      "\(path) would have \(bytes) bytes (decompressed); goldens are read up to \(limit): record runs of fewer epochs or layers"
    case .rounding(let path, let problem): "\(path): the envelope of other roundings has \(problem); \(advice)"
    case .band(let path, let metric, let problem): "\(path): the band of \(metric) has \(problem); \(advice)"
    }
  }
}
