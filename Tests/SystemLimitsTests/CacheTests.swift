import Testing

@testable import SystemLimits

@Suite("The second-level cache is as large as the system says")
struct CacheTests {
  /// As Linux tells them: level, type and size.
  private func system(_ caches: [(String, String, String)]) throws -> FakeSystem {
    var files: [String: String] = [:]
    for (index, cache) in caches.enumerated() {
      let directory = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
      files[directory + "level"] = cache.0 + "\n"
      files[directory + "type"] = cache.1 + "\n"
      files[directory + "size"] = cache.2 + "\n"
    }
    return try FakeSystem(files)
  }

  @Test("of data or of both, wherever in the list it stands", arguments: [("512K", 512 << 10), ("2048K", 2 << 20)])
  func told(size: String, bytes: Int) throws {
    let caches = [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Instruction", "64K"), ("2", "Unified", size)]
    let system = try system(caches)
    #expect(Caches.secondLevel(root: system.root) == bytes)
  }

  @Test(
    "nonsense is as if nothing were told",
    arguments: ["", "K", "0K", "-5K", "9999999999K", "1M"])
  func notTold(size: String) throws {
    let system = try system([("2", "Unified", size)])
    #expect(Caches.secondLevel(root: system.root) == nil)
  }

  @Test(
    "a cache that several processors share is divided by them",
    arguments: [("0", 1 << 20), ("0,64", 1 << 19), ("0-3", 1 << 18), ("0-1,32-33", 1 << 18), ("x", 1 << 20)])
  func shared(list: String, bytes: Int) throws {
    let directory = "/sys/devices/system/cpu/cpu0/cache/index2/"
    let system = try FakeSystem([
      directory + "level": "2\n", directory + "type": "Unified\n", directory + "size": "1024K\n",
      directory + "shared_cpu_list": list + "\n",
    ])
    #expect(Caches.secondLevel(root: system.root) == bytes)
  }

  @Test("a system without a second level tells none")
  func noneThere() throws {
    let system = try system([("1", "Data", "48K"), ("3", "Unified", "32768K")])
    #expect(Caches.secondLevel(root: system.root) == nil)
  }
}
