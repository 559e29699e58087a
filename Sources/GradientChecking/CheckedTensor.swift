/// The elements of a tensor in memory that stays where it is: what a check moves, and where gradients are left.
package protocol CheckedTensor: AnyObject {
  var pointer: UnsafeMutablePointer<Double> { get }
  var count: Int { get }
}

extension CheckedTensor {
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
