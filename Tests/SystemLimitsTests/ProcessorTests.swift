import Files
import Foundation
import TestSupport
import Testing

@testable import SystemLimits

/// The files in which Linux tells a process of its limits, under a directory of our own.
final class FakeSystem {
  private let directory: TemporaryDirectory
  var root: String { directory.path }

  init(_ files: [String: String]) throws {
    directory = try TemporaryDirectory()
    for (path, text) in files {
      let place = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: place)
    }
  }

  static let unified = "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
}

@Suite("The processors that a process may use are those of its affinity and of its control groups' time")
struct ProcessorTests {
  @Test(
    "an affinity counts, of however many processors the system has",
    arguments: [("1", 1), ("3", 2), ("ff", 8), ("80000000,00000001", 2), ("ffffffff,ffffffff,ffffffff", 96)])
  func affinity(mask: String, processors: Int) throws {
    let system = try FakeSystem(["/proc/self/status": "Name:\tgradflow\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0\n"])
    #expect(Processors.usable(online: 128, root: system.root) == processors)
  }

  @Test("where the system tells nothing, all that are online count")
  func nothingTold() throws {
    let system = try FakeSystem([:])
    #expect(Processors.usable(online: 6, root: system.root) == 6)
    #expect(Processors.usable(online: -1, root: system.root) == 1)
  }

  @Test(
    "a quota counts, rounded up, wherever in the hierarchy it stands",
    arguments: [
      ("200000 100000", "max 100000", 2), ("150000 100000", "max 100000", 2), ("max 100000", "100000 100000", 1),
      ("50000 100000", "200000 100000", 1), ("max 100000", "max 100000", 4), ("900000 100000", "max 100000", 4),
    ])
  func quota(inner: String, outer: String, processors: Int) throws {
    let system = try FakeSystem([
      "/proc/self/status": "Cpus_allowed:\tf\n", "/proc/self/cgroup": "0::/batch/job\n",
      "/proc/self/mountinfo": "24 1 8:1 / / rw - ext4 /dev/root rw\n" + FakeSystem.unified,
      "/sys/fs/cgroup/batch/job/cpu.max": inner + "\n", "/sys/fs/cgroup/batch/cpu.max": outer + "\n",
    ])
    #expect(Processors.usable(online: 4, root: system.root) == processors)
  }

  @Test(
    "the older interface is read too, and a container that sees its own group at the mount point",
    arguments: [("/docker/abc", "/"), ("/docker/abc", "/docker/abc"), ("/elsewhere", "/docker/abc"), ("/../..", "/")])
  func olderInterface(path: String, mounted: String) throws {
    let place = mounted == "/" && path == "/docker/abc" ? "/docker/abc" : ""
    let system = try FakeSystem([
      "/proc/self/cgroup": "4:memory:/other\n3:cpu,cpuacct:\(path)\n0::/\n",
      "/proc/self/mountinfo": "32 31 0:29 \(mounted) /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n",
      "/sys/fs/cgroup/cpu\(place)/cpu.cfs_quota_us": "300000\n", "/sys/fs/cgroup/cpu\(place)/cpu.cfs_period_us": "100000\n",
    ])
    #expect(Processors.usable(online: 8, root: system.root) == 3)
  }

  @Test("no quota of the older interface is no limit", arguments: ["-1", "0", ""])
  func noQuota(text: String) throws {
    let system = try FakeSystem([
      "/proc/self/cgroup": "3:cpu:/\n",
      "/proc/self/mountinfo": "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "\(text)\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ])
    #expect(Processors.usable(online: 8, root: system.root) == 8)
  }
}

@Suite("The memory that a process may still take is what its control groups leave it")
struct MemoryTests {
  private func free(_ files: [String: String]) throws -> Int? {
    let system = try FakeSystem(files)
    return ControlGroups(root: system.root).freeMemory
  }

  @Test("of all groups the one that leaves least counts, and files that are cached do not")
  func unified() throws {
    let files = [
      "/proc/self/cgroup": "0::/batch/job\n", "/proc/self/mountinfo": FakeSystem.unified,
      "/sys/fs/cgroup/batch/job/memory.max": "max\n", "/sys/fs/cgroup/batch/job/memory.current": "1\n",
      "/sys/fs/cgroup/batch/memory.max": "1000000\n", "/sys/fs/cgroup/batch/memory.current": "400000\n",
      "/sys/fs/cgroup/batch/memory.stat": "anon 100000\ninactive_file 200000\nactive_file 50000\n",
    ]
    #expect(try free(files) == 850_000)
    #expect(try free(files.merging(["/sys/fs/cgroup/batch/memory.max": "max\n"]) { $1 }) == nil)
    #expect(try free(files.merging(["/sys/fs/cgroup/batch/job/memory.max": "100\n"]) { $1 }) == 99)
    // More used than the limit, which was lowered meanwhile.
    #expect(try free(files.merging(["/sys/fs/cgroup/batch/memory.max": "1000\n"]) { $1 }) == 0)
  }

  @Test(
    "the older interface's limit counts, and its largest number is none",
    arguments: [("1000", 900), ("9223372036854771712", nil)])
  func olderInterface(limit: String, left: Int?) throws {
    #expect(
      try free([
        "/proc/self/cgroup": "4:memory:/a\n",
        "/proc/self/mountinfo": "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": limit, "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "100\n",
      ]) == left)
  }

  @Test("without control groups nothing limits it")
  func none() throws { #expect(try free([:]) == nil) }
}
