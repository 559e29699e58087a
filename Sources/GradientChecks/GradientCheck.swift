import GradientChecking
import Kernels

/// One case: a layer of certain sizes in a certain mode, and how its gradients are held against something else.
public struct GradientCheck: Sendable, CustomStringConvertible {
  public let layer: String
  public let shape: String
  public let mode: String
  private let body: @Sendable (GradientCheck, Backend) throws -> [GradientCheckRow]

  init(
    _ layer: String, shape: String, mode: String,
    body: @escaping @Sendable (GradientCheck, Backend) throws -> [GradientCheckRow]
  ) {
    self.layer = layer
    self.shape = shape
    self.mode = mode
    self.body = body
  }

  /// Gradients against differences.
  init(
    _ layer: String, shape: String, mode: String,
    subject: @escaping @Sendable (Backend, inout SeededGenerator) throws -> CheckSubject
  ) {
    self.init(layer, shape: shape, mode: mode) { check, backend in
      var generator = check.generator
      let subject = try subject(backend, &generator)
      return GradientComparison.rows(subject, layer: layer, shape: shape, mode: mode)
    }
  }

  /// The same, and a sweep of the step.
  static func swept(
    _ layer: String, shape: String, mode: String,
    subject: @escaping @Sendable (Backend, inout SeededGenerator) throws -> CheckSubject
  ) -> GradientCheck {
    GradientCheck(layer, shape: shape, mode: mode) { check, backend in
      var generator = check.generator
      let subject = try subject(backend, &generator)
      let rows = GradientComparison.rows(subject, layer: layer, shape: shape, mode: mode)
      let sweep = StepSweep(subject, &generator)
      return rows + [sweep.row(layer: layer, shape: shape, mode: mode + ", step sweep")]
    }
  }

  public var description: String { "\(layer), \(shape), \(mode)" }

  /// The numbers of a case depend on what it is, not on its place in the list.
  var generator: SeededGenerator { SeededGenerator(description) }

  /// A row for each tensor. A case that cannot be computed is a row that failed.
  public func run(on backend: Backend) -> [GradientCheckRow] {
    let rows: [GradientCheckRow]
    do { rows = try body(self, backend) } catch {
      return [failure("\(error)")]
    }
    return rows.isEmpty ? [failure("no tensor was checked")] : rows
  }

  private func failure(_ facts: String) -> GradientCheckRow {
    GradientCheckRow(
      layer: layer, tensor: "all", shape: shape, mode: mode, elementCount: 0, elementsChecked: 0,
      worstRatio: .infinity, kinksSkipped: 0, failure: facts)
  }
}

/// The cases, a group for each layer.
public enum GradientChecks {
  public static let all: [GradientCheck] =
    ConvolutionChecks.all + BatchNormChecks.all + ResidualAddChecks.all + ActivationChecks.all + DropoutChecks.all
    + PoolingChecks.all
    + LinearChecks.all + SoftmaxCrossEntropyChecks.all + NetworkChecks.all + PrecisionChecks.all

  /// More of what `all` takes samples of: minutes, where `all` takes seconds.
  public static let thorough: [GradientCheck] = NetworkChecks.thorough

  /// The layers that have cases, in order.
  public static var layers: [String] {
    all.map(\.layer).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The cases of one layer, whatever the case of its name; none if there is no such layer.
  public static func checks(ofLayer name: String, in checks: [GradientCheck] = all) -> [GradientCheck] {
    checks.filter { $0.layer.lowercased() == name.lowercased() }
  }

  /// Runs the checks one after the other. One thread is enough: the results do not depend on it.
  public static func run(_ checks: [GradientCheck], on backend: Backend) -> GradientCheckReport {
    GradientCheckReport(rows: checks.flatMap { $0.run(on: backend) })
  }
}
