import Kernels
import Platform

/// Plainly owned memory for `count` elements, zero at first, aligned to 128 bytes.
///
/// Large buffers are mapped, so that pages which are never touched are never resident.
///
/// Sendable on a promise that the compiler cannot check. The buffer itself never changes. Threads that work on its elements in
/// parallel write none that another thread reads or writes before both have met: at the end of `WorkerPool.run`, or at a `Latch`.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Element>
  private let bytes: Int
  private let isMapped: Bool
  /// Whose memory this is a part of.
  private let whole: Buffer?

  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) elements")
    self.count = count
    whole = nil
    MemoryMeter.current?.add(count * MemoryLayout<Element>.stride)
    bytes = max(count * MemoryLayout<Element>.stride, 1)
    isMapped = bytes >= 1 << 20
    if isMapped {
      guard let memory = System.mapMemory(bytes: bytes) else {
        fatalError("out of memory: the system refused \(bytes) bytes")
      }
      if bytes >= 4 << 20 { System.adviseLargePages(memory, bytes: bytes) }
      pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    } else {
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, 128, bytes) == 0, let memory else {
        fatalError("out of memory: the system refused \(bytes) bytes")
      }
      memset(memory, 0, bytes)
      pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }
  }

  /// A part of another buffer, which lives as long as this one.
  public init(_ whole: Buffer, from first: Int, count: Int) {
    precondition(first >= 0 && count >= 0 && first + count <= whole.count, "\(count) elements from \(first) of \(whole.count)")
    self.count = count
    self.whole = whole
    pointer = whole.pointer + first
    bytes = 0
    isMapped = false
  }

  deinit {
    if whole != nil { return }
    if isMapped { munmap(pointer, bytes) } else { free(pointer) }
  }

  public var elements: UnsafeMutableBufferPointer<Element> { .init(start: pointer, count: count) }

  public func zero() { memset(pointer, 0, count * MemoryLayout<Element>.stride) }
}
