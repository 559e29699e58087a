import Files

/// What a run's `manifest.json` says: how it was made, which may differ between machines and enters nothing that is compared.
public struct RunManifest {
  /// The member that holds the sessions before the last.
  public static let earlierSessions = "earlier_sessions"

  /// A member list a session, oldest first; none where there is no manifest, or none that can be read.
  public let sessions: [JSONValue]

  public init(_ directory: RunDirectory) {
    guard let bytes = try? readFile(directory.manifest, limit: 1 << 24),
      let manifest = try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self)), let members = manifest.object
    else {
      sessions = []
      return
    }
    sessions =
      (manifest[Self.earlierSessions]?.array ?? []) + [.object(members.filter { $0.key != Self.earlierSessions })]
  }

  /// How long the run took in all its sessions; `nil` where nothing tells.
  public var seconds: Double? {
    let times = sessions.compactMap { $0["seconds"]?.double }
    return times.isEmpty ? nil : times.reduce(0, +)
  }
}
