/// A sample: as many mutants of each module, in the order of a shuffle that the seed and the module's name decide.
struct Draw {
  private var waiting: [[Mutant]] = []
  private var taken: [[Mutant]] = []

  /// In the order of modules, files and places.
  var chosen: [Mutant] { taken.flatMap { $0.sorted { $0.number < $1.number } } }

  init(_ all: [Mutant], perModule count: Int, seed: UInt64, modules: [String]) throws {
    for module in modules {
      var random = SeededGenerator(state: module.utf8.reduce(seed) { $0 &* 0x100_0000_01b3 ^ UInt64($1) })
      let order = all.filter { $0.module == module }.shuffled(using: &random)
      taken.append(Array(order.prefix(count)))
      waiting.append(Array(order.dropFirst(count)))
    }
  }

  /// Others of their modules instead of these.
  mutating func replace(_ numbers: Set<Int>) {
    for index in taken.indices {
      let broken = taken[index].count { numbers.contains($0.number) }
      taken[index].removeAll { numbers.contains($0.number) }
      taken[index] += waiting[index].prefix(broken)
      waiting[index].removeFirst(min(broken, waiting[index].count))
    }
  }
}
