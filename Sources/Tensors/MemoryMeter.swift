import Synchronization

/// Counts the bytes of all buffers that are made within `measure`: for holding plans against what is really allocated.
package final class MemoryMeter: Sendable {
  @TaskLocal static var current: MemoryMeter?

  private let total = Atomic<Int>(0)

  private init() {}

  func add(_ bytes: Int) { total.add(bytes, ordering: .relaxed) }

  package static func measure<T>(_ body: () throws -> T) rethrows -> (value: T, bytes: Int) {
    let meter = MemoryMeter()
    let value = try $current.withValue(meter) { try body() }
    return (value, meter.total.load(ordering: .relaxed))
  }
}
