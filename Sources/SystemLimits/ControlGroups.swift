import Files

/// The control groups that this process is in, as far as they limit it: what a container may use of its machine.
///
/// A limit of any group counts, from the process's own up to the outermost that can be seen. Both versions of the interface
/// are read. Sources: cgroups(7), proc_pid_mountinfo(5), Linux's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
public struct ControlGroups: Sendable {
  /// A group's directory, and which version's files are in it.
  private struct Group {
    let directory: String
    let isUnified: Bool
  }

  private let root: String
  /// Path of the process's group, by controller; "" stands for the unified hierarchy.
  private let paths: [(controllers: [String], path: String)]
  private let mounts: [Mount]

  /// - Parameter root: stands before every path: for tests.
  public init(root: String = "") {
    self.root = root
    paths = Self.lines(root + "/proc/self/cgroup").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      return fields.count == 3 ? (fields[1].split(separator: ",").map(String.init), String(fields[2])) : nil
    }
    mounts = Self.lines(root + "/proc/self/mountinfo").compactMap(Mount.init)
  }

  /// How many processors' time the process may use: a fraction of one, too; `nil` if nothing limits it.
  public var processorQuota: Double? {
    groups(of: "cpu").compactMap { group in
      let limit: [Double?] =
        group.isUnified
        ? numbers(group, "cpu.max") : numbers(group, "cpu.cfs_quota_us") + numbers(group, "cpu.cfs_period_us")
      guard limit.count == 2, let quota = limit[0], let period = limit[1], quota > 0, period > 0 else { return nil }
      return quota / period
    }.min()
  }

  /// Bytes that the process may still take before one of its groups reaches its limit; `nil` if nothing limits it.
  public var freeMemory: Int? {
    groups(of: "memory").compactMap { group in
      let names = group.isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
      // No limit is "max", or in the older version the largest number of whole pages.
      guard let limit = numbers(group, names.0).first ?? nil, limit < 0x1p62 else { return nil }
      let used = (numbers(group, names.1).first ?? nil) ?? 0
      // What is cached of files goes when memory is wanted.
      return Int(max(0, limit - max(0, used - reclaimable(group))))
    }.min()
  }

  private func reclaimable(_ group: Group) -> Double {
    let names = group.isUnified ? ["inactive_file", "active_file"] : ["total_inactive_file", "total_active_file"]
    return Self.lines(group.directory + "/memory.stat").reduce(0) { sum, line in
      let words = line.split(separator: " ")
      return words.count == 2 && names.contains(String(words[0])) ? sum + (Double(words[1]) ?? 0) : sum
    }
  }

  /// The numbers on a file's first line; `nil` for a word.
  private func numbers(_ group: Group, _ name: String) -> [Double?] {
    (Self.lines("\(group.directory)/\(name)").first ?? "").split(separator: " ").map { Double($0) }
  }

  /// The process's groups, the innermost first.
  private func groups(of controller: String) -> [Group] {
    mounts.flatMap { mount -> [Group] in
      let path = paths.first { mount.isUnified ? $0.controllers.isEmpty : $0.controllers.contains(controller) }?.path
      guard let path, mount.isUnified || mount.options.contains(controller) else { return [] }
      var inner = mount.inside(path).split(separator: "/")
      var groups: [Group] = []
      while true {
        groups.append(
          .init(directory: root + ([mount.point] + inner.map(String.init)).joined(separator: "/"), isUnified: mount.isUnified))
        if inner.popLast() == nil { return groups }
      }
    }
  }

  private static func lines(_ path: String) -> [String] {
    guard let bytes = try? readFile(path, limit: 1 << 22) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// Where a hierarchy of control groups is mounted.
private struct Mount: Sendable {
  let isUnified: Bool
  /// The group that stands at the mount point: within a container often not the outermost.
  let top: String
  let point: String
  let options: [String]

  init?(_ line: String) {
    let fields = line.split(separator: " ").map(String.init)
    guard let end = fields.firstIndex(of: "-"), end >= 6, fields.count > end + 3 else { return nil }
    guard ["cgroup", "cgroup2"].contains(fields[end + 1]) else { return nil }
    isUnified = fields[end + 1] == "cgroup2"
    top = fields[3]
    // A space in a name stands as its octal number.
    point = fields[4].split(separator: "\\040", omittingEmptySubsequences: false).joined(separator: " ")
    options = fields[end + 3].split(separator: ",").map(String.init)
  }

  /// The path of a group below the mount point. One that is not below what is mounted is taken for what is: a container
  /// sees its own group there, and reads the path of another place.
  func inside(_ path: String) -> String {
    if top == "/" { return path.hasPrefix("/..") ? "" : path }
    return path == top || path.hasPrefix(top + "/") ? String(path.dropFirst(top.count)) : ""
  }
}
