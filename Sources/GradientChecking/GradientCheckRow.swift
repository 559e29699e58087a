/// The result of one check of one tensor: plain data, printed by the command line.
public struct GradientCheckRow: Codable, Hashable, Sendable {
  /// Such as `BatchNorm`.
  public var layer: String
  /// Which of the layer's tensors: `input`, `weight`, or a parameter's full name.
  public var tensor: String
  /// The layer's sizes in words.
  public var shape: String
  /// What is varied besides: `training`, `running`, `step sweep`, `binary32 on avx2`, …
  public var mode: String
  /// Elements the tensor has.
  public var elementCount: Int
  /// Elements that were compared.
  public var elementsChecked: Int
  /// The largest |error| / bound among the compared elements: up to 1 is accepted. Infinite if a number was not finite.
  public var worstRatio: Double
  /// Elements given up because a kink stayed within the smallest step.
  public var kinksSkipped: Int
  public var passed: Bool
  /// Why it did not pass, with the facts.
  public var failure: String?

  public init(
    layer: String, tensor: String, shape: String, mode: String, elementCount: Int, elementsChecked: Int,
    worstRatio: Double, kinksSkipped: Int, failure: String?
  ) {
    self.layer = layer
    self.tensor = tensor
    self.shape = shape
    self.mode = mode
    self.elementCount = elementCount
    self.elementsChecked = elementsChecked
    self.worstRatio = worstRatio
    self.kinksSkipped = kinksSkipped
    self.failure = failure
    passed = failure == nil
  }
}

/// The rows of all checks that were run.
public struct GradientCheckReport: Codable, Hashable, Sendable {
  public var rows: [GradientCheckRow]

  public init(rows: [GradientCheckRow]) { self.rows = rows }

  /// Whether something was checked and all of it passed.
  public var passed: Bool { !rows.isEmpty && rows.allSatisfy(\.passed) }

  public var failures: [GradientCheckRow] { rows.filter { !$0.passed } }

  /// One row for each layer, shape and mode, in the order of the checks: the sum of its tensors' elements, the worst of
  /// their ratios. Tensors that failed keep rows of their own.
  public var byCase: [GradientCheckRow] {
    var merged: [GradientCheckRow] = []
    var tensors: [Int] = []
    for row in rows {
      if row.passed, let last = merged.last, last.passed, last.layer == row.layer, last.shape == row.shape,
        last.mode == row.mode
      {
        tensors[merged.count - 1] += 1
        merged[merged.count - 1].tensor = "\(tensors[merged.count - 1]) tensors"
        merged[merged.count - 1].elementCount += row.elementCount
        merged[merged.count - 1].elementsChecked += row.elementsChecked
        merged[merged.count - 1].kinksSkipped += row.kinksSkipped
        merged[merged.count - 1].worstRatio = max(last.worstRatio, row.worstRatio)
      } else {
        merged.append(row)
        tensors.append(1)
      }
    }
    return merged
  }
}
