/// What kind of work an operation of a pass is: what a breakdown of its time adds up by.
public enum WorkPart: String, CaseIterable, Sendable {
  case convolution
  case inputGradient = "input_gradient"
  case weightGradient = "weight_gradient"
  /// Sums of batch norm over the batch, forward or backward.
  case statistics
  /// Normalising, adding the skip, activating; or the gradient of these.
  case pointwise
  case pool
  case head
  case loss
  /// Arranging a layer's weights for the kernels, and its constants.
  case preparation
  /// Adding up the slots of a layer's weight gradients.
  case combination
}
