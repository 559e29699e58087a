import Files

/// The names of a file of weights without what wrappers put before them.
public enum WeightName {
  /// `model.` is the course code's own; PyTorch puts `module.` there for DataParallel and DistributedDataParallel, and
  /// `_orig_mod.` for torch.compile. They stand in any order and number.
  public static let prefixes = ["model.", "module.", "_orig_mod."]

  /// The name in the network's state.
  public static func plain(_ name: String) -> String { String(name.dropFirst(prefix(of: name).count)) }

  /// What stands before it: `_orig_mod.module.`; empty in a plain name.
  static func prefix(of name: String) -> Substring {
    var rest = Substring(name)
    while let prefix = prefixes.first(where: rest.hasPrefix) { rest = rest.dropFirst(prefix.count) }
    return name[..<rest.startIndex]
  }

  /// All that stand before some name of a file, by name.
  public static func prefixes(in file: SafeTensors) -> [String] {
    Set(file.names.map { String(prefix(of: $0)) }).filter { !$0.isEmpty }.sorted()
  }
}
