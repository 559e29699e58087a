import TestSupport

#if os(Linux)
  import CSystemCallCounter
  import Files
  import Foundation
  import Testing

  @testable import Traces

  @Suite("A trace is on the disk before a checkpoint can tell of it")
  struct SynchronisationTests {
    @Test("its beginning, every flush that has anything to write, and the cut when it is resumed are synchronised")
    func flushes() throws {
      try withDirectory { directory in
        let path = directory + "/trace.jsonl.zst"
        let header = Sample.header()
        system_calls_start()
        let writer = try TraceWriter(creating: path, header: header)
        #expect(system_calls_file_syncs() > 0 && system_calls_directory_syncs() > 0)
        for line in Sample.lines().dropFirst().prefix(3) {
          try writer.append(line)
          system_calls_start()
          try writer.flush()
          #expect(system_calls_file_syncs() == 1)
        }
        system_calls_start()
        try writer.flush()
        #expect(system_calls_file_syncs() == 0)
        let mark = writer.mark
        try writer.close()
        system_calls_start()
        _ = try TraceWriter(resuming: path, header: header, at: mark)
        #expect(system_calls_file_syncs() == 1)
      }
    }
  }
#endif
