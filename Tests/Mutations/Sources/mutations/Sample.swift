import Foundation

/// The modules whose sources are changed, and who must notice.
enum Harness {
  struct Module {
    let name: String
    /// Test targets, in the order in which they are asked.
    let tests: [String]
    /// Folders and files below `Sources/NAME` that are left out, as their looks are no verdict.
    var without: [String] = []
  }

  static let modules = [
    Module(name: "Files", tests: ["FilesTests", "TracesTests"]),
    Module(name: "Traces", tests: ["TracesTests", "GoldensTests"]),
    Module(name: "Goldens", tests: ["GoldensTests"]),
    Module(name: "Datasets", tests: ["DatasetsTests"]),
    Module(name: "Training", tests: ["TrainingTests"]),
    Module(name: "Experiments", tests: ["ExperimentsTests"]),
    Module(name: "Reports", tests: ["ReportsTests"], without: ["Drawing", "Figures", "History/NightCharts", "Page"]),
    Module(
      name: "gradflow", tests: ["CommandTests"],
      without: [
        "Bench", "Breakdown", "Scaling", "StepTimer", "ThreadScaling", "TrainerBench", "PeerProcess", "Interrupts", "RunProgress",
      ]),
  ]

  /// All mutants of the package at `root`, numbered in the order of modules, files and places, with their sites.
  static func mutants(of root: URL) throws -> [(mutant: Mutant, placed: Placement.Placed)] {
    var all: [(mutant: Mutant, placed: Placement.Placed)] = []
    for module in modules {
      for file in try files(of: module, root: root) {
        let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
        let bytes = Array(text.utf8)
        for site in SiteFinder(text, file: file).sites {
          for variant in site.variants {
            let number = all.count + 1
            let mutant = Mutant(
              number: number, module: module.name, file: file, line: site.line, rule: variant.rule,
              original: String(decoding: bytes[site.range], as: UTF8.self), replacement: variant.text)
            all.append((mutant, .init(site: site, number: number, text: variant.text)))
          }
        }
      }
    }
    return all
  }

  private static func files(of module: Module, root: URL) throws -> [String] {
    let base = "Sources/\(module.name)"
    return try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(base).path)
      .filter { path in path.hasSuffix(".swift") && !module.without.contains { path.hasPrefix($0) } }
      .sorted().map { "\(base)/\($0)" }
  }
}

/// The order in which a module's mutants are drawn: a shuffle by SplitMix64 (Steele, Lea & Flood 2014), so that the same
/// sources and seed give the same sample everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
