import Files
import Platform

/// Processors that work can be shared out among.
public enum Processors {
  /// How many this process may use: those of its affinity (`taskset`, a batch system), and no more than its control groups
  /// give it the time of (`docker run --cpus`), rounded up. At least 1. Asked for once.
  public static let available = usable(online: sysconf(Int32(_SC_NPROCESSORS_ONLN)), root: "")

  /// - Parameter root: stands before every path that is read: for tests.
  static func usable(online: Int, root: String) -> Int {
    let processors = max(1, affine(root) ?? online)
    // Compared before it is made an integer, which not every quota can be.
    guard let quota = ControlGroups(root: root).processorQuota, quota < Double(processors) else { return processors }
    return max(1, Int(quota.rounded(.up)))
  }

  /// Those of the affinity; `nil` where the system does not tell. The C library tells programs in C only.
  /// Source: proc_pid_status(5).
  private static func affine(_ root: String) -> Int? {
    guard let bytes = try? readFile(root + "/proc/self/status", limit: 1 << 20) else { return nil }
    let key = "Cpus_allowed:"
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.dropFirst(key.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
  }
}
