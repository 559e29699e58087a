import Digests

/// One picture of the report.
public struct Figure: Sendable {
  /// Names it in a page, as an id and a link can: `figure-3`, `heat-map-vgg38`.
  public let name: String
  /// What its own file is called: no path to elsewhere, whatever row the figure is named after, and another name for each name.
  public let fileName: String
  /// "Figure 3": what the report calls it; empty for one that it does not have.
  public let number: String
  public let title: String
  /// What is to be seen, whose runs they are, and what was left out.
  public let caption: String
  let svg: SVG
  /// Shown beside others of its kind rather than by itself.
  let isSmall: Bool

  init(name: String, number: String = "", title: String, caption: String, svg: SVG, isSmall: Bool = false) {
    self.name = Self.slug(name)
    fileName = Self.fileName(name)
    self.number = number
    self.title = title
    self.caption = caption
    self.svg = svg
    self.isSmall = isSmall
  }

  /// What is no letter, digit or one of - _ . + stands as its bytes, %2F; a long name is cut, and ends in its digest.
  static func fileName(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      let isKept = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_.+".unicodeScalars.contains(scalar)
      if isKept, !(text.isEmpty && scalar == ".") {
        text.unicodeScalars.append(scalar)
      } else {
        for byte in String(scalar).utf8 { text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
      }
    }
    guard text.utf8.count > 200 else { return text + ".svg" }
    let digest = Array(name.utf8).withUnsafeBytes { Digest(of: $0) }
    while text.utf8.count > 200 { text.unicodeScalars.removeLast() }
    return "\(text)-\(digest.description.prefix(16)).svg"
  }

  /// A name that an id and a link can have: of a row whose name holds anything else, that stands by its number.
  static func slug(_ name: String) -> String {
    name.unicodeScalars.map { scalar in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains(scalar))
      return isPlain ? String(scalar) : "-x\(String(scalar.value, radix: 16))-"
    }.joined()
  }

  var heading: String { number.isEmpty ? title : "\(number). \(title)" }

  /// The picture as a file of its own.
  public var file: String { svg.file(title: heading) }
  /// The picture as part of a page that has the palette.
  var inline: String { svg.inline(title: heading) }
}

/// All pictures of a set of runs.
public struct Figures: Sendable {
  /// Figures 1 to 7 of the report, in order.
  public let numbered: [Figure]
  /// The gradient of the plain and the repaired network in one picture.
  public let vanishing: Figure
  /// Gradient flow over layers and epochs, one a row that was run.
  public let heatMaps: [Figure]

  public init(_ runs: RunSet, engine: EngineFindings = .notChecked) {
    let curves = CurveFigures(runs: runs, engine: engine)
    let flow = FlowFigures(runs: runs, engine: engine)
    numbered = [
      curves.figure1, flow.figure(2, "vgg08"), flow.figure(3, "vgg38"), curves.figure4, flow.figure(5, "vgg38-bn-rc-1e-2"),
      curves.figure6, TestAccuracyFigure(runs: runs, engine: engine).figure,
    ]
    vanishing = VanishingFigure(runs: runs).figure
    heatMaps = HeatMaps(runs: runs).figures
  }

  public var all: [Figure] { [vanishing] + numbered + heatMaps }
}

extension RowResult {
  /// "seed 0" or "seeds 0–3".
  var seedWords: String { Self.words(seeds) }

  static func words(_ seeds: [UInt64]) -> String {
    guard let first = seeds.first, let last = seeds.last, seeds.count > 1 else {
      return seeds.first.map { "seed \($0)" } ?? "no seed"
    }
    let isRun = last - first == UInt64(seeds.count - 1)
    return "seeds " + (isRun ? "\(first)–\(last)" : seeds.map(String.init).joined(separator: ", "))
  }

  /// Whether the report's and the course's curves may stand beside these.
  var isComparable: Bool { ProtocolSettings.deviations(of: representative).isEmpty }
}

extension RunSet {
  /// What is to be said of each row, once where it is the same for all.
  func words(of rows: [String], _ words: (RowResult) -> String) -> String {
    let said = rows.compactMap { row in self[row].map { (row, words($0)) } }
    guard let first = said.first else { return "" }
    if said.count > 1, said.allSatisfy({ $0.1 == first.1 }) {
      return "\(said.count == 2 ? "Both rows" : "All rows"): \(first.1)"
    }
    return said.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
  }
}

extension SVG {
  /// A picture that says why it is empty.
  static func missing(id: String, width: Double, _ words: String) -> SVG {
    var svg = SVG(id: id, width: width, height: 120)
    svg.rectangle(Frame(x: 10, y: 10, width: width - 20, height: 100), "gf-missing")
    svg.text(words, at: .init(x: width / 2, y: 65), .middle)
    return svg
  }
}
