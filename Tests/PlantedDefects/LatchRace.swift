import Foundation
import Processes

/// A latch that opens without releasing order works on every x86-64 processor, which never shows a later write first, and under
/// an emulated arm64. ThreadSanitizer checks the rule, not the processor. It is asked about the latch alone, compiled with a
/// program that hands plain memory over, so that nothing else has to be built with it.
struct LatchRace: Checks {
  let copy: PatchedCopy

  static let defects = [
    Defect(
      "latch-relaxed", "a latch is opened with relaxed ordering", "Sources/Kernels/Latch.swift",
      "isOpen.store(true, ordering: .releasing)", "isOpen.store(true, ordering: .relaxed)"),
    Defect(
      "latch-relaxed-wait", "a latch is awaited with relaxed ordering", "Sources/Kernels/Latch.swift",
      "isOpen.load(ordering: .acquiring)", "isOpen.load(ordering: .relaxed)"),
  ]

  func run() throws -> CheckOutcome {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-latch-\(getpid())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let header = copy.root.appendingPathComponent("Sources/CKernels/include/gf_control.h").path
    for (name, text) in [
      ("main.swift", Self.handover), ("module.modulemap", "module CKernels { header \"\(header)\"\n export * }\n"),
    ] {
      try text.write(to: directory.appendingPathComponent(name), atomically: false, encoding: .utf8)
    }
    // The C library by the name that the package has for it: a module of imports alone.
    let platform = try Shell.run([
      "swiftc", "-swift-version", "6", "-emit-module", "-module-name", "Platform", "-o",
      directory.appendingPathComponent("Platform.swiftmodule").path,
      copy.root.appendingPathComponent("Sources/Platform/CLibrary.swift").path,
    ])
    if platform.code != 0 { return .doesNotBuild("the C library's module: \(platform.output.suffix(500))") }
    let program = directory.appendingPathComponent("latch").path
    let compiled = try Shell.run([
      "swiftc", "-swift-version", "6", "-sanitize=thread", "-I", directory.path, "-o", program,
      copy.root.appendingPathComponent("Sources/Kernels/Latch.swift").path,
      copy.root.appendingPathComponent("Sources/Kernels/Waiting.swift").path, directory.appendingPathComponent("main.swift").path,
    ])
    if compiled.code != 0 { return .doesNotBuild("with ThreadSanitizer: \(compiled.output.suffix(500))") }
    let result = try Shell.run([program], killingAfter: 300)
    if result.output.contains("WARNING: ThreadSanitizer: data race") { return .caught(["ThreadSanitizer: a data race"]) }
    return result.code == 0 && result.output.contains("handed over")
      ? .survived : .doesNotBuild("ThreadSanitizer does not run here: \(result.output.suffix(500))")
  }

  private static let handover = """
    import Foundation

    enum WorkerPool { static let processorCount = 2 }

    final class Handover: @unchecked Sendable {
      let latch = Latch(threads: 2)
      let written = UnsafeMutablePointer<Int>.allocate(capacity: 64)
      let sum = UnsafeMutablePointer<Int>.allocate(capacity: 1)
      let done = DispatchSemaphore(value: 0)
    }

    for _ in 0..<200 {
      let work = Handover()
      work.sum.pointee = 0
      Thread.detachNewThread {
        work.latch.wait()
        for index in 0..<64 { work.sum.pointee += work.written[index] }
        work.done.signal()
      }
      for index in 0..<64 { work.written[index] = index + 1 }
      work.latch.open()
      work.done.wait()
      precondition(work.sum.pointee == 64 * 65 / 2)
    }
    print("handed over")

    """
}
