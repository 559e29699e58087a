import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What measurements need to know of the machine.
package enum Machine {
  /// What the processor calls itself: "AMD EPYC"; "unknown processor" where the system does not tell.
  package static var processorName: String {
    #if canImport(Darwin)
      var size = 0
      sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
      var name = [UInt8](repeating: 0, count: max(size, 1))
      guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return unknownProcessor }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      let text = (try? readFile("/proc/cpuinfo", limit: 1 << 24)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
      return line?.split(separator: ": ").last.map(String.init) ?? unknownProcessor
    #endif
  }

  private static var unknownProcessor: String { "unknown processor" }

  /// Largest resident memory of this process so far, in units of 2²⁰ bytes.
  package static var peakResidentMegabytes: Double {
    #if os(Linux)
      // What getrusage tells is no less than the parent had when it started this process.
      if let status = try? readFile("/proc/self/status", limit: 1 << 20),
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
      {
        return kibibytes / 1024
      }
    #endif
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(RUSAGE_SELF.rawValue, &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    #if canImport(Darwin)
      return Double(usage.ru_maxrss) / 1_048_576
    #else
      return Double(usage.ru_maxrss) / 1024
    #endif
  }
}
