/// Calls whose names or types differ between the C libraries.
package enum System {
  /// New memory of its own, zero at first, which is resident only where it is touched; `nil` if the system refuses.
  package static func mapMemory(bytes: Int) -> UnsafeMutableRawPointer? {
    #if canImport(Darwin)
      let anonymous = MAP_ANON
    #else
      let anonymous = Int32(MAP_ANONYMOUS)
    #endif
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0)
    return memory == MAP_FAILED ? nil : memory
  }

  /// Asks for large pages where the system has them: fewer entries of its tables for memory that is walked through again and
  /// again. A refusal costs only speed.
  package static func adviseLargePages(_ memory: UnsafeMutableRawPointer, bytes: Int) {
    #if os(Linux)
      madvise(memory, bytes, MADV_HUGEPAGE)
    #endif
  }

  /// The most memory that this process has had resident, in bytes.
  package static var peakResidentBytes: Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(RUSAGE_SELF.rawValue, &usage)
      return usage.ru_maxrss * 1024
    #endif
  }

  /// What macOS calls the processor; `nil` elsewhere, where files tell it.
  package static var processorName: String? {
    #if canImport(Darwin)
      var size = 0
      sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
      var name = [UInt8](repeating: 0, count: max(size, 1))
      guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return nil }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      return nil
    #endif
  }

  /// Whether this process ignores a signal, as one that was started by nohup does.
  package static func ignores(signal number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// ln Γ(x). The C library's `lgamma` keeps a sign beside its result, which the Swift one returns.
  package static func logGamma(_ x: Double) -> Double { lgamma(x).0 }
}
