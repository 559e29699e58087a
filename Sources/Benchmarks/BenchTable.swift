import Files
import Kernels
import Networks

/// Training step and evaluation of several rows on several instruction sets, beside another framework's where there is one.
///
/// Ours and the peers' are measured in turn, a few steps each, so that what slows the machine down meanwhile slows all. The first
/// peer is asked on every instruction set; others, which compute with other numbers, on the first alone.
package struct BenchTable {
  static let rounds = 5

  let rows: [StandardRow]
  let backends: [Backend]
  let batch: Int
  let steps: Int
  let warmup: Int
  let peerCommands: [String]
  let progress: (String) -> Void

  /// - Parameter progress: is told what is being measured.
  package init(
    rows: [StandardRow], backends: [Backend], batch: Int, steps: Int, warmup: Int, peerCommands: [String],
    progress: @escaping (String) -> Void
  ) {
    self.rows = rows
    self.backends = backends
    self.batch = batch
    self.steps = steps
    self.warmup = warmup
    self.peerCommands = peerCommands
    self.progress = progress
  }

  package func run() throws -> BenchTableText {
    var reports: [BenchReport] = []
    var names: [String] = []
    for (index, backend) in backends.enumerated() {
      let peers = try peerCommands.prefix(index == 0 ? peerCommands.count : 1)
        .map { try PeerProcess(command: $0, backend: backend) }
      if index == 0 { names = peers.map(\.name) }
      for row in rows {
        try MemoryNeed(row.configuration, images: batch, in: Float.self)
          .check(against: .now(threads: backends[0].threads))
        progress("\(row.id), \(backend.instructionSet.rawValue)")
        reports.append(try measure(row, backend, peers))
      }
    }
    return BenchTableText(reports: reports, peers: names, batch: batch, steps: steps, threads: backends[0].threads)
  }

  private func measure(_ row: StandardRow, _ backend: Backend, _ peers: [PeerProcess]) throws -> BenchReport {
    let timer = try StepTimer(row.configuration, learningRate: row.baseLearningRate, batch: batch, backend: backend)
    var report = BenchReport(row: row.id, depth: row.configuration.depth, batch: batch, backend: backend)
    report.peers = peers.map { BenchReport.Peer(name: $0.name) }
    for isEvaluation in [false, true] {
      for (round, steps) in Self.shares(of: steps).enumerated() {
        // The first round meets cold memory; the later ones caches that the other's round has filled.
        let warmup = round == 0 ? warmup : min(warmup, 1)
        let measure = isEvaluation ? timer.evaluationPass : timer.trainingStep
        for _ in 0..<warmup { _ = try measure() }
        let times = try (0..<steps).map { _ in try measure() }
        if isEvaluation { report.evaluation += times.map(\.step) } else { report.times += times }
        for (index, peer) in peers.enumerated() {
          let times = try peer.times(row: row.id, batch: batch, isEvaluation: isEvaluation, warmup: warmup, steps: steps)
          if isEvaluation { report.peers[index].evaluation += times } else { report.peers[index].step += times }
        }
      }
    }
    return report
  }

  /// Steps of each round: all of them, as evenly as can be.
  static func shares(of steps: Int) -> [Int] {
    let count = min(rounds, steps)
    return (0..<count).map { steps / count + ($0 < steps % count ? 1 : 0) }
  }
}
