import Foundation

/// The directory of the package that this test was built from.
public let packageDirectory = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
