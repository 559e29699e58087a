import Tensors

/// Memory for what few steps of a pass need: while a pass is planned, what is given back is taken again by a later step, and the
/// next pass, which comes after this one, takes the same.
final class ReusedTensors<T: Shaped> {
  private let make: ([Int]) -> T
  private var free: [[Int]: [T]] = [:]
  private var all: [T] = []

  init(make: @escaping (_ shape: [Int]) -> T) { self.make = make }

  func take(_ shape: [Int]) -> T {
    if let tensor = free[shape]?.popLast() { return tensor }
    let tensor = make(shape)
    all.append(tensor)
    return tensor
  }

  /// Nothing happens with a tensor that is none of these.
  func giveBack(_ tensor: T) {
    if all.contains(where: { $0 === tensor }) { free[tensor.shape, default: []].append(tensor) }
  }

  /// Before the next pass is planned.
  func giveBackAll() { free = Dictionary(grouping: all, by: \.shape) }
}

protocol Shaped: AnyObject {
  var shape: [Int] { get }
}

extension Tensor: Shaped {}
extension GroupTensor: Shaped {}
