import Files
import Platform

/// What measurements need to know of the machine.
package enum Machine {
  /// What the processor calls itself: "AMD EPYC"; "unknown processor" where the system does not tell.
  package static var processorName: String {
    if let name = System.processorName { return name }
    let text = (try? readFile("/proc/cpuinfo", limit: 1 << 24)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ": ").last.map(String.init) ?? "unknown processor"
  }

  /// Largest resident memory of this process so far, in units of 2²⁰ bytes.
  package static var peakResidentMegabytes: Double {
    // Where the system has this file. What getrusage tells is no less than the parent had when it started this process.
    if let status = try? readFile("/proc/self/status", limit: 1 << 20),
      let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
    {
      return kibibytes / 1024
    }
    return Double(System.peakResidentBytes) / 1_048_576
  }
}
