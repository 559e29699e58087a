import Digests
import Files
import TestSupport
import Testing

@testable import Goldens
@testable import Traces

@Suite("Golden files")
struct GoldenFileTests {
  private let golden: Golden

  init() throws { golden = try Sample.golden() }

  /// The lines of a golden, changed and sealed anew: what somebody who knows the format could write.
  private func resealed(_ change: (inout [JSONValue]) -> Void) throws -> [UInt8] {
    var lines = try String(decoding: golden.content, as: UTF8.self).split(separator: "\n").map {
      try JSONValue(parsing: String($0))
    }
    lines.removeLast()
    change(&lines)
    let body = Array(lines.map { $0.description + "\n" }.joined().utf8)
    return body + Golden.seal(of: body)
  }

  private func index(of key: String, _ lines: [JSONValue], metric: String? = nil) -> Int {
    lines.firstIndex { line in
      line[key] != nil && (metric == nil || line[key]?["metric"]?.string == metric)
    }!
  }

  @Test("a golden reads back as it was recorded, and any trace reader takes it for the reference run")
  func roundTrip() throws {
    #expect(try Golden(content: golden.content, path: "golden") == golden)
    let trace = try Trace(content: golden.content)
    #expect(trace.epochs == golden.trace.epochs && trace.test == golden.trace.test && Golden.isGolden(trace))
    #expect(golden.trace.layers.map(\.epoch) == [0] && golden.trace.steps.count == 3)
    try withDirectory { directory in
      let store = GoldenStore(directory: directory)
      try store.write(golden)
      #expect(try store.golden(profile: "smoke", row: "vgg08") == golden)
      #expect(try store.rows(profile: "smoke") == ["vgg08"] && store.profiles() == ["smoke"])
      #expect(try store.rows(profile: "quick") == [])
    }
  }

  @Test("step digests are kept of whole epochs up to a number, those of layers of the first epoch")
  func reduction() {
    let epochs = Sample.run(seed: 0, epochs: 4)
    let long = epochs.with(
      steps: epochs.epochs.map { line in
        StepsLine(epoch: line.epoch, digests: (0..<400).map { ShortDigest(bits: UInt64($0)) })
      })
    let reduced = Golden.reduced(long)
    #expect(reduced.steps.map(\.epoch) == [0, 1] && reduced.layers.map(\.epoch) == [0] && reduced.epochs.count == 4)
    #expect(Golden.reduced(reduced) == reduced)
  }

  @Test("one changed byte anywhere is refused", arguments: 0..<8 as Range<UInt64>)
  func edited(seed: UInt64) throws {
    var random = Generator(seed: seed)
    for _ in 0..<20 {
      var content = golden.content
      let place = Int.random(in: 0..<content.count, using: &random)
      content[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
      #expect(throws: (any Error).self) { try Golden(content: content, path: "golden") }
    }
  }

  @Test("a number that was edited is told by the seal, before the order of lines is looked at")
  func editedNumber() throws {
    let text = String(decoding: golden.content, as: UTF8.self)
    let rate = try #require(golden.trace.epochs.first).learningRate
    let edited = text.replacing("\"learning_rate\":\(JSONValue(rate))", with: "\"learning_rate\":\(JSONValue(rate / 2))")
    #expect(edited != text)
    #expect {
      try Golden(content: Array(edited.utf8), path: "golden")
    } throws: { error in
      if case GoldenError.seal? = error as? GoldenError { true } else { false }
    }
  }

  @Test("a compressed file that is cut anywhere, has a flipped bit or is empty is refused")
  func damaged() throws {
    try withDirectory { directory in
      let path = directory + "/vgg08.jsonl.zst"
      let file = Zstd.compress(golden.content)
      var random = Generator(seed: 1)
      for length in [0, 1, 4, file.count / 2, file.count - 4, file.count - 1] {
        try AtomicFile.write(Array(file[..<length]), to: path)
        #expect(throws: (any Error).self, "\(length) bytes") { try Golden(path: path) }
      }
      for _ in 0..<40 {
        var changed = file
        changed[Int.random(in: 0..<file.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try AtomicFile.write(changed, to: path)
        // A few bits of a frame's header mean nothing; then the content is whole.
        if let read = try? Golden(path: path) { #expect(read == golden) }
      }
    }
  }

  @Test("a file that decompresses to more than any golden is refused at the bound")
  func bomb() throws {
    try withDirectory { directory in
      let path = directory + "/vgg08.jsonl.zst"
      // A gigabyte of spaces in a few kilobytes.
      let frame = Zstd.compress([UInt8](repeating: 0x20, count: 16 << 20))
      try AtomicFile.write(Array(repeating: frame, count: 64).flatMap { $0 }, to: path)
      #expect { try Golden(path: path) } throws: { error in
        if case ZstdError.tooLarge(_, _, let limit)? = error as? ZstdError { limit == Golden.sizeLimit } else { false }
      }
    }
  }

  @Test("a band that is widened to infinity, turned inside out or not a number is refused, sealed or not")
  func spoiledBands() throws {
    let values: [(String, JSONValue)] = [
      ("threshold", .string("inf")), ("threshold", .string("nan")), ("threshold", .number("-6")), ("threshold", .number("0")),
      ("threshold", .number("1e9")),
    ]
    for metric in golden.bands!.bands.map(\.metric.rawValue) {
      for (key, value) in values {
        let content = try resealed { lines in
          let place = index(of: "band", lines, metric: metric)
          lines[place] = lines[place].replacing(["band", key], with: value)
        }
        #expect(throws: (any Error).self, "\(metric) \(key) \(value)") { try Golden(content: content, path: "golden") }
      }
      for (key, bad) in [("deviations", ["inf", "nan"]), ("centres", ["inf", "nan"])] {
        for text in bad {
          let content = try resealed { lines in
            let place = index(of: "band", lines, metric: metric)
            lines[place] = lines[place].replacingFirstNumber(["band", key], with: .string(text))
          }
          #expect(throws: (any Error).self, "\(metric) \(key) \(text)") { try Golden(content: content, path: "golden") }
        }
      }
      for number in ["-0.5", "0", "1e7"] {
        let content = try resealed { lines in
          let place = index(of: "band", lines, metric: metric)
          lines[place] = lines[place].replacingFirstNumber(["band", "deviations"], with: .number(number))
        }
        #expect(throws: (any Error).self, "\(metric) deviation \(number)") { try Golden(content: content, path: "golden") }
      }
    }
  }

  @Test("a golden with a line missing, doubled, reordered or of another version is refused, though its seal is right")
  func spoiledLines() throws {
    let count = try resealed { _ in }.split(separator: UInt8(ascii: "\n")).count - 1
    #expect(throws: Never.self) { try Golden(content: try resealed { _ in }, path: "golden") }
    for line in 0..<count {
      // Digests may be missing: then the reference run is not identical any more.
      if let read = try? Golden(content: try resealed({ $0.remove(at: line) }), path: "golden") {
        let judgement = Judgement(Sample.run(seed: 0), against: read, run: "")
        #expect(judgement.verdict.name == "within-band", "without line \(line)")
      }
      #expect(throws: (any Error).self, "line \(line) twice") {
        try Golden(content: try resealed { $0.insert($0[line], at: line) }, path: "golden")
      }
      if line + 1 < count {
        #expect(throws: (any Error).self, "line \(line) after the next") {
          try Golden(content: try resealed { $0.swapAt(line, line + 1) }, path: "golden")
        }
      }
    }
    for (key, name) in [("golden", "version"), ("ensemble", "method_version")] {
      let content = try resealed { lines in
        let place = index(of: key, lines)
        lines[place] = lines[place].replacing([key, name], with: JSONValue(9))
      }
      #expect { try Golden(content: content, path: "golden") } throws: { error in
        if case GoldenError.version? = error as? GoldenError { true } else { false }
      }
    }
    let bumped = try resealed { $0[0] = $0[0].replacing(["version"], with: JSONValue(2)) }
    #expect(throws: TraceError.self) { try Golden(content: bumped, path: "golden") }
  }

  @Test("a number that is not finite is refused, sealed or not")
  func notFinite() throws {
    for key in ["train_loss", "val_accuracy"] {
      let content = try resealed { lines in
        let place = index(of: "epoch", lines)
        lines[place] = lines[place].replacing([key], with: .string("nan"))
      }
      #expect { try Golden(content: content, path: "golden") } throws: { error in
        if case GoldenError.notFinite? = error as? GoldenError { true } else { false }
      }
    }
  }

  @Test("changed bytes are refused or read as what they are, and never crash", arguments: 0..<4 as Range<UInt64>)
  func fuzz(seed: UInt64) throws {
    var random = Generator(seed: seed &+ 50)
    let body = Array(golden.content.split(separator: UInt8(ascii: "\n")).dropLast().joined(separator: [UInt8(ascii: "\n")]))
    var refused = 0
    for _ in 0..<60 {
      var bytes = body
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(place + 30, bytes.count))
        case 2: bytes.insert(Array("{}[]\",:-0.9e\n".utf8).randomElement(using: &random)!, at: place)
        default: bytes.insert(contentsOf: bytes[place..<min(place + 30, bytes.count)], at: place)
        }
      }
      bytes.append(UInt8(ascii: "\n"))
      do {
        let read = try Golden(content: bytes + Golden.seal(of: bytes), path: "golden")
        // What is accepted is what its own text says, and can judge.
        #expect(try Golden(content: read.content, path: "golden") == read)
        let method = read.bands?.ensemble.method
        #expect(read.bands.map { $0.bands.allSatisfy { $0.problem(method: method!, images: 100) == nil } } ?? true)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  @Test("the index has a line a golden, with what a reviewer wants to see, quoted as CSV")
  func index() throws {
    try withDirectory { directory in
      let store = GoldenStore(directory: directory)
      let named = try Golden(trace: Sample.run(seed: 0), reason: "a comma, and \"quotes\"", bands: golden.bands, path: "")
      try store.write(named)
      try store.writeIndex()
      let text = String(decoding: try readFile(store.index), as: UTF8.self)
      let lines = text.split(separator: "\n")
      #expect(lines.count == 2 && lines[1].hasPrefix("smoke/vgg08.jsonl.zst,vgg08,smoke,0,3,"))
      #expect(lines[1].hasSuffix(",\"a comma, and \"\"quotes\"\"\""))
      let band = try #require(named.bands?.interval(.validationAccuracy, epoch: 2))
      let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false)
      let columns = lines[0].split(separator: ",")
      func cell(_ name: String) -> String { String(cells[columns.firstIndex(of: Substring(name))!]) }
      #expect(cell("ensemble_seeds") == "40" && cell("false_alarm_rate") == "0.02" && cell("provisional") == "no")
      let ends = cell("val_accuracy_band").split(separator: "..").compactMap { Double($0) }
      try #require(ends.count == 2)
      #expect(abs(ends[0] - band.lower) < 1e-4 && abs(ends[1] - band.upper) < 1e-4)
      #expect(cell("thresholds").hasPrefix("train_loss \(named.bands![.trainLoss]!.threshold); train_accuracy "))
      #expect(cell("thresholds").contains("; gradient_flow \(named.bands![.gradientFlow]!.threshold) (5 layers); "))
      // The seal at the file's end, as `zstdcat` shows it.
      #expect(
        String(decoding: named.content, as: UTF8.self).contains("{\"seal\":\"sha256:\(cell("seal"))") && cell("seal").count == 16)
      #expect(lines[1].contains("\(named.trace.epochs[2].digest)") && lines[1].contains(named.trace.header.dataFingerprint))
    }
  }
}

extension JSONValue {
  /// The value with the one at `path`, keys from the outside in, replaced.
  fileprivate func replacing(_ path: [String], with value: JSONValue) -> JSONValue {
    guard let key = path.first, let members = object else { return value }
    return .object(
      members.map { $0.key == key ? .init(key, $0.value.replacing(Array(path.dropFirst()), with: value)) : $0 })
  }

  fileprivate func replacingFirstNumber(_ path: [String], with value: JSONValue) -> JSONValue {
    if let key = path.first, let members = object {
      return .object(
        members.map {
          $0.key == key ? .init(key, $0.value.replacingFirstNumber(Array(path.dropFirst()), with: value)) : $0
        })
    }
    guard case .array(var items) = self, let first = items.first else { return value }
    items[0] = first.replacingFirstNumber([], with: value)
    return .array(items)
  }
}
