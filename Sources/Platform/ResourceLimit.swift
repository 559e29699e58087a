/// A limit that the system sets a process (getrlimit(2)); the soft one.
package enum ResourceLimit {
  case addressSpace, data, fileSize

  /// Bytes; `nil` if there is no limit.
  package var bytes: Int? {
    var limit = rlimit()
    // No limit is the largest number.
    return getrlimit(resource, &limit) == 0 ? Int(exactly: limit.rlim_cur).flatMap { $0 < Int.max >> 1 ? $0 : nil } : nil
  }

  /// Sets the soft and the hard limit of this process; false if the system refuses.
  package func set(bytes: Int) -> Bool {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    return setrlimit(resource, &limit) == 0
  }

  #if canImport(Darwin)
    private var resource: Int32 {
      switch self {
      case .addressSpace: RLIMIT_AS
      case .data: RLIMIT_DATA
      case .fileSize: RLIMIT_FSIZE
      }
    }
  #else
    private var resource: __rlimit_resource_t {
      switch self {
      case .addressSpace: __rlimit_resource_t(RLIMIT_AS.rawValue)
      case .data: __rlimit_resource_t(RLIMIT_DATA.rawValue)
      case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      }
    }
  #endif
}
