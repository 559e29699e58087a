import Kernels

/// A dense array with a shape, row-major. Activations are [images, height, width, channels].
public final class Tensor<S: KernelScalar>: Sendable {
  public let shape: [Int]
  public let buffer: Buffer<S>
  /// Elements of one entry of the first dimension: of one image, for activations. Stored, as every layer asks for it.
  public let stride: Int
  /// After how many entries `at` begins anew.
  private let period: Int

  public init(shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a tensor of shape \(shape)")
    self.shape = shape
    buffer = Buffer(count: shape.reduce(1, *))
    stride = shape.dropFirst().reduce(1, *)
    period = .max
  }

  private init(shape: [Int], buffer: Buffer<S>, period: Int = .max) {
    self.shape = shape
    self.buffer = buffer
    self.period = period
    stride = shape.dropFirst().reduce(1, *)
  }

  /// In a part of `buffer`, which others share.
  public convenience init(shape: [Int], in buffer: Buffer<S>, from first: Int) {
    self.init(shape: shape, buffer: Buffer(buffer, from: first, count: shape.reduce(1, *)))
  }

  /// The same memory under another shape of as many elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "\(self.shape) as \(shape)")
    return Tensor(shape: shape, buffer: buffer)
  }

  /// The same memory for any number of entries, of which it holds `period` at a time: `at(i)` is entry i modulo `period`.
  public func cycling(period: Int) -> Tensor {
    precondition(period > 0 && period * stride <= count, "\(period) entries of \(stride) in \(count) elements")
    return Tensor(shape: [period] + shape.dropFirst(), buffer: buffer, period: period)
  }

  public convenience init(shape: [Int], values: [S]) {
    self.init(shape: shape)
    precondition(values.count == count, "\(values.count) values for the shape \(shape)")
    assign(values)
  }

  public var count: Int { buffer.count }
  /// All elements in memory. In a pass a tensor may hold a few images at a time (`cycling`): a layer finds image n at `at(n)`,
  /// never at element n · stride.
  public var pointer: UnsafeMutablePointer<S> { buffer.pointer }
  public var elements: UnsafeMutableBufferPointer<S> { buffer.elements }
  public var values: [S] { Array(elements) }
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }

  /// The first element of entry `index` of the first dimension: of image `index`, for activations.
  public func at(_ index: Int) -> UnsafeMutablePointer<S> { pointer + index % period * stride }

  public func assign(_ values: some Collection<S>) {
    precondition(values.count == count, "\(values.count) values for the shape \(shape)")
    _ = elements.update(fromContentsOf: values)
  }
}
