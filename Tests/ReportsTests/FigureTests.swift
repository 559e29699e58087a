import Experiments
import Files
import Foundation
import TestSupport
import Testing
import Traces

#if canImport(FoundationXML)
  import FoundationXML
#endif

@testable import Reports

/// What a parser that is not ours finds in a picture.
private final class Picture: NSObject, XMLParserDelegate {
  struct Text {
    var x = 0.0
    var y = 0.0
    var turned = false
    var style = ""
    var words = ""
  }

  private(set) var texts: [Text] = []
  private(set) var ids: [String] = []
  private(set) var references: [String] = []
  private(set) var numbers: [String] = []
  private(set) var size = (width: 0.0, height: 0.0)
  private(set) var isWellFormed = false
  private var current: Text?

  init(_ svg: String) {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    isWellFormed = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    if name == "svg" { size = (Double(attributes["width"] ?? "") ?? 0, Double(attributes["height"] ?? "") ?? 0) }
    if let id = attributes["id"] { ids.append(id) }
    if let clip = attributes["clip-path"] { references.append(String(clip.dropFirst(5).dropLast())) }
    for key in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points", "d"] {
      if let value = attributes[key] { numbers.append(value) }
    }
    if name == "text" {
      current = Text(
        x: Double(attributes["x"] ?? "") ?? .nan, y: Double(attributes["y"] ?? "") ?? .nan,
        turned: attributes["transform"] != nil,
        style: attributes["class"] ?? "")
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { current?.words += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if name == "text", let current {
      texts.append(current)
      self.current = nil
    }
  }
}

@Suite("Figures")
struct FigureTests {
  /// A whole paper run, short ones, one epoch, wild numbers, rows missing.
  private static func runs(_ name: String) -> [FakeRun] {
    func cut(_ runs: [FakeRun], to epochs: Int) -> [FakeRun] {
      runs.map { run in
        var run = run
        run.epochs = epochs
        return run
      }
    }
    switch name {
    case "paper": return cut(FakeRun.report(), to: 12)
    case "seeds": return cut(FakeRun.report(seeds: [0, 1, 2]), to: 3)
    case "quick": return FakeRun.quick()
    case "one epoch": return [FakeRun(row: "vgg08", epochs: 1)]
    case "no epoch": return [FakeRun(row: "vgg38-rc", epochs: 0)]
    default:
      var wild = FakeRun(row: "vgg38-bn-rc-1e-2", epochs: 4)
      wild.trainLoss = .nan
      wild.validationLoss = .infinity
      wild.flow = { layer, epoch in
        layer.contains("block_1") ? 0 : layer.contains("bn") ? .nan : 1e-300 / Double(epoch + 1)
      }
      return [wild]
    }
  }

  private static let cases = ["paper", "seeds", "quick", "one epoch", "no epoch", "wild"]

  @Test("every picture is well-formed, alone and in a page, with numbers that are numbers", arguments: cases)
  func wellFormed(name: String) throws {
    let figures = Figures(try Self.runs(name).set())
    #expect(figures.numbered.count == 7)
    for figure in figures.all {
      for text in [figure.file, figure.inline] {
        let picture = Picture(text)
        #expect(picture.isWellFormed, "\(figure.name)")
        #expect(picture.size.width > 0 && picture.size.height > 0)
        let strange = picture.numbers.filter { $0.contains("nan") || $0.contains("inf") || $0.contains("e") }
        #expect(strange.isEmpty, "\(figure.name): \(strange.prefix(3))")
        #expect(Set(picture.references).isSubset(of: picture.ids))
      }
    }
  }

  @Test("no label lies outside its picture, and no two labels of layers overlap, with 75 of them too", arguments: cases)
  func labels(name: String) throws {
    for figure in Figures(try Self.runs(name).set()).all {
      let picture = Picture(figure.inline)
      for text in picture.texts {
        #expect(
          (0...picture.size.width).contains(text.x) && (0...picture.size.height).contains(text.y), "\(figure.name): \(text.words)"
        )
      }
      let turned = picture.texts.filter { $0.turned && $0.style == "gf-tiny" }.map(\.x).sorted()
      for (a, b) in zip(turned, turned.dropFirst()) { #expect(b - a >= 10, "\(figure.name)") }
      let heat = picture.texts.filter { figure.name.hasPrefix("heat") && !$0.turned && $0.words.contains("conv") }
      for (a, b) in zip(heat, heat.dropFirst()) { #expect(b.y - a.y >= (b.style == "gf-micro" ? 9 : 10), "\(figure.name)") }
    }
  }

  @Test("gradient flow names every layer of the network in order, on one axis for both scales")
  func layers() throws {
    let runs = FakeRun.report().filter { $0.row == "vgg38-bn-rc-1e-2" }.with("vgg38-bn-rc-1e-2") { $0.epochs = 2 }
    let picture = Picture(Figures(try runs.set()).numbered[4].inline)
    let names = picture.texts.filter { $0.turned && $0.style == "gf-tiny" }.map(\.words)
    #expect(names == runs[0].layers && names.count == 75)
  }

  @Test("the same decades stand beside the gradient flow of all rows")
  func decades() throws {
    let figures = Figures(try FakeRun.quick().set())
    func powers(_ index: Int) -> [String] {
      Picture(figures.numbered[index].inline).texts.map(\.words).filter { $0.hasPrefix("10") }
    }
    #expect(powers(1) == powers(2) && powers(2) == powers(4) && powers(1).contains("10⁻¹⁹"))
  }

  @Test("exact zeros and missing values are marked and explained")
  func zeros() throws {
    let figures = Figures(try Self.runs("wild").set())
    #expect(figures.numbered[4].inline.contains("exactly zero") && figures.numbered[4].inline.contains("not a finite number"))
    let heat = try #require(figures.heatMaps.first).inline
    #expect(heat.contains("class=\"gf-zero\"") && heat.contains("class=\"gf-missing\""))
    #expect(figures.numbered[3].inline.contains("not a finite number"))
  }

  @Test("rows that were not run are shown as missing")
  func missing() throws {
    let figures = Figures(try [FakeRun(row: "vgg08", epochs: 1)].set())
    #expect(figures.numbered[0].inline.contains("VGG38 validation: no runs"))
    #expect(figures.numbered[2].inline.contains("no epoch of vgg38 among these runs"))
    #expect(figures.numbered[6].inline.contains(">no runs<"))
  }

  @Test("the course's and the report's curves stand only beside runs of their experiment")
  func comparable() throws {
    let paper = Figures(try FakeRun.report().set()), quick = Figures(try FakeRun.quick().set())
    let words = ["shipped with the course code", "read off the report"]
    #expect(paper.numbered[0].inline.contains(words[0]) && !quick.numbered[0].inline.contains(words[0]))
    for index in [2, 3, 4] {
      #expect(paper.numbered[index].inline.contains(words[1]) && !quick.numbered[index].inline.contains(words[1]))
    }
    let other = FakeRun.report().with("vgg08") { $0.change = { $0.batchSize = 50 } }.filter { $0.row == "vgg08" }
    #expect(!Figures(try other.set()).numbered[0].inline.contains(words[0]))
  }

  @Test("the last epoch's readings stand only beside a whole run; the first epoch's beside its beginning too")
  func readings() throws {
    let short = Figures(try FakeRun.report().with("vgg38") { $0.epochs = 2 }.set()).numbered[2].inline
    #expect(short.contains("epoch 0, read off the report") && !short.contains("epoch 99, read off"))
    #expect(Figures(try FakeRun.report().set()).numbered[2].inline.contains("epoch 99, read off the report"))
  }

  @Test("golden bands are shaded where there are some")
  func bands() throws {
    let bands = [
      MetricBand(metric: "val_loss", ranges: Array(repeating: 0.5...1.0, count: 25)),
      MetricBand(metric: "gradient_flow.input_conv_conv_0", ranges: Array(repeating: 0...1e-3, count: 25)),
      MetricBand(metric: "gradient_flow.input_conv_bn_0", ranges: Array(repeating: 1e-4...1e-3, count: 25)),
      MetricBand(metric: "test_accuracy", ranges: [0.6...0.8]),
    ]
    let set = try FakeRun.quick().set()
    let figures = Figures(set, engine: EngineFindings(bands: ["vgg08": bands]))
    for index in [0, 1, 6] {
      #expect(
        figures.numbered[index].inline.contains("golden band") && !Figures(set).numbered[index].inline.contains("golden band"))
    }
  }

  @Test("a value beyond the axis is marked at its edge, and leaves the rest readable")
  func beyond() throws {
    var run = FakeRun.quick()[2]
    run.validationLoss = 900
    let figure = Figures(try [run].set()).numbered[3].inline
    #expect(figure.contains("beyond the axis"))
    #expect(!Picture(figure).texts.contains { $0.words == "800" })
  }
}

@Suite("The page")
struct PageTests {
  private func page(_ runs: [FakeRun] = FakeRun.quick()) throws -> Page { Page(try runs.set()) }

  @Test("needs nothing from elsewhere: no address but the SVG namespace, no script, no import")
  func selfContained() throws {
    let html = try page(FakeRun.report()).html
    let addresses = html.replacing("http-equiv", with: "").components(separatedBy: "http").dropFirst().map { $0.prefix(24) }
    #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") })
    for word in ["<script", "@import", "src=", "<link", "<iframe", "url(http"] { #expect(!html.contains(word), "\(word)") }
  }

  @Test("is the same for the same runs, however their directory is called")
  func deterministic() throws {
    let pages = try (0..<2).map { index in
      try withDirectory { directory in
        try FakeRun.quick().write(to: directory + "/place-\(index)")
        return Page(try RunSet(readingFrom: [directory + "/place-\(index)"])).html
      }
    }
    #expect(pages[0] == pages[1] && !pages[0].contains("place-") && !pages[0].contains("/tmp"))
  }

  @Test("has every id once, and every link leads somewhere")
  func ids() throws {
    let html = try page().html
    let ids = html.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(Set(ids).count == ids.count && ids.count > 20)
    for link in html.components(separatedBy: "href=\"#").dropFirst().map({ $0.prefix { $0 != "\"" } }) {
      #expect(ids.contains(link))
    }
  }

  @Test("puts the verdict first, then Table 1, the claims, the figures")
  func order() throws {
    let html = try page().html
    let places = [
      "<h1>", "id=\"table-1\"", "id=\"claims\"", "id=\"figures\"", "id=\"heat-maps\"", "id=\"settings\"", "id=\"reproduce\"",
    ]
    .map { word in html.range(of: word)?.lowerBound }
    #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
  }

  @Test("says what its runs can say")
  func headlines() throws {
    func headline(_ runs: [FakeRun], _ engine: EngineFindings = .notChecked) throws -> String {
      let page = Page(try runs.set(), engine: engine)
      return PageVerdict(table: page.table, claims: page.claims).headline
    }
    #expect(try headline(FakeRun.report(seeds: [0, 1, 2])) == "Table 1 holds")
    #expect(try headline(FakeRun.quick()) == "What these runs can decide of Table 1 holds")
    let apart = FakeRun.report(seeds: [0, 1, 2]).with("vgg38-rc") { $0.testAccuracy += 0.016 }
    #expect(try headline(apart) == "The report's claims hold; 1 row is apart from its numbers")
    let partly = apart.without("vgg08").with("vgg38-bn-rc-1e-3") { $0.validationAccuracy -= 0.05 }
    #expect(try headline(partly) == "What these runs can decide of the report holds; 2 rows are apart from its numbers")
    #expect(try headline([FakeRun(row: "vgg38-rc", epochs: 1)]) == "These runs cannot decide whether Table 1 holds")
    #expect(
      try headline(FakeRun.quick().with("vgg38") { $0.flow = FakeRun.flowing })
        == "A claim of the report does not hold in these runs")
    let drift = EngineFindings(verdicts: ["vgg08": EngineVerdict(.regression)])
    #expect(try headline(FakeRun.quick(), drift) == "The engine has drifted from its goldens")
  }

  @Test("gives the commands that make it again: rows of the same seeds together, data where they are needed")
  func commands() throws {
    #expect(
      Reproduction(try FakeRun.quick().set()).commands == [
        "gradflow matrix --profile quick --rows vgg08,vgg38,vgg38-bn-rc-1e-2 --seed 0 --epochs 25 --out runs/quick",
        "gradflow report runs/quick --out report.html",
      ])
    var runs = [0, 1, 2].map { FakeRun(row: "vgg08", seed: $0, profile: .short, epochs: 2) }
    runs.append(FakeRun(row: "vgg38", profile: .short, epochs: 1))
    #expect(
      Reproduction(try runs.set()).commands.dropLast() == [
        "gradflow matrix --profile short --rows vgg08 --data DIR --seeds 0..2 --epochs 2 --out runs/short",
        "gradflow matrix --profile short --rows vgg38 --data DIR --seed 0 --epochs 1 --out runs/short",
      ])
    #expect(PublishedRow.all.map(\.id) + Reproduction.rowsBeyondTable1 == ExperimentRow.builtIn.map(\.id))
  }

  @Test("says where the commands make another page: of unfinished runs, of goldens, of a network that has a built-in row's name")
  func departures() throws {
    #expect(Reproduction(try FakeRun.quick().set()).departures.isEmpty)
    #expect(Page(try FakeRun.quick().set()).html.contains("The same commands give the same page, byte for byte"))
    var unfinished = FakeRun(row: "vgg08", profile: .short, epochs: 1)
    unfinished.planned = 2
    let half = Reproduction(try [unfinished].set())
    #expect(half.commands[0] == "gradflow matrix --profile short --rows vgg08 --data DIR --seed 0 --out runs/short")
    #expect(half.departures.count == 1 && half.departures[0].contains("unfinished"), "\(half.departures)")
    #expect(Page(try [unfinished].set()).html.contains("but not the same page"))
    let golden = try RunSet([RunRecord(FakeRun(row: "vgg08").trace, place: "golden/paper/vgg08.jsonl.zst")])
    #expect(Reproduction(golden).departures.first?.contains("goldens") == true)
    let other = Reproduction(try FakeRun.quick().with("vgg08") { $0.change = { $0.network.isResidual = true } }.set())
    #expect(other.commands[0].contains("--rows vgg08 --matrix FILE.yaml") && other.commands[1].contains("--rows vgg38,"))
    #expect(other.departures.first?.contains("vgg08, which no trace names") == true, "\(other.departures)")
  }

  @Test("escapes what a matrix file may call its rows and data")
  func escaping() throws {
    #expect(escapedForXML("<a href='x'>&\"\u{1}") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}")
  }
}
