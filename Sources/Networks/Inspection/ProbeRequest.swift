import Files
import Optimisers
import SystemLimits

/// What is asked of the engine about given weights and a given batch.
public struct ProbeRequest: Sendable {
  /// Whether batch norm uses the batch's own statistics or the running averages.
  public enum Mode: String, CaseIterable, Sendable { case train, eval }

  /// What is computed in, and the type of the answer's tensors.
  public enum Precision: String, CaseIterable, Sendable { case f32, f64 }

  /// Training steps from the given weights, all on the given batch.
  public struct Updates: Equatable, Sendable {
    public var steps: Int
    public var learningRate: Double
    public var optimiser: OptimiserChoice

    public init(steps: Int, learningRate: Double, optimiser: OptimiserChoice = .standard) {
      self.steps = steps
      self.learningRate = learningRate
      self.optimiser = optimiser
    }
  }

  /// Depth, batch norm and residual connections; filters, classes and the images' size are those of the files.
  public var row: StandardRow
  public var mode: Mode
  public var precision: Precision
  /// In training mode only.
  public var updates: Updates?
  /// Bytes of memory that may be used.
  public var memory: AvailableMemory

  public init(
    row: StandardRow, mode: Mode = .eval, precision: Precision = .f32, updates: Updates? = nil,
    memory: AvailableMemory = .unlimited
  ) {
    precondition(updates == nil || mode == .train, "updates in evaluation mode")
    self.row = row
    self.mode = mode
    self.precision = precision
    self.updates = updates
    self.memory = memory
  }
}

/// The content of a file with its name, for messages.
public struct ProbeFile: Sendable {
  public let name: String
  public let content: SafeTensors

  public init(name: String, content: SafeTensors) {
    self.name = name
    self.content = content
  }

  /// Reads a file.
  /// - Throws: what `SafeTensors(path:)` throws for one that is missing or damaged.
  public init(path: String) throws {
    self.init(name: path, content: try SafeTensors(path: path))
  }
}
