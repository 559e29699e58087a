import Files

/// The caches of a processor.
public enum Caches {
  /// Bytes of the second-level cache that the first processor has for itself: of a cache that several share, its part. 512 KiB
  /// where the system does not tell. Asked for once.
  public static let secondLevelBytes = secondLevel(root: "") ?? 512 << 10

  /// - Parameter root: stands before every path that is read: for tests.
  ///
  /// Source: the kernel's Documentation/ABI/testing/sysfs-devices-system-cpu.
  static func secondLevel(root: String) -> Int? {
    func text(_ index: Int, _ name: String) -> String? {
      let path = "\(root)/sys/devices/system/cpu/cpu0/cache/index\(index)/\(name)"
      guard let bytes = try? readFile(path, limit: 4096) else { return nil }
      return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
    }
    for index in 0..<8 where text(index, "level") == "2" && text(index, "type") != "Instruction" {
      guard let size = text(index, "size"), size.hasSuffix("K"), let kibibytes = Int(size.dropLast()) else { return nil }
      guard (1...1 << 20).contains(kibibytes) else { return nil }
      return (kibibytes << 10) / max(1, text(index, "shared_cpu_list").map(count) ?? 1)
    }
    return nil
  }

  /// Of a list such as `0-3,64`.
  private static func count(_ list: String) -> Int {
    list.split(separator: ",").reduce(0) { sum, range in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, last >= first else { return sum }
      return sum + last - first + 1
    }
  }
}
