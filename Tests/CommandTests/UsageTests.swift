import Files
import Kernels
import Processes
import Testing

@Suite("Wrong usage is told apart from what this machine cannot do")
struct UsageTests {
  private static let probe = ["probe", "--row", "vgg08", "--weights", "w", "--batch", "b", "--out", "o"]

  static let wrong: [(arguments: [String], says: String)] = [
    (["frobnicate"], "frobnicate"),
    (["bench", "--row", "vgg16"], "vgg38-bn-rc-1e-2"),
    (["bench", "--threads", "0"], "0 threads"),
    (["bench", "--threads", "-1"], "--threads"),
    (["bench", "--threads=-1"], "-1 threads"),
    (["bench", "--threads", "100000"], "100000 threads"),
    (["bench", "--threads", "99999999999999999999"], "threads"),
    (["bench", "--threads", "two"], "two"),
    (["bench", "--isa", "sse2"], "portable"),
    (["bench", "--batch", "0"], "--batch"),
    (["bench", "--steps", "0"], "--steps"),
    (["gradcheck", "--layer", "Deconvolution"], "BatchNorm"),
    (["gradcheck", "--threads", "0"], "0 threads"),
    (["probe"], "--row"),
    (["probe", "--row", "vgg08", "--weights", "w", "--batch", "b"], "--out"),
    (["probe", "--row", "vgg16", "--weights", "w", "--batch", "b", "--out", "o"], "vgg08"),
    (probe + ["--mode", "test"], "train"),
    (probe + ["--precision", "f16"], "f32"),
    (probe + ["--mode", "train", "--steps", "0"], "--steps"),
    (probe + ["--steps", "3"], "--mode train"),
    (probe + ["--mode", "train", "--lr", "0.1"], "--steps"),
    (probe + ["--mode", "train", "--steps", "1", "--lr", "nan"], "learning rate"),
    (probe + ["--mode", "train", "--steps", "1", "--lr=-1"], "learning rate"),
    (probe + ["--threads", "0"], "0 threads"),
    (["golden", "check", "--format", "yaml"], "junit"),
    (["golden", "check", "--require", "exact"], "identical"),
    (["golden", "check", "--runs", "runs", "--epochs", "2"], "--runs judges finished runs"),
    (["golden", "check", "--runs", "runs", "--resume"], "--runs judges finished runs"),
    (["golden", "check", "--runs", "runs", "--overwrite"], "--runs judges finished runs"),
    (["golden", "check", "--jobs", "0"], "--jobs"),
    (["golden", "record", "--runs", "runs"], "--reason"),
    (["golden", "record", "--reason", "why"], "--runs"),
    (["golden", "record", "--reason", "why", "--runs", "runs", "--keep-bands", "--seeds", "0..3"], "--keep-bands"),
    (["golden", "diff", "one"], "second"),
    (["golden", "rounding", "--dump", "-"], "--dump needs a file"),
    (["bench", "--scaling", "--batch", "10"], "--batch and --warmup do not go with it"),
    (["bench", "--trainer", "--warmup", "5"], "--warmup does not go with it"),
    (["bench", "--rows", "vgg08", "--peer", " "], "--peer is empty"),
    (["bench", "--row", "vgg08", "--optimiser", "sgd,momentum=nan"], "it takes"),
    (probe + ["--mode", "train", "--steps", "1", "--optimiser", "adam,beta1=1"], "adam's beta1 is \"1\"; it takes"),
    (probe + ["--mode", "train", "--steps", "1", "--lr", "1e39"], "--lr takes a number from 0 to 3.4"),
    (["replay", "run", "--step", "0:0", "--save", "one", "--part", "0", "--values", "./one"], "name one file"),
    (["data", "info", "data", "--profile", "quick"], "built-in data"),
    (["list", "--batch", "10"], "--plan"),
    (["matrix", "--against", "goldens"], "--check and --report"),
    (["data", "info", "data", "--profile", "smoke"], "built-in data"),
    (["run", "vgg08", "--seeds", "0..100000"], "at most 100000 seeds; 0..100000 are more"),
    (["run", "vgg16"], "vgg38-bn-rc-1e-2"),
    (["matrix", "--rows", "vgg08,vgg16"], "no row named \"vgg16\"; the rows are vgg08, "),
    (["matrix", "--rows", "vgg08,"], "no row named \"\""),
    (["matrix", "--rows", "vgg08,vgg08"], "vgg08 twice"),
    (["golden", "check", "--rows", "vgg08,vgg16"], "no row named \"vgg16\"; the rows are vgg08, "),
    (["golden", "check", "--rows", ""], "no row named \"\""),
    (["golden", "check", "--rows", "vgg08,vgg08"], "vgg08 twice"),
  ]

  @Test("an argument that is not UTF-8 is refused, as it would be another name")
  func notText() throws {
    let line = "exec '\(Program.url.path)' run vgg08 --profile smoke --out \"$(printf 'bad\\377')\""
    let outcome = try Shell.run(["/bin/sh", "-c", line])
    #expect(
      outcome.code == 64 && outcome.output.contains("argument 6, bad") && outcome.output.contains("UTF-8"), "\(outcome.output)")
  }

  /// Each command that reads a dataset, with what else it must have.
  static let takingData = [
    ["run", "vgg08"], ["matrix"], ["nightly"], ["cluster", "submit"], ["opening", "vgg08", "--out", "kit"], ["evaluate", "run"],
    ["replay", "run", "--step", "0:0"], ["bisect", "a", "b", "--rerun"], ["golden", "check"],
    ["golden", "record", "--runs", "runs", "--reason", "why"], ["golden", "rounding"],
  ]

  @Test("an empty --data is refused by every command that takes one", arguments: takingData)
  func emptyData(arguments: [String]) throws {
    let outcome = try Program.run(arguments + ["--data", ""])
    #expect(outcome.hasExited && outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("gradflow: error: --data is empty"), "\(outcome.errors)")
  }

  @Test("exit code 64, and standard error says what would be right", arguments: wrong)
  func wrongUsage(arguments: [String], says: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.hasExited && outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("gradflow: error: "))
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
  }

  @Test("an instruction set that this machine lacks: exit code 2, and those that it has", arguments: ["bench", "gradcheck"])
  func missingInstructionSet(command: String) throws {
    // No machine has both AVX-512 and NEON.
    let missing = try #require(InstructionSet.allCases.first { !$0.isAvailable })
    let outcome = try Program.run([command, "--isa", missing.rawValue])
    #expect(outcome.hasExited && outcome.code == 2)
    #expect(outcome.errors.hasPrefix("gradflow: error: this machine has no \(missing.rawValue)"))
    for set in InstructionSet.available { #expect(outcome.errors.contains(set.rawValue)) }
  }

  @Test("a batch that the memory cannot hold: exit code 2, and how much it would take")
  func tooLargeBatch() throws {
    let outcome = try Program.run(["bench", "--row", "vgg38-bn-rc-1e-2", "--batch", "100000"])
    #expect(outcome.hasExited && outcome.code == 2)
    #expect(outcome.errors.contains("GiB"))
  }
}
