import Kernels
import Layers
import Tensors

/// The computing halves of a network's layers, each made when it is first asked for and shared by all passes.
final class LayerStore<S: KernelScalar> {
  let state: NetworkState<S>
  let kernels: KernelTable
  let use: WorkspaceUse
  /// For convolutions.
  private(set) lazy var scratch = ConvolutionScratch<S>(workers: use.workers, channels: use.channels, filters: use.channels)

  private var instances: [String: AnyObject] = [:]
  private var geometries: [ConvolutionGeometry.Sizes: ConvolutionGeometry] = [:]

  init(state: NetworkState<S>, kernels: KernelTable, use: WorkspaceUse) {
    self.state = state
    self.kernels = kernels
    self.use = use
  }

  func instance<T: AnyObject>(of label: String, _ make: () -> T) -> T {
    if let known = instances[label] {
      guard let instance = known as? T else { preconditionFailure("\(label) is a \(type(of: known)), not a \(T.self)") }
      return instance
    }
    let instance = make()
    instances[label] = instance
    return instance
  }

  /// Tables for a convolution's sizes, which were checked before.
  func geometry(_ sizes: ConvolutionGeometry.Sizes) -> ConvolutionGeometry {
    if let known = geometries[sizes] { return known }
    guard let geometry = try? ConvolutionGeometry(sizes, channels: use.channels) else {
      preconditionFailure("a convolution with \(sizes): to be refused before")
    }
    geometries[sizes] = geometry
    return geometry
  }
}
