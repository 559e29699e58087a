import Files
import Training

/// A trace is named by its own path or by its run's directory.
enum TracePath {
  static func resolve(_ path: String) -> String {
    isDirectory(path) ? RunDirectory(path: path).trace : path
  }
}
