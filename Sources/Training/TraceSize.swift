import Networks
import Traces

/// How many bytes a run's trace has at most, decompressed: known before the run begins, so that none is begun whose trace nothing
/// could read.
public enum TraceSize {
  /// The longest text of a double: "-2.2250738585072014e-308".
  private static let number = 24
  /// `["","weight_gradient","0123456789abcdef"],`
  private static let entry = 41

  /// Why a run cannot have its trace, or `nil`.
  ///
  /// - Parameter images: for training.
  public static func problem(_ settings: TrainingSettings, epochs: Int, images: Int) -> String? {
    let bytes = bound(settings, epochs: epochs, images: images)
    if bytes <= Trace.sizeLimit { return nil }
    return "a network of \(settings.network.depth) layers in \(epochs) epochs gives a trace of up to \(megabytes(bytes)), and "
      + "traces are read up to \(megabytes(Trace.sizeLimit)): ask for at most \(max(1, epochs * Trace.sizeLimit / bytes)) epochs, "
      + "or for fewer layers"
  }

  private static func megabytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }

  /// Every number at its longest, so somewhat more than what is written.
  static func bound(_ settings: TrainingSettings, epochs: Int, images: Int) -> Int {
    let steps = (images + settings.batchSize - 1) / settings.batchSize
    // With the epoch's lines of inputs: digests, counts and scalars.
    var line = 400 + 450 + 60, layers = 800, opening = 400
    for specification in ParameterSpecification.all(of: settings.network) {
      let name = specification.name.utf8.count
      let label = ParameterSpecification.label(of: specification.name).utf8.count
      // Its four statistics under their keys, and its mean |gradient| under the label.
      line += name + 43 + 4 * number + (label + 4 + number)
      // Its norm under its name; of batch norm's weight two buffers' too.
      line +=
        name + 4 + number
        + (specification.shape.count == 1 && specification.name.hasSuffix(".weight") ? 2 * (name + 12 + number) : 0)
      // Its gradient and its update, by label and ".weight"; of a convolution or the linear layer the output and two gradients,
      // of batch norm the output.
      let outputs = specification.shape.count > 1 ? 3 : specification.name.hasSuffix(".weight") ? 1 : 0
      // Its gradient, two sketches, update and two moments; of batch norm two buffers.
      opening += name + 12 + 6 * number + (outputs == 1 ? 2 * (name + 12 + number) : 0)
      layers += 2 * (label + 7 + entry) + outputs * (label + 5 + entry)
    }
    let perEpoch = line + min(steps, Trainer.recordedSteps) * layers + 19 * steps + 60
    return 4096 + OpeningLine.steps * opening + epochs * perEpoch
  }
}
