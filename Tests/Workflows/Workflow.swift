import Foundation
import Yams

/// A file of .github/workflows, as far as ours use what such files can have. What is not understood is an error and not skipped.
public struct Workflow: Sendable {
  public struct Step: Sendable {
    /// For messages.
    public let line: Int
    public let run: String?
    public let uses: String?
    public let with: [String: String]
    public let condition: String?
    /// A failure of it is none of the job's.
    public let mayFail: Bool
  }

  public struct Job: Sendable {
    public let id: String
    public let needs: [String]
    /// Another workflow of the repository, which is the job; then it has no steps.
    public let uses: String?
    public let with: [String: String]
    public let condition: String?
    public let environment: [String: String]
    /// The kind of machine it runs on, which may be an expression of its matrix; none where another workflow is the job.
    public let machine: String?
    /// The combinations of its matrix; a single empty one without.
    public let matrix: [[String: String]]
    public let steps: [Step]
  }

  public let name: String
  public let jobs: [Job]

  public init(path: String) throws {
    name = URL(fileURLWithPath: path).lastPathComponent
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let root = try Yams.compose(yaml: text), let jobs = root["jobs"]?.mapping else {
      throw WorkflowError("\(path): there are no jobs")
    }
    self.jobs = try jobs.map { key, node in try Job(id: key.string ?? "", node, file: path) }
  }

  /// All of a repository, by name.
  public static func all(in repository: String) throws -> [Workflow] {
    let directory = repository + "/.github/workflows"
    return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yml") }.sorted()
      .map { try Workflow(path: "\(directory)/\($0)") }
  }

  public subscript(job: String) -> Job? { jobs.first { $0.id == job } }
}

public struct WorkflowError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

extension Workflow.Job {
  fileprivate init(id: String, _ node: Node, file: String) throws {
    try check(
      node, ["uses", "with", "needs", "if", "runs-on", "container", "timeout-minutes", "strategy", "steps", "env"],
      "\(file): job \(id)")
    self.id = id
    needs = node["needs"].map { $0.string.map { [$0] } ?? strings($0) } ?? []
    uses = node["uses"]?.string
    with = dictionary(node["with"])
    condition = node["if"]?.string
    environment = dictionary(node["env"])
    machine = node["runs-on"]?.string
    var combinations: [[String: String]] = [[:]]
    for (key, values) in node["strategy"]?["matrix"]?.mapping ?? [:] {
      combinations = combinations.flatMap { one in strings(values).map { one.merging([key.string ?? "": $0]) { $1 } } }
    }
    matrix = combinations
    steps = try (node["steps"]?.sequence ?? []).map { try .init($0, file: file) }
    if (machine == nil) != (uses != nil) { throw WorkflowError("\(file): job \(id) has no runs-on, or one too many") }
    if steps.isEmpty, uses == nil { throw WorkflowError("\(file): job \(id) has no steps") }
  }
}

extension Workflow.Step {
  fileprivate init(_ node: Node, file: String) throws {
    line = node.mark?.line ?? 0
    try check(node, ["name", "run", "uses", "with", "if", "shell", "continue-on-error"], "\(file):\(line)")
    run = node["run"]?.string
    uses = node["uses"]?.string
    with = dictionary(node["with"])
    condition = node["if"]?.string
    mayFail = node["continue-on-error"]?.bool ?? false
    if (run == nil) == (uses == nil) { throw WorkflowError("\(file):\(line): a step runs something or uses something") }
  }
}

private func check(_ node: Node, _ known: [String], _ place: String) throws {
  for (key, _) in node.mapping ?? [:] where !known.contains(key.string ?? "") {
    throw WorkflowError("\(place): \(key.string ?? "?") is not understood here")
  }
}

private func strings(_ node: Node) -> [String] { node.sequence?.compactMap(\.string) ?? [] }

private func dictionary(_ node: Node?) -> [String: String] {
  var values: [String: String] = [:]
  for (key, value) in node?.mapping ?? [:] { if let key = key.string, let value = value.string { values[key] = value } }
  return values
}
