/// The error that `body` throws, as an `Expected`; `nil` if it throws none or another.
public func failure<Expected: Error, Result>(_ type: Expected.Type, _ body: () throws -> Result) -> Expected? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Expected
  }
}
