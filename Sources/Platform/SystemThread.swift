/// A thread of the system.
///
/// Sendable, as the handle only names the thread: on Linux it is a number, on macOS a pointer that nobody follows.
package struct SystemThread: @unchecked Sendable {
  package let handle: pthread_t

  /// What a thread runs. A class, so that it goes through the C library as one pointer.
  package protocol Body: AnyObject {
    func run()
  }

  package struct Refused: Error {
    package let reason: String
  }

  /// Starts a thread, which keeps `body` until it ends.
  ///
  /// - Throws: if the system has no thread left for this process.
  package init(_ body: any Body) throws(Refused) {
    let start = Unmanaged.passRetained(Start(body))
    #if canImport(Darwin)
      var handle: pthread_t?
      let status = pthread_create(&handle, nil, { argument in SystemThread.begin(argument) }, start.toOpaque())
    #else
      var handle = pthread_t()
      let status = pthread_create(&handle, nil, { argument in SystemThread.begin(argument!) }, start.toOpaque())
    #endif
    guard status == 0 else {
      start.release()
      throw Refused(reason: String(cString: strerror(status)))
    }
    #if canImport(Darwin)
      self.handle = handle!
    #else
      self.handle = handle
    #endif
  }

  /// Returns when the thread has ended.
  package func join() { pthread_join(handle, nil) }

  private final class Start {
    let body: any Body
    init(_ body: any Body) { self.body = body }
  }

  private static func begin(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body.run()
    return nil
  }
}
