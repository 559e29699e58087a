import Experiments
import Files
import Goldens
import Traces

extension GoldenStore {
  /// To be asked where somebody named the directory: one without any golden would quietly check nothing.
  ///
  /// - Throws: `Stop` if it is not there or holds none.
  func requireGoldens() throws {
    guard isDirectory(directory) else { throw AgainstOption.missing(directory) }
    if try profiles().contains(where: { try !rows(profile: $0).isEmpty }) { return }
    let isProfile = try !RunTraces.goldens(in: directory).isEmpty
    throw Stop(
      .impossible,
      "\(directory) holds no goldens of any profile: "
        + (isProfile
          ? "it is itself that of one profile; name the directory above it"
          : "name a directory like golden, with PROFILE/ROW.jsonl.zst in it"))
  }

  /// The rows of a profile that have goldens, by name. To be asked before anything is run: a check without any golden is lost
  /// work.
  ///
  /// - Throws: `Stop` if there are none, which says what is there instead and what to do.
  func recordedRows(of profile: Profile) throws -> [String] {
    guard isDirectory(directory) else { throw AgainstOption.missing(directory) }
    let rows = try self.rows(profile: profile.rawValue)
    if rows.isEmpty {
      let others = try profiles().filter { try !self.rows(profile: $0).isEmpty }
      throw Stop(
        .impossible,
        "there are no goldens of the profile \(profile.rawValue) in \(directory), "
          + (others.isEmpty ? "nor of any other" : "only of \(others.joined(separator: ", "))")
          + "; `gradflow golden record --profile \(profile.rawValue) --runs DIR --reason ...` makes them from finished runs")
    }
    return rows
  }

  /// Those of which runs must be there where nobody names rows: the program's own rows outside Table 1 are made by name alone.
  func expectedRows(of profile: Profile) throws -> [String] {
    let besides = Set(ExperimentRow.builtIn.map(\.id)).subtracting(ExperimentRow.table1.map(\.id))
    return try recordedRows(of: profile).filter { !besides.contains($0) }
  }
}
