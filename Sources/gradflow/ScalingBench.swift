import Experiments
import Files
import Foundation
import Kernels
import Networks

/// How time and memory grow with threads, batch, depth and epochs: tables for people, then the same as CSV.
///
/// Each point is a process of its own, so that its peak memory is its own. Points of the threads' series take turns for some
/// rounds. How fast two cores share data is not the program's alone to say: a host that moves a virtual processor to another
/// group of cores makes it several times slower for a while, and one core's work shows nothing of that. So the gain is told
/// twice: of the least disturbed round, and of the median.
struct ScalingBench {
  static let batches = [10, 25, 50, 100, 200, 400]
  static let depths = [8, 14, 20, 26, 38, 50, 62, 74]
  static let threadRounds = 8

  struct Point {
    let series: String
    let threads: Int
    let batch: Int
    let depth: Int
    var epochs: Int?
    var step: Double?
    var evaluation: Double?
    var memory: Double
    /// Of the multiply-add loop, GFLOP/s.
    var peak: Double?
    /// The median of the rounds, where there are several.
    var medianStep: Double?
    var medianPeak: Double?
  }

  let row: StandardRow
  let steps: Int
  let isa: InstructionSet
  let threads: Int

  func run() throws {
    let depth = row.configuration.depth
    let byThreads = try threadSeries(depth: depth)
    let byBatch = try Self.batches.map { try point("batch", threads: threads, batch: $0, depth: depth) }
    let byDepth = try Self.depths.map { try point("depth", threads: threads, batch: 100, depth: $0) }
    let byEpochs = try (1...3).map(epochPoint)
    Console.clearProgress()
    for line in threadLines(byThreads) + [""] + lines(byBatch, by: \.batch, "batch") + [""]
      + lines(byDepth, by: \.depth, "depth") + [""] + epochLines(byEpochs) + [""]
      + Self.csv(byThreads + byBatch + byDepth + byEpochs)
    {
      try Console.print(line)
    }
  }

  // MARK: Measuring

  /// 1, 2, 4, ... and all threads.
  private var threadCounts: [Int] {
    var counts = [1]
    while let last = counts.last, last < threads { counts.append(min(2 * last, threads)) }
    return counts
  }

  private func threadSeries(depth: Int) throws -> [Point] {
    var measured: [[Point]] = threadCounts.map { _ in [] }
    for _ in 0..<Self.threadRounds {
      for (index, count) in threadCounts.enumerated() {
        var point = try point("threads", threads: count, batch: 100, depth: depth)
        point.peak = Ceilings(of: try Backend(instructionSet: isa, threads: count)).gigaflops
        measured[index].append(point)
      }
    }
    return measured.map { points in
      var all = points[0]
      all.step = points.compactMap(\.step).min()
      all.evaluation = points.compactMap(\.evaluation).min()
      all.peak = points.compactMap(\.peak).max()
      all.medianStep = BenchReport.median(points.compactMap(\.step))
      all.medianPeak = BenchReport.median(points.compactMap(\.peak))
      return all
    }
  }

  private func point(_ series: String, threads: Int, batch: Int, depth: Int) throws -> Point {
    Console.progress("\(series): \(threads) threads, batch \(batch), depth \(depth)")
    let text = try child([
      "bench", "--row", row.id, "--depth", "\(depth)", "--batch", "\(batch)", "--steps", "\(steps)", "--threads", "\(threads)",
      "--isa", isa.rawValue, "--json",
    ])
    let json = try JSONValue(parsing: text)
    guard let step = json["step_ms_median"]?.double, let evaluation = json["evaluation_ms_median"]?.double,
      let memory = json["peak_rss_mb"]?.double
    else { throw Stop(.impossible, "gradflow bench --json printed \(text)") }
    return Point(
      series: series, threads: threads, batch: batch, depth: depth, step: step, evaluation: evaluation, memory: memory)
  }

  /// A run of the smoke profile; its memory is in its manifest.
  private func epochPoint(_ epochs: Int) throws -> Point {
    Console.progress("epochs: \(epochs)")
    let out = FileManager.default.temporaryDirectory.appendingPathComponent("gradflow-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: out) }
    _ = try child([
      "run", row.id, "--profile", "smoke", "--epochs", "\(epochs)", "--out", out, "--threads", "\(threads)",
      "--isa", isa.rawValue,
    ])
    let manifest = String(decoding: try readFile("\(out)/\(row.id)-s0/manifest.json"), as: UTF8.self)
    guard let memory = try JSONValue(parsing: manifest)["peak_resident_megabytes"]?.double else {
      throw Stop(.impossible, "the run's manifest tells no memory: \(manifest)")
    }
    return Point(
      series: "epochs", threads: threads, batch: Profile.smoke.batchSize, depth: row.configuration.depth, epochs: epochs,
      memory: memory)
  }

  /// What this very program prints in a process of its own.
  private func child(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Stop(.impossible, "gradflow \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}

extension ScalingBench {
  private func threadLines(_ points: [Point]) -> [String] {
    var table = TextTable([
      ("threads", .right), ("step, ms", .right), ("faster", .right), ("peak, GFLOP/s", .right), ("faster", .right),
      ("step's of peak's", .right), ("median step, ms", .right), ("faster", .right), ("of peak's", .right),
    ])
    guard let first = points.first else { return [] }
    for point in points {
      let least = Gain(from: first, to: point, \.step, \.peak)
      let median = Gain(from: first, to: point, \.medianStep, \.medianPeak)
      table.add([
        "\(point.threads)", Text.fixed(least.step, 1), Text.fixed(least.ours, 3), Text.fixed(least.peak, 0),
        Text.fixed(least.machine, 3), Text.percent(least.share), Text.fixed(median.step, 1), Text.fixed(median.ours, 3),
        Text.percent(median.share),
      ])
    }
    return table.lines
  }

  /// What more threads gain, beside what the machine's own multiply-adds do.
  struct Gain {
    let step, peak, ours, machine: Double
    var share: Double { ours / machine }

    init(from first: Point, to point: Point, _ step: KeyPath<Point, Double?>, _ peak: KeyPath<Point, Double?>) {
      self.step = point[keyPath: step] ?? .nan
      self.peak = point[keyPath: peak] ?? .nan
      ours = (first[keyPath: step] ?? .nan) / self.step
      machine = self.peak / (first[keyPath: peak] ?? .nan)
    }
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
