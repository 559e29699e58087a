import Files
import Foundation
import Kernels
import Networks
import TestSupport
import Testing

/// No test here depends on how long anything takes.
@Suite("The benchmark")
struct BenchTests {
  private static let small = ["--batch", "2", "--steps", "2", "--warmup", "1", "--threads", "2", "--isa", "portable"]

  private func json(_ arguments: [String]) throws -> JSONValue {
    let outcome = try Program.run(["bench"] + arguments + ["--json"])
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try JSONValue(parsing: outcome.output)
  }

  @Test("a breakdown's parts add up to the step, and know their layers", arguments: ["vgg08", "vgg38-bn-rc-1e-2"])
  func breakdown(row: String) throws {
    let json = try json(["--row", row, "--breakdown", "--batch", "2", "--steps", "2", "--threads", "2"])
    let parts = try #require(json["parts"]?.array)
    let step = try #require(json["step_ms_mean"]?.double)
    let sum = parts.reduce(0) { $0 + ($1["ms"]?.double ?? .nan) }
    // Each part is rounded to a ten-thousandth.
    #expect(abs(sum - step) <= 1e-4 * Double(parts.count + 1))
    #expect(try #require(json["peak_gflops"]?.double) > 0)
    #expect(try #require(json["copy_gb_per_second"]?.double) > 0)
    let work = NetworkWork(try StandardRow.named(row).configuration)
    let multiplyAdds = parts.reduce(0) { $0 + ($1["multiply_adds"]?.double ?? .nan) }
    // What is predicted follows from the ceilings and the work, part by part.
    let peak = try #require(json["peak_gflops"]?.double), copy = try #require(json["copy_gb_per_second"]?.double)
    for part in parts {
      let products = try #require(part["products"]?.double), bytes = try #require(part["bytes"]?.double)
      let predicted = 2e-6 * products / peak + 1e-6 * bytes / copy
      #expect(abs(try #require(part["predicted_ms"]?.double) - predicted) <= 1e-4 + 1e-3 * predicted)
    }
    // Minimal filtering takes 36 products a tile where the direct sum takes 144; the entry's three channels are added up
    // directly.
    let forward = parts.filter { $0["part"]?.string == "convolution" }
    for part in forward where ["input_conv_conv_0", "reduction_block_0_conv_0"].contains(part["layer"]?.string) {
      let share = part["layer"]?.string == "input_conv_conv_0" ? 1.0 : 4
      #expect(part["products"]?.double.map { $0 * share } == part["multiply_adds"]?.double)
    }
    #expect(multiplyAdds == 2 * (work.forwardMultiplyAdds + work.gradientMultiplyAdds))
    let names = Set(parts.compactMap { $0["part"]?.string })
    for name in ["convolution", "pool", "head", "loss", "preparation", "combination", "update", "waiting and everything else"] {
      #expect(names.contains(name), "\(name)")
    }
    // All but what remains is a time that was measured.
    for part in parts where part["part"]?.string != "waiting and everything else" {
      #expect(try #require(part["ms"]?.double) >= 0)
    }
  }

  @Test("a breakdown for people names every layer and the ceilings")
  func breakdownText() throws {
    let outcome = try Program.run(["bench", "--row", "vgg08", "--breakdown"] + Self.small)
    #expect(outcome.code == 0 && outcome.output.contains("ceilings in this run"))
    for layer in ["input_conv_conv_0", "reduction_block_2_conv_1", "global_pool", "logit_linear_layer"] {
      #expect(outcome.output.contains(layer), "\(layer)")
    }
  }

  @Test("another depth is the row's network with more blocks", arguments: [8, 14, 38])
  func depth(depth: Int) throws {
    let json = try json(["--row", "vgg38", "--depth", "\(depth)"] + Self.small)
    #expect(json["depth"]?.int == depth && json["row"]?.string == "vgg38")
  }

  @Test("the training step's object tells evaluation's time too")
  func evaluation() throws {
    let json = try json(["--row", "vgg08"] + Self.small)
    #expect(try #require(json["evaluation_ms_median"]?.double) > 0)
  }

  @Test("the trainer's object has what its loop adds")
  func trainer() throws {
    let json = try json(["--row", "vgg08", "--trainer", "--batch", "20", "--steps", "2", "--threads", "2"])
    #expect(json["mode"]?.string == "trainer" && json["steps"]?.int == 6)
    for key in [
      "step_ms_median", "trainer_step_ms_median", "first_step_ms_median", "last_step_ms_median", "loading_ms_median",
      "digest_ms_median",
    ] { #expect(try #require(json[key]?.double) > 0, "\(key)") }
    for key in ["overhead_ms", "overhead_ms_lower", "overhead_ms_upper", "overhead_share"] {
      #expect(try #require(json[key]?.double).isFinite, "\(key)")
    }
  }

  // MARK: The table

  /// A program that answers like another framework: every step takes `milliseconds`.
  private func peer(_ directory: TemporaryDirectory, milliseconds: String = "1000000", steps: String = "$steps") throws -> String
  {
    let script = """
      echo '{"name": "Other 1.0"}'
      while read -r row batch mode warmup steps; do
        [ "$row $batch" = "vgg08 2" ] || { echo '{"error": "unexpected '"$row $batch"'"}'; continue; }
        list=$(for _ in $(seq 1 \(steps)); do printf '\(milliseconds), '; done)
        echo "{\\"times_ms\\": [${list%, }]}"
      done
      """
    try directory.write(script, "peer.sh")
    return "sh \(directory.path("peer.sh"))"
  }

  @Test("the table's JSON has an object for each row and instruction set, with the peer's times and the ratio")
  func tableJSON() throws {
    let directory = try TemporaryDirectory()
    let sets = InstructionSet.available.prefix(2).map(\.rawValue)
    let json = try json(
      ["--rows", "vgg08", "--isas", sets.joined(separator: ","), "--batch", "2", "--steps", "7", "--peer", peer(directory)])
    let rows = try #require(json["rows"]?.array)
    #expect(json["peer"]?.string == "Other 1.0")
    #expect(rows.compactMap { $0["isa"]?.string } == sets)
    for row in rows {
      #expect(row["row"]?.string == "vgg08" && row["steps"]?.int == 7)
      #expect(row["peer_step_ms_median"]?.double == 1_000_000 && row["peer_evaluation_ms_median"]?.double == 1_000_000)
      for key in ["step_ratio", "evaluation_ratio"] {
        let ratio = try #require(row[key]?.double)
        #expect(ratio >= 0 && ratio < 1, "\(key)")
      }
    }
  }

  @Test(
    "a peer that answers something else, or nothing, or goes on when it is not asked any more, is told and keeps nobody waiting",
    arguments: [
      ("echo junk; exec sleep 600", "answered with something else"),
      ("echo '{\"name\":\"P\"}'; exit 0", "ended before it had answered"),
      ("exit 0", "ended before it had answered"),
    ])
  func badPeer(script: String, says: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(script + "\n", "peer.sh")
    let outcome = try Program.run(
      ["bench", "--rows", "vgg08", "--batch", "1", "--steps", "1", "--warmup", "0", "--threads", "1", "--peer"]
        + ["sh \(directory.path("peer.sh"))"])
    #expect(outcome.hasExited && outcome.code == 2 && outcome.errors.contains(says), "\(outcome.errors)")
    #expect(!outcome.errors.contains("NSCocoa"), "\(outcome.errors)")
  }

  @Test("a peer that does not end with its input is ended")
  func stayingPeer() throws {
    let directory = try TemporaryDirectory()
    let command = try peer(directory)
    let script = String(decoding: try readFile(directory.path("peer.sh")), as: UTF8.self)
    try directory.write(script + "\nexec sleep 600\n", "peer.sh")
    let table = try json(["--rows", "vgg08", "--batch", "2", "--steps", "2", "--threads", "1", "--peer", command])
    #expect(table["peer"]?.string == "Other 1.0")
  }

  @Test("a second peer has its own times, on the first instruction set alone")
  func twoPeers() throws {
    let (first, second) = (try TemporaryDirectory(), try TemporaryDirectory())
    let sets = InstructionSet.available.prefix(2).map(\.rawValue)
    let json = try json([
      "--rows", "vgg08", "--isas", sets.joined(separator: ","), "--batch", "2", "--steps", "2", "--peer", peer(first), "--peer",
      peer(second, milliseconds: "2000000"),
    ])
    let rows = try #require(json["rows"]?.array)
    #expect(rows.map { $0["peer_step_ms_median"]?.double } == sets.map { _ in 1_000_000 })
    let others = rows.map { $0["other_peers"]?.array?.map { $0["peer_step_ms_median"]?.double } }
    #expect(others == [[2_000_000]] + sets.dropFirst().map { _ in nil })
  }

  @Test("the table in Markdown has a line for each row, without a peer too")
  func markdown() throws {
    let outcome = try Program.run(["bench", "--rows", "vgg08", "--markdown", "--batch", "2", "--steps", "1"])
    let lines = outcome.output.split(separator: "\n")
    #expect(outcome.code == 0 && lines.count == 4)
    #expect(lines[0].hasPrefix("| row | instruction set | step, ms |") && lines[1].hasPrefix("|---|---|---:|"))
    #expect(lines[2].hasPrefix("| `vgg08` |"))
  }

  @Test("a peer that is missing, silent, wrong or unwilling: exit code 2, and how to get one")
  func badPeers() throws {
    let directory = try TemporaryDirectory()
    let commands = [
      (directory.path("nowhere"), "bench-peer"), ("true", "bench-peer"), ("echo hello", "bench-peer"),
      (try peer(directory, steps: "1"), "bench-peer"),
    ]
    for (command, says) in commands {
      let outcome = try Program.run(["bench", "--rows", "vgg08", "--batch", "2", "--steps", "10", "--peer", command])
      #expect(outcome.hasExited && outcome.code == 2, "\(command): \(outcome.errors)")
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }
    let outcome = try Program.run(
      ["bench", "--rows", "vgg08", "--batch", "3", "--steps", "1", "--peer", peer(directory)])
    #expect(outcome.code == 2 && outcome.errors.contains("unexpected vgg08 3"))
  }

  @Test(
    "wrong usage: exit code 64, and what would be right",
    arguments: [
      (["--depth", "9"], "14"), (["--depth", "2"], "14"), (["--depth", "614"], "608"),
      (["--breakdown", "--eval"], "exclude each other"), (["--trainer", "--breakdown"], "exclude each other"),
      (["--scaling", "--json"], "CSV"), (["--peer", "true"], "--rows"), (["--isas", "avx2"], "--rows"),
      (["--markdown"], "--rows"), (["--rows", "vgg16"], "vgg38-bn-rc-1e-2"), (["--rows", "vgg08,vgg08"], "vgg38"),
      (["--rows", "all", "--isas", "sse2"], "portable"), (["--rows", "all", "--depth", "8"], "--depth"),
      (["--rows", "all", "--row", "vgg08"], "--rows and --row exclude"), (["--scaling", "--depth", "8"], "depths of its own"),
      (["--rows", "all", "--json", "--markdown"], "exclude each other"),
    ])
  func wrongUsage(arguments: [String], says: String) throws {
    let outcome = try Program.run(["bench"] + arguments)
    #expect(outcome.hasExited && outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.output == "" && outcome.errors.contains(says), "\(outcome.errors)")
  }
}
