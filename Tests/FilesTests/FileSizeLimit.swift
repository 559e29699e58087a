import Platform
import Testing

/// Forbids this process to write files beyond `bytes`: a write that goes further ends half-way, as on a full disk. For
/// processes that a test starts, never for the one that runs the tests.
func limitFileSize(to bytes: Int) throws {
  // Otherwise the system ends the process.
  signal(SIGXFSZ, SIG_IGN)
  try #require(ResourceLimit.fileSize.set(bytes: bytes))
}
