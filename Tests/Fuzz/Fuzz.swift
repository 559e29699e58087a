import Foundation
import FuzzedReaders

/// libFuzzer drives one reader, which the first argument names: `fuzz json CORPUS -max_total_time=60`. Its `main` is
/// libFuzzer's own, which calls these two.

nonisolated(unsafe) private var reader = FuzzedReader.json

/// Takes the first argument away before libFuzzer reads the others.
@_cdecl("LLVMFuzzerInitialize")
public func initialise(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  let names = FuzzedReader.allCases.map(\.rawValue).joined(separator: ", ")
  guard count.pointee > 1, let name = arguments.pointee[1], let named = FuzzedReader(rawValue: String(cString: name)) else {
    FileHandle.standardError.write(Data("fuzz: name a reader first: \(names)\n".utf8))
    exit(64)
  }
  reader = named
  for index in 1..<Int(count.pointee) { arguments.pointee[index] = arguments.pointee[index + 1] }
  count.pointee -= 1
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  _ = reader.read(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
