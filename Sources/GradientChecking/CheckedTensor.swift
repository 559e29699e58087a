/// The elements of a tensor in memory that stays where it is: what a check moves, and where gradients are left.
package protocol CheckedTensor: AnyObject {
  var pointer: UnsafeMutablePointer<Double> { get }
  var count: Int { get }

  /// Whether just those elements are greater than 0 that are said to be. Asked after every pass: a module that is optimised in
  /// debug builds, as this one cannot be, does well to have one of its own.
  func hasSigns(_ isPositive: [Bool]) -> Bool
}

extension CheckedTensor {
  package func hasSigns(_ isPositive: [Bool]) -> Bool {
    precondition(isPositive.count == count, "\(isPositive.count) signs for \(count) elements")
    let values = pointer
    return isPositive.withUnsafeBufferPointer { isPositive in
      var i = 0
      while i < isPositive.count {
        if (values[i] > 0) != isPositive[i] { return false }
        i += 1
      }
      return true
    }
  }

  package var elements: UnsafeMutableBufferPointer<Double> { UnsafeMutableBufferPointer(start: pointer, count: count) }
  package var values: [Double] { Array(elements) }

  package func assign(_ values: [Double]) {
    precondition(values.count == count, "\(values.count) values for \(count) elements")
    _ = elements.update(fromContentsOf: values)
  }
}

/// Memory of its own.
final class CheckedElements: CheckedTensor {
  let pointer: UnsafeMutablePointer<Double>
  let count: Int

  init(_ values: [Double]) {
    count = values.count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
    assign(values)
  }

  deinit { pointer.deallocate() }
}
