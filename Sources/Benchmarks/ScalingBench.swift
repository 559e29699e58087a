import Experiments
import Files
import Foundation
import Kernels
import Networks
import PlainText

/// How time and memory grow with threads, batch, depth and epochs: tables for people, then the same as CSV.
///
/// Each point is a process of its own, so that its peak memory is its own; what threads gain is measured in turn
/// (`ThreadScaling`).
package struct ScalingBench {
  static let batches = [10, 25, 50, 100, 200, 400]
  static let depths = [8, 14, 20, 26, 38, 50, 62, 74]
  static let threadRounds = 96

  struct Point {
    let series: String
    let threads: Int
    let batch: Int
    let depth: Int
    var epochs: Int?
    var step: Double?
    var evaluation: Double?
    var memory: Double
    /// Speed of the multiply-add loop, GFLOP/s.
    var peak: Double?
  }

  let row: StandardRow
  let steps: Int
  let isa: InstructionSet
  let threads: Int
  let program: String
  let progress: (String) -> Void

  /// - Parameters:
  ///   - program: the path of gradflow itself.
  ///   - progress: is told what is being measured.
  package init(
    row: StandardRow, steps: Int, isa: InstructionSet, threads: Int, program: String, progress: @escaping (String) -> Void
  ) {
    self.row = row
    self.steps = steps
    self.isa = isa
    self.threads = threads
    self.program = program
    self.progress = progress
  }

  /// What was measured, a line each.
  package func run() throws -> [String] {
    let depth = row.configuration.depth
    let gains = try threadCounts.dropFirst().map {
      try ThreadScaling(row: row, batch: 100, rounds: Self.threadRounds, isa: isa, progress: progress).gain(threads: $0)
    }
    let byThreads = try threadSeries(gains, depth: depth)
    let byBatch = try Self.batches.map { try point("batch", threads: threads, batch: $0, depth: depth) }
    let byDepth = try Self.depths.map { try point("depth", threads: threads, batch: 100, depth: $0) }
    let byEpochs = try (1...3).map(epochPoint)
    return threadLines(gains) + [""] + lines(byBatch, by: \.batch, "batch") + [""]
      + lines(byDepth, by: \.depth, "depth") + [""] + epochLines(byEpochs) + [""]
      + Self.csv(byThreads + byBatch + byDepth + byEpochs)
  }

  // MARK: Measuring

  /// 1, 2, 4, ... and all threads.
  private var threadCounts: [Int] {
    var counts = [1]
    while let last = counts.last, last < threads { counts.append(min(2 * last, threads)) }
    return counts
  }

  private func threadSeries(_ gains: [ThreadScaling.Gain], depth: Int) throws -> [Point] {
    try threadCounts.map { count in
      var point = try point("threads", threads: count, batch: 100, depth: depth)
      let gain = gains.first { $0.threads == count }
      if let gain { (point.step, point.peak) = (gain.step, gain.peak) }
      if count == 1 {
        if let first = gains.first {
          (point.step, point.peak) = (first.single, first.singlePeak)
        } else {
          point.peak = MultiplyAddMeter(try Backend(instructionSet: isa, threads: 1)).gigaflops()
        }
      }
      return point
    }
  }

  private func point(_ series: String, threads: Int, batch: Int, depth: Int) throws -> Point {
    progress("\(series): \(threads) threads, batch \(batch), depth \(depth)")
    let text = try child([
      "bench", "--row", row.id, "--depth", "\(depth)", "--batch", "\(batch)", "--steps", "\(steps)", "--threads", "\(threads)",
      "--isa", isa.rawValue, "--json",
    ])
    let json = try JSONValue(parsing: text)
    guard let step = json["step_ms_median"]?.double, let evaluation = json["evaluation_ms_median"]?.double,
      let memory = json["peak_rss_mb"]?.double
    else { throw BenchmarkError.answer("gradflow bench --json printed \(text)") }
    return Point(
      series: series, threads: threads, batch: batch, depth: depth, step: step, evaluation: evaluation, memory: memory)
  }

  /// A run of the smoke profile; its memory is in its manifest.
  private func epochPoint(_ epochs: Int) throws -> Point {
    progress("epochs: \(epochs)")
    return try Leftovers.withScratchDirectory("bench") { try epochPoint(epochs, out: $0) }
  }

  private func epochPoint(_ epochs: Int, out: String) throws -> Point {
    _ = try child([
      "run", row.id, "--profile", "smoke", "--epochs", "\(epochs)", "--out", out, "--threads", "\(threads)",
      "--isa", isa.rawValue,
    ])
    let manifest = String(decoding: try readFile("\(out)/\(row.id)-s0/manifest.json"), as: UTF8.self)
    guard let memory = try JSONValue(parsing: manifest)["peak_resident_megabytes"]?.double else {
      throw BenchmarkError.answer("the run's manifest tells no memory: \(manifest)")
    }
    return Point(
      series: "epochs", threads: threads, batch: Profile.smoke.batchSize, depth: row.configuration.depth, epochs: epochs,
      memory: memory)
  }

  /// What this very program prints in a process of its own.
  private func child(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    Leftovers.add(process: process.processIdentifier)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    Leftovers.remove(process: process.processIdentifier)
    guard process.terminationStatus == 0 else {
      throw BenchmarkError.ended(arguments: arguments, status: process.terminationStatus)
    }
    return String(decoding: data, as: UTF8.self)
  }
}

extension ScalingBench {
  private func threadLines(_ gains: [ThreadScaling.Gain]) -> [String] {
    guard let first = gains.first else { return ["one thread: nothing to compare"] }
    var table = TextTable([
      ("threads", .right), ("step, ms", .right), ("faster", .right), ("peak, GFLOP/s", .right), ("faster", .right),
      ("step's of peak's", .right), ("95 % confidence", .right),
    ])
    table.add(["1", Text.fixed(first.single, 1), "", Text.fixed(first.singlePeak, 0), "", "", ""])
    for gain in gains {
      table.add([
        "\(gain.threads)", Text.fixed(gain.step, 1), Text.fixed(gain.ours.median, 3), Text.fixed(gain.peak, 0),
        Text.fixed(gain.machine.median, 3), Text.percent(gain.share.median),
        "\(Text.percent(gain.share.lower)) to \(Text.percent(gain.share.upper))",
      ])
    }
    return table.lines + [
      "medians of \(Self.threadRounds) rounds, in each a step on one thread and one on several; confidence from blocks of "
        + "\(ThreadScaling.block) rounds"
    ]
  }

  private func lines(_ points: [Point], by value: (Point) -> Int, _ title: String) -> [String] {
    var table = TextTable([
      (title, .right), ("step, ms", .right), ("ms an image", .right), ("evaluation, ms", .right), ("peak memory, MiB", .right),
    ])
    for point in points {
      table.add([
        "\(value(point))", Text.fixed(point.step ?? .nan, 1), Text.fixed((point.step ?? .nan) / Double(point.batch), 3),
        Text.fixed(point.evaluation ?? .nan, 1), Text.fixed(point.memory, 1),
      ])
    }
    return table.lines
  }

  private func epochLines(_ points: [Point]) -> [String] {
    var table = TextTable([("epochs of smoke", .right), ("peak memory, MiB", .right)])
    for point in points { table.add(["\(point.epochs ?? 0)", Text.fixed(point.memory, 0)]) }
    return table.lines
  }

  static func csv(_ points: [Point]) -> [String] {
    func cell(_ value: Double?) -> String { value.map { Text.fixed($0, 3) } ?? "" }
    return ["series,threads,batch,depth,epochs,step_ms,evaluation_ms,peak_rss_mb,peak_gflops"]
      + points.map { point in
        let counts = [point.threads, point.batch, point.depth].map(String.init) + [point.epochs.map(String.init) ?? ""]
        return ([point.series] + counts + [point.step, point.evaluation, point.memory, point.peak].map(cell))
          .joined(separator: ",")
      }
  }
}
