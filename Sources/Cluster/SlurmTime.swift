/// Times as Slurm writes them. Source: sbatch(1), `--time`.
enum SlurmTime {
  /// `D-HH:MM:SS`, as `sbatch` and `#SBATCH` take it.
  static func text(seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(seconds / 86400)-\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  /// Seconds of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, or days before a dash and hours after it; `nil` for
  /// anything else, as "infinite" is, which stands for no limit.
  static func seconds(_ text: String) -> Int? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { return nil }
    let numbers = (parts.last ?? "").split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard !numbers.contains(nil), (1...3).contains(numbers.count) else { return nil }
    let values = numbers.compactMap { $0 }
    guard values.allSatisfy({ (0...10_000_000).contains($0) }) else { return nil }
    if parts.count == 2 {
      guard let days = Int(parts[0]), (0...100_000).contains(days) else { return nil }
      return days * 86400 + zip(values, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let units = values.count == 1 ? [60] : values.count == 2 ? [60, 1] : [3600, 60, 1]
    return zip(values, units).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// As the program's own options take it: 5h30m.
  static func option(seconds: Int) -> String {
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }
}
