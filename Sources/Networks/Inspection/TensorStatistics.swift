import CKernels
import Kernels

/// What is said of one tensor; sums in double, elements ascending.
public struct TensorStatistics: Equatable, Sendable {
  public let count: Int
  public let sumAbsolute: Double
  public let sumSquares: Double
  /// Largest absolute value.
  public let largest: Double
  /// Elements that are exactly zero.
  public let zeros: Int
  public let nonFinite: Int

  public init<S: KernelScalar>(of values: UnsafeBufferPointer<S>, kernels: KernelTable) {
    var result = gf_tensor_statistics()
    kernels.pointee.statistics(values.baseAddress, values.count, &result)
    count = values.count
    sumAbsolute = result.sum_absolute
    sumSquares = result.sum_squares
    largest = result.largest
    zeros = Int(result.zeros)
    nonFinite = Int(result.non_finite)
  }

  public var meanAbsolute: Double { sumAbsolute / Double(count) }
  public var l2: Double { sumSquares.squareRoot() }
}
