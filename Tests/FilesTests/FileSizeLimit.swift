import Foundation
import Testing

/// Forbids this process to write files beyond `bytes`: a write that goes further ends half-way, as on a full disk. For
/// processes that a test starts, never for the one that runs the tests.
func limitFileSize(to bytes: Int) throws {
  // Otherwise the system ends the process.
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
  #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    let resource = RLIMIT_FSIZE
  #endif
  try #require(setrlimit(resource, &limit) == 0)
}
