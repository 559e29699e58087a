import Kernels
import Layers

/// One layer of a network's description: what it makes of its input, and what it needs for that.
///
/// A layer is described in one file: its parameters, its memory, and the operations of its passes (`OperationSource`, or, for
/// what is one loop over the elements with its neighbours, `PointwisePart`).
public protocol NetworkLayer: Sendable {
  /// The layer's name in traces, tables and errors, such as `block_0_1_conv_0`.
  var label: String { get }

  /// What the layer makes of an image of shape `input`.
  /// - Throws: `LayerError` for an input that it cannot take.
  func outputShape(of input: MapShape) throws(LayerError) -> MapShape

  /// Its parameters and buffers, in the order of the state dict.
  func parameters(input: MapShape) -> [ParameterSpecification]

  /// What computing it allocates beside its parameters and the maps.
  func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace]
}

extension NetworkLayer {
  public func parameters(input: MapShape) -> [ParameterSpecification] { [] }
  public func workspace<S: KernelScalar>(input: MapShape, for use: WorkspaceUse, of: S.Type) -> [Workspace] { [] }
}

/// Memory that layers compute with, in bytes. What bears the same name is there once and shared.
public struct Workspace: Hashable, Sendable {
  public let name: String
  public let bytes: Int

  public init(_ name: String, bytes: Int) {
    self.name = name
    self.bytes = bytes
  }
}

/// On what the size of layers' memory depends beside their shapes.
public struct WorkspaceUse: Hashable, Sendable {
  /// The largest batch.
  public let capacity: Int
  public let workers: Int
  /// The most channels that go into or come out of any convolution of the network.
  public let channels: Int
}
