import Layers

/// How much memory a network takes for batches of a given size: asked before it is made, since memory that the system
/// refuses in the middle of the work ends the process.
///
/// An estimate from below: activations, their gradients, and the weight gradients of all slots, which grow with the images;
/// not what the workers have of their own.
public struct MemoryNeed: Equatable, Sendable {
  public let images: Int
  public let side: Int
  /// May exceed what an integer can hold.
  public let bytes: Double

  public init(_ configuration: NetworkConfiguration, images: Int, bytesPerElement: Int) {
    self.images = images
    side = configuration.side
    let filters = Double(configuration.filters)
    var side = Double(configuration.side)
    var elementsPerImage = side * side * Double(NetworkConfiguration.imageChannels)
    let architecture = Architecture(configuration)
    for (position, node) in architecture.nodes.enumerated() {
      switch node {
      case .unit(let unit):
        let outputs = side * side * filters
        let weightGradient = 9 * Double(unit.channels) * filters / Double(ImageGroup.imagesPerSlot)
        elementsPerImage += (unit.isNormalised && !architecture.isRecomputable(at: position) ? 2 : 1) * outputs + weightGradient
      case .pool:
        side = (side / 2).rounded(.down)
        elementsPerImage += side * side * filters
      }
    }
    // One gradient of the largest map at the least.
    elementsPerImage += Double(configuration.side * configuration.side) * filters
    elementsPerImage += 2 * Double(configuration.classes)
    bytes = elementsPerImage * Double(images) * Double(bytesPerElement)
  }

  /// - Parameter available: bytes.
  /// - Throws: `OutOfMemory` if more is needed.
  public func check(against available: Int) throws(OutOfMemory) {
    guard bytes <= Double(available) else { throw OutOfMemory(need: self, available: available) }
  }
}

public struct OutOfMemory: Error, Equatable, CustomStringConvertible {
  public let need: MemoryNeed
  public let available: Int

  public var description: String {
    "\(need.images) images of \(need.side) x \(need.side) pixels in one batch need at least \(gibibytes(need.bytes)) GiB "
      + "of memory, and this machine has \(gibibytes(Double(available))): take a smaller batch"
  }

  private func gibibytes(_ bytes: Double) -> String {
    let tenths = (bytes / 0x1p30 * 10).rounded()
    return "\(tenths / 10)"
  }
}
