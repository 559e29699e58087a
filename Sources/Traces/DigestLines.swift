import Digests

/// A `steps` line: the state's digest after each of a run of consecutive steps of one epoch.
public struct StepsLine: Equatable, Sendable {
  public var epoch: Int
  /// The index in the epoch, counted from 0, of the step that the first digest belongs to.
  public var first: Int
  /// `digests[i]` covers parameters, buffers and optimiser state after step `first + i`.
  public var digests: [ShortDigest]

  public init(epoch: Int, first: Int = 0, digests: [ShortDigest]) {
    self.epoch = epoch
    self.first = first
    self.digests = digests
  }
}

/// The parts of a training step, in the order in which each layer runs them.
public enum Phase: String, CaseIterable, Sendable {
  case forward
  case inputGradient = "input_gradient"
  case weightGradient = "weight_gradient"
  case update

  /// The name for messages.
  public var words: String {
    switch self {
    case .forward: "forward pass"
    case .inputGradient: "input gradient"
    case .weightGradient: "weight gradient"
    case .update: "update"
    }
  }
}

/// A `layers` line: the digest of what every layer and phase of one step produced.
public struct LayersLine: Equatable, Sendable {
  public struct Entry: Equatable, Sendable {
    public var layer: String
    public var phase: Phase
    public var digest: ShortDigest

    public init(layer: String, phase: Phase, digest: ShortDigest) {
      self.layer = layer
      self.phase = phase
      self.digest = digest
    }
  }

  public var epoch: Int
  /// Counted from 0 in the epoch.
  public var step: Int
  /// In the order in which the step computed them, so that the first one that differs is where two runs part.
  public var entries: [Entry]

  public init(epoch: Int, step: Int, entries: [Entry]) {
    self.epoch = epoch
    self.step = step
    self.entries = entries
  }
}

/// The last line: the test set, evaluated once with the best epoch's weights.
public struct TestLine: Equatable, Sendable {
  /// The epoch whose weights were evaluated.
  public var epoch: Int
  public var loss: Double
  /// A fraction.
  public var accuracy: Double
  /// Of the state that was evaluated.
  public var digest: Digest

  public init(epoch: Int, loss: Double, accuracy: Double, digest: Digest) {
    self.epoch = epoch
    self.loss = loss
    self.accuracy = accuracy
    self.digest = digest
  }

  public var values: [NamedValue] { [NamedValue("loss", loss), NamedValue("accuracy", accuracy)] }

  public static func == (a: TestLine, b: TestLine) -> Bool {
    a.epoch == b.epoch && a.digest == b.digest && a.values == b.values
  }
}
