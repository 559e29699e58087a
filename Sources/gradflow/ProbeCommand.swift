import ArgumentParser
import Benchmarks
import Files
import Networks
import Optimisers

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "One forward and backward pass on given weights and a given batch.",
    discussion: """
      Weights: parameters and buffers under the course code's names, F64, F32, F16 or BF16, also with \
      "model.", "module." and "_orig_mod." before them; filters and classes are theirs. Batch: \
      "images" [N, 3, H, W], already normalised, and "labels" [N], I64. Out: "logits", "loss", "grad.NAME" for every \
      parameter and "grad.images", always of the given weights; in training mode the buffers after the pass; with --steps, \
      parameters and buffers after the last update. All are safetensors files; a name that ends in .zst is compressed.
      """)

  @Option(help: "The row that the weights are for: see `gradflow list`.")
  var row: RowArgument

  @Option(help: "The file of the weights.")
  var weights: String

  @Option(help: "The file of the batch.")
  var batch: String

  @Option(help: "The file to be written.")
  var out: String

  @Option(help: "train (the batch's statistics) or eval (the running averages).")
  var mode = ProbeRequest.Mode.eval

  @Option(help: "f32 or f64.")
  var precision = ProbeRequest.Precision.f32

  @Option(help: "Training steps, each followed by an update; training mode only.")
  var steps: Int?

  @Option(name: .customLong("lr"), help: "The learning rate of the steps; the row's base learning rate if not given.")
  var learningRate: Double?

  @Option(
    help: """
      The optimiser of the steps, with settings other than its defaults, as in adam,beta1=0.8; adam if not given. \
      \(OptimiserChoice.forms)
      """,
    transform: OptimiserChoice.init(parsing:))
  var optimiser: OptimiserChoice?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    // Before anything is read or computed.
    _ = try output
    if let steps {
      guard (1...1_000_000).contains(steps) else {
        throw ValidationError("\(steps) steps: --steps takes 1 to 1000000")
      }
      guard mode == .train else { throw ValidationError("--steps trains, which needs --mode train") }
    }
    if optimiser != nil, steps == nil { throw ValidationError("--optimiser is that of --steps, which is not given") }
    if let learningRate {
      guard steps != nil else { throw ValidationError("--lr is the learning rate of --steps, which is not given") }
      guard Float(learningRate).isFinite, learningRate >= 0 else {
        throw ValidationError(
          "a learning rate of \(learningRate): --lr takes a number from 0 to \(Double(Float.greatestFiniteMagnitude))")
      }
    }
  }

  private var output: OutputFile { get throws { try OutputFile(out, option: "--out", inputs: [weights, batch]) } }

  func run() throws {
    let backend = try compute.backend()
    let request = ProbeRequest(
      row: row.row, mode: mode, precision: precision,
      updates: steps.map {
        .init(steps: $0, learningRate: learningRate ?? row.row.baseLearningRate, optimiser: optimiser ?? row.row.optimiser)
      },
      memory: compute.memory)
    let state = try ProbeFile(path: weights)
    let answer = try Probe.run(request, weights: state, batch: try ProbeFile(path: batch), backend: backend)
    let prefixes = WeightName.prefixes(in: state.content)
    if !prefixes.isEmpty {
      Console.log("\(weights): names are taken without \(prefixes.map { "\"\($0)\"" }.joined(separator: " or ")) before them")
    }
    try output.write(tensors: answer.fileBytes)
    Console.log("\(out): \(answer.names.count) tensors")
    let broken = answer.names.filter { answer[$0]?.doubles?.allSatisfy(\.isFinite) == false }
    if !broken.isEmpty {
      Console.log(
        "gradflow: warning: \(broken.count) of them hold numbers that are not finite: "
          + broken.prefix(5).joined(separator: ", ") + (broken.count > 5 ? " and \(broken.count - 5) more" : ""))
    }
  }
}

extension OptimiserChoice {
  /// For help: every kind with its settings.
  static var forms: String {
    let forms = kinds.map { kind in ([kind.kind] + kind.fieldTypes.map { "\($0.name)=..." }).joined(separator: ",") }
    return "(values: \(forms.joined(separator: "; ")))"
  }
}

extension ProbeRequest.Mode: ExpressibleByArgument {}
extension ProbeRequest.Precision: ExpressibleByArgument {}
