/// A file with mutants behind their numbers: `isMutant(7) ? (changed) : (as it is)`.
struct Placement {
  /// A mutant by its site's place in the file.
  struct Placed {
    let site: Site
    let number: Int
    let text: String
  }

  private let source: [UInt8]
  private let placed: [(site: Site, mutants: [Placed])]

  /// - Parameter mutants: in any order.
  init(_ text: String, _ mutants: [Placed]) {
    source = Array(text.utf8)
    var bySite: [(site: Site, mutants: [Placed])] = []
    for mutant in mutants {
      if let index = bySite.firstIndex(where: { $0.site.range == mutant.site.range && $0.site.form == mutant.site.form }) {
        bySite[index].mutants.append(mutant)
      } else {
        bySite.append((mutant.site, [mutant]))
      }
    }
    // A statement that is one expression: the statement goes around it.
    placed = bySite.sorted { a, b in
      let x = a.site.range, y = b.site.range
      return (x.lowerBound, -x.upperBound, a.site.form == .statement ? 0 : 1)
        < (y.lowerBound, -y.upperBound, b.site.form == .statement ? 0 : 1)
    }
  }

  var text: String {
    var rest = placed[...]
    return render(0..<source.count, &rest)
  }

  /// The bytes in `range`, with the sites that lie in it.
  private func render(_ range: Range<Int>, _ rest: inout ArraySlice<(site: Site, mutants: [Placed])>) -> String {
    var text = ""
    var position = range.lowerBound
    while let (site, mutants) = rest.first, site.range.upperBound <= range.upperBound {
      rest.removeFirst()
      text += plain(position..<site.range.lowerBound)
      let inside = render(site.range, &rest)
      switch site.form {
      case .expression:
        let choices = mutants.map { "isMutant(\($0.number)) ? (\($0.text)) : " }.joined()
        text += "(\(choices)(\(inside)))"
      case .statement:
        text += "if \(mutants.map { "!isMutant(\($0.number))" }.joined(separator: ", ")) { \(inside) }"
      }
      position = site.range.upperBound
    }
    return text + plain(position..<range.upperBound)
  }

  private func plain(_ range: Range<Int>) -> String { String(decoding: source[range], as: UTF8.self) }

  /// What every module that holds mutants gets beside its files.
  static let number = """
    #if canImport(Glibc)
      import Glibc
        #else
      import Darwin
    #endif

    private let chosen = getenv("GRADFLOW_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0

    func isMutant(_ number: Int) -> Bool { number == chosen }

    """
}
