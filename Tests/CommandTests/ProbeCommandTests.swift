import Files
import Kernels
import Networks
import TestSupport
import Testing

@Suite("The probe from files to file")
struct ProbeCommandTests {
  @Test("gives PyTorch's numbers for a fixture's weights, as the course code's checkpoints name them")
  func oracle() throws {
    let fixture = try Self.fixture("vgg38-bn-1e-2")
    let directory = try TemporaryDirectory()
    var weights = SafeTensors(), batch = SafeTensors()
    for name in fixture.names where name.hasPrefix("weights/") {
      let plain = String(name.dropFirst("weights/".count))
      weights["model." + plain] = fixture[name]
      if plain.hasSuffix("running_mean") {
        weights["model." + plain.dropLast("running_mean".count) + "num_batches_tracked"] = SafeTensor(shape: [], [Int64(7)])
      }
    }
    batch["images"] = fixture["batch/images"]
    batch["labels"] = fixture["batch/labels"]
    try AtomicFile.write(weights.fileBytes, to: directory.path("w"))
    try AtomicFile.write(batch.fileBytes, to: directory.path("b"))
    let arguments = [
      "probe", "--row", "vgg38-bn-1e-2", "--weights", directory.path("w"), "--batch", directory.path("b"),
      "--precision", "f64", "--out", directory.path("o"),
    ]

    for (group, options) in [("eval", []), ("train", ["--mode", "train"])] {
      let outcome = try Program.run(arguments + options)
      #expect(outcome.code == 0 && outcome.output == "", "\(outcome.errors)")
      let answer = try SafeTensors(path: directory.path("o"))
      let expected = fixture.names.filter { $0.hasPrefix(group + "/") }
      #expect(Set(answer.names) == Set(expected.map { String($0.dropFirst(group.count + 1)) }))
      for name in expected { try expectClose(answer[String(name.dropFirst(group.count + 1))], fixture[name], 1e-9, name) }
    }

    let outcome = try Program.run(arguments + ["--mode", "train", "--steps", "3", "--lr", "1e-2"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let answer = try SafeTensors(path: directory.path("o"))
    for name in fixture.names where name.hasPrefix("adam3/") {
      try expectClose(answer[String(name.dropFirst("adam3/".count))], fixture[name], 1e-7, name)
    }
    for name in fixture.names where name.hasPrefix("train/grad.") || name == "train/logits" || name == "train/loss" {
      try expectClose(answer[String(name.dropFirst("train/".count))], fixture[name], 1e-9, name)
    }
  }

  @Test("writes binary32 and the running averages' pass unless told otherwise, the same bytes wherever it runs")
  func sameBytes() throws {
    let directory = try TemporaryDirectory()
    let files = try ProbeFiles()
    var contents: [[UInt8]] = []
    for options in [["--threads", "1", "--isa", "portable"], ["--threads", "3"], ["--mode", "eval", "--precision", "f32"]] {
      let outcome = try Program.run(try files.arguments(in: directory) + options)
      #expect(outcome.code == 0, "\(outcome.errors)")
      contents.append(try readFile(directory.path("out.safetensors")))
    }
    #expect(contents[0] == contents[1] && contents[0] == contents[2])
    let answer = try SafeTensors(path: directory.path("out.safetensors"))
    #expect(answer.names.allSatisfy { answer[$0]?.type == .f32 })
    #expect(answer["logits"]?.shape == [ProbeFiles.images, ProbeFiles.classes])
    #expect(answer["loss"]?.shape == [])
    #expect(answer["grad.images"]?.shape == [ProbeFiles.images, 3, ProbeFiles.side, ProbeFiles.side])
    #expect(answer["grad." + ProbeFiles.firstWeight]?.shape == [2, 3, 3, 3])
    #expect(answer[ProbeFiles.firstVariance] == nil)
  }

  @Test("reads and writes compressed files, told by their names")
  func compressed() throws {
    let directory = try TemporaryDirectory()
    let files = try ProbeFiles()
    var arguments = try files.arguments(in: directory, out: "out.safetensors.zst")
    let place = try #require(arguments.firstIndex(of: "--weights")) + 1
    arguments[place] = directory.path("weights.safetensors.zst")
    try AtomicFile.write(Zstd.compress(files.weights.fileBytes), to: arguments[place])
    #expect(try Program.run(arguments).code == 0)
    #expect(try SafeTensors(path: directory.path("out.safetensors.zst"))["loss"] != nil)
  }

  @Test("says what it takes off the names of the weights, and when a result is not finite")
  func says() throws {
    let directory = try TemporaryDirectory()
    var files = try ProbeFiles()
    let plain = try Program.run(try files.arguments(in: directory))
    #expect(plain.code == 0 && !plain.errors.contains("before them") && !plain.errors.contains("finite"), "\(plain.errors)")
    let expected = try readFile(directory.path("out.safetensors"))
    let weights = files.weights
    files.weights = SafeTensors()
    for name in weights.names { files.weights["_orig_mod.module." + name] = weights[name] }
    let wrapped = try Program.run(try files.arguments(in: directory))
    #expect(wrapped.code == 0 && wrapped.errors.contains("without \"_orig_mod.module.\" before them"), "\(wrapped.errors)")
    #expect(try readFile(directory.path("out.safetensors")) == expected)
    files.weights = weights
    files.weights["logit_linear_layer.weight"] = SafeTensor(shape: [3, 2], [Float](repeating: 3e38, count: 6))
    files.weights[ProbeFiles.firstWeight.replacing("conv_0.weight", with: "bn_0.weight")] = SafeTensor(
      shape: [2], [Float](repeating: 3e38, count: 2))
    let broken = try Program.run(try files.arguments(in: directory))
    #expect(broken.code == 0 && broken.errors.contains("not finite: logits, loss"), "\(broken.errors)")
  }

  @Test("takes the row's base learning rate for --steps unless told otherwise")
  func baseLearningRate() throws {
    let directory = try TemporaryDirectory()
    let files = try ProbeFiles()
    func bytes(_ options: [String]) throws -> [UInt8] {
      let training = ["--mode", "train", "--steps", "2"]
      #expect(try Program.run(try files.arguments(in: directory) + training + options).code == 0)
      return try readFile(directory.path("out.safetensors"))
    }
    let base = try bytes([])
    #expect(try bytes(["--lr", "0.001"]) == base)
    #expect(try bytes(["--lr", "0.002"]) != base)
  }

  @Test("takes an optimiser for --steps: plain gradient descent leaves weights less the rate times their gradients")
  func gradientDescent() throws {
    let directory = try TemporaryDirectory()
    let files = try ProbeFiles()
    let arguments = try files.arguments(in: directory) + ["--mode", "train", "--steps", "1", "--lr", "0.25"]
    let outcome = try Program.run(arguments + ["--optimiser", "sgd,momentum=0"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let answer = try SafeTensors(path: directory.path("out.safetensors"))
    let names = answer.names.filter { $0.hasPrefix("grad.layer_dict") || $0.hasPrefix("grad.logit") }
    #expect(names.count > 10)
    for gradient in names {
      let name = String(gradient.dropFirst("grad.".count))
      let before = try #require(files.weights[name]?.floats), slope = try #require(answer[gradient]?.floats)
      // A quarter is exact, so there is one rounding, as in the engine.
      #expect(answer[name]?.floats == zip(before, slope).map { $0 - 0.25 * $1 }, "\(name)")
    }
    for wrong in ["sgd,momentum=1", "adagrad", "sgd,beta1=0.9"] {
      let outcome = try Program.run(arguments + ["--optimiser", wrong])
      #expect(outcome.code == 64 && outcome.errors.contains("--optimiser"), "\(outcome.errors)")
    }
    #expect(try Program.run(files.arguments(in: directory) + ["--optimiser", "sgd"]).code == 64)
  }

  private static func fixture(_ name: String) throws -> SafeTensors {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try SafeTensors(path: "/\(tests)/NetworksTests/Oracle/fixtures/\(name).safetensors.zst")
  }

  private func expectClose(_ found: SafeTensor?, _ expected: SafeTensor?, _ tolerance: Double, _ name: String) throws {
    let found = try #require(found, "\(name)"), expected = try #require(expected, "\(name)")
    #expect(found.type == .f64 && found.shape == expected.shape, "\(name)")
    let values = try #require(found.doubles), wanted = try #require(expected.doubles)
    try #require(values.count == wanted.count, "\(name)")
    let error = zip(values, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    let norm = wanted.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(error.isFinite && error <= tolerance * norm, "\(name)")
  }
}
