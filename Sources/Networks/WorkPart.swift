/// What kind of work a step of a pass is: what a breakdown of its time adds up by.
public enum WorkPart: String, CaseIterable, Sendable {
  case convolution
  case inputGradient = "input_gradient"
  case weightGradient = "weight_gradient"
  /// Both gradients of a convolution in one step.
  case gradients
  /// Sums of batch norm over the batch, forward or backward.
  case statistics
  /// Normalising, adding the skip, activating; or the gradient of these.
  case pointwise
  case pool
  case head
  case loss

  /// Of a step that does not say: by its layer's name and the direction.
  init<S>(label: String, kind: Step<S>.Kind) {
    if label == "loss" {
      self = .loss
    } else if label == Architecture.headName {
      self = .head
    } else if label.hasSuffix("pool") {
      self = .pool
    } else if label.contains("_bn_") {
      self = .pointwise
    } else {
      self = kind == .forward ? .convolution : .gradients
    }
  }
}
