import Foundation
import Processes
import Testing
import Workflows

@Suite("The hosted workflows")
struct WorkflowTests {
  private static let all = Result { try Workflow.all(in: Shell.package.path) }

  /// Of one step: where it stands, and its command lines with all expressions replaced.
  private struct Run {
    let place: String
    let lines: String
  }

  private static let context = [
    "inputs.profile": "smoke", "inputs.arguments": "", "inputs.part": "1", "github.run_id": "1", "matrix.row": "vgg08",
  ]

  private func runs() throws -> [Run] {
    try Self.all.get().flatMap { workflow in
      try workflow.jobs.flatMap { job in
        try job.steps.compactMap { step in
          try step.run.map {
            Run(place: "\(workflow.name):\(step.line)", lines: try ExpressionContext(Self.context).substituted($0))
          }
        }
      }
    }
  }

  /// Commands of a step: words between what separates commands.
  private func commands(_ lines: String) -> [[String]] {
    lines.replacing("&&", with: "\n").replacing("||", with: "\n").split(whereSeparator: \.isNewline).map { line in
      line.split(separator: " ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"")) }
    }
  }

  @Test("are understood to the last key, and their steps are lines that bash can read")
  func readable() throws {
    let runs = try runs()
    #expect(runs.count > 20)
    for run in runs {
      let read = try Shell.run(["bash", "-n", "-c", run.lines])
      #expect(read.code == 0, "\(run.place): \(read.output)")
    }
  }

  @Test("call targets that the Makefile has, commands and options that the program has, and few other programs")
  func commands() throws {
    let makefile = try String(contentsOf: Shell.package.appendingPathComponent("Makefile"), encoding: .utf8)
    let targets = Set(
      makefile.split(separator: "\n").compactMap { $0.firstMatch(of: /^([a-z][a-z0-9-]*):/).map { String($0.1) } })
    var (made, called) = (0, 0)
    for run in try runs() {
      for words in commands(run.lines) {
        switch words.first {
        case "make":
          made += 1
          for word in words.dropFirst().prefix(while: { !$0.contains("=") }) {
            #expect(targets.contains(word), "\(run.place): make \(word)")
          }
          // What is handed to the program stands behind.
          if let first = words.firstIndex(where: { $0.hasPrefix("ARGUMENTS=") }), words.contains("nightly") {
            try check(["nightly"] + words[(first + 1)...], run)
          }
        case ".build/release/gradflow":
          called += 1
          try check(Array(words.dropFirst()), run)
        case "apt-get", "sudo", "git", "cat", "pip", "[": break
        default: Issue.record("\(run.place): \(words.joined(separator: " "))")
        }
      }
    }
    #expect(made > 8 && called > 0)
  }

  private func check(_ arguments: [String], _ run: Run) throws {
    let name = try #require(arguments.first)
    let help = try Shell.run([Self.program, "help", name]).output
    #expect(help.contains("USAGE: gradflow \(name)"), "\(run.place): gradflow \(name)")
    for option in arguments where option.hasPrefix("--") { #expect(help.contains(option), "\(run.place): \(option)") }
  }

  private static let program = builtProgram("gradflow").path

  @Test("need jobs that there are, use workflows that there are, and train each row of Table 1 once")
  func jobs() throws {
    let workflows = try Self.all.get()
    for workflow in workflows {
      for job in workflow.jobs {
        for need in job.needs { #expect(workflow[need] != nil, "\(workflow.name): \(job.id) needs \(need)") }
        if let uses = job.uses, uses.hasPrefix("./") {
          let file = uses.split(separator: "/").last.map(String.init)
          #expect(workflows.contains { $0.name == file }, "\(workflow.name): \(job.id) uses \(uses)")
        }
      }
    }
    let rows = try #require(workflows.first { $0.name == "nightly-train.yml" }?["row"]).matrix.compactMap { $0["row"] }
    let listed = try Shell.run([Self.program, "list"]).output
    #expect(rows.count == 7 && Set(rows).count == 7 && rows.allSatisfy { listed.contains($0) })
  }

  @Test("a row that fails keeps no other from being judged, and what it left is handed on")
  func failingRow() throws {
    let workflows = try Self.all.get()
    let night = try #require(workflows.first { $0.name == "nightly.yml" })
    for job in night.jobs where !job.needs.isEmpty {
      #expect(ExpressionContext.isMadeAfterFailure(job.condition), "\(job.id) is left out where \(job.needs) fails")
    }
    let row = try #require(workflows.first { $0.name == "nightly-train.yml" }?["row"])
    for step in row.steps {
      switch step.uses?.split(separator: "@").first {
      case "actions/upload-artifact": #expect(ExpressionContext.isMadeAfterFailure(step.condition), "line \(step.line)")
      case "actions/download-artifact": #expect(step.mayFail, "line \(step.line)")
      default: break
      }
    }
  }

  @Test("what a night adds to those before it is kept whatever came out: no cache is saved by success alone")
  func caches() throws {
    for workflow in try Self.all.get() {
      for job in workflow.jobs {
        func steps(_ action: String) -> [Workflow.Step] { job.steps.filter { $0.uses?.hasPrefix(action + "@") == true } }
        // One key for each run of the workflow is one that is saved anew each time.
        for step in steps("actions/cache") { #expect(step.with["key"]?.contains("run_id") == false, "\(job.id):\(step.line)") }
        let (restored, saved) = (steps("actions/cache/restore"), steps("actions/cache/save"))
        #expect(restored.map { $0.with["path"] } == saved.map { $0.with["path"] }, "\(job.id)")
        #expect(restored.map { $0.with["key"] } == saved.map { $0.with["key"] }, "\(job.id)")
        #expect(saved.allSatisfy { ExpressionContext.isMadeAfterFailure($0.condition) }, "\(job.id)")
      }
    }
  }

  @Test("no input of a workflow stands in a command line, where it would be read as one; nothing may be written but artifacts")
  func inputs() throws {
    let directory = Shell.package.appendingPathComponent(".github/workflows")
    for workflow in try Self.all.get() {
      for step in workflow.jobs.flatMap(\.steps) {
        #expect(step.run?.contains("inputs.") != true, "\(workflow.name):\(step.line)")
      }
      let text = try String(contentsOf: directory.appendingPathComponent(workflow.name), encoding: .utf8)
      #expect(text.contains("\npermissions:\n  contents: read\n"), "\(workflow.name)")
    }
  }

  @Test("run on Linux and macOS, x86-64 and arm64, and a job for a machine of another kind is known as such")
  func machines() throws {
    var machines: [HostedMachine] = []
    for job in try Self.all.get().flatMap(\.jobs) where job.uses == nil {
      for combination in job.matrix {
        let values = Dictionary(uniqueKeysWithValues: combination.map { ("matrix.\($0.key)", $0.value) })
        machines.append(try HostedMachine(named: ExpressionContext(values).substituted(#require(job.machine))))
      }
    }
    for machine in [
      HostedMachine(system: "Linux", architecture: "x86-64"), .init(system: "Linux", architecture: "arm64"),
      .init(system: "macOS", architecture: "arm64"),
    ] { #expect(machines.contains(machine)) }
    #expect(throws: WorkflowError.self) { try HostedMachine(named: "windows-2025") }
  }

  @Test(
    "an expression has the value that the host gives it",
    arguments: [
      ("${{ inputs.profile || 'paper' }}", "smoke"), ("a ${{ inputs.arguments || 'b' }}${{ matrix.row }}", "a bvgg08"),
      ("c", "c"),
    ])
  func expressions(text: String, value: String) throws {
    #expect(try ExpressionContext(Self.context).substituted(text) == value)
  }

  @Test("a condition holds or does not, and what is not understood is an error")
  func conditions() throws {
    let context = ExpressionContext(Self.context)
    #expect(try context.holds(nil) && context.holds("always()") && context.holds("inputs.part == 1"))
    #expect(try context.holds("${{ !cancelled() }}"))
    for (condition, isMade) in [("always()", true), ("${{ !cancelled() }}", true), ("inputs.part == 1", false)] {
      #expect(ExpressionContext.isMadeAfterFailure(condition) == isMade, "\(condition)")
    }
    #expect(!ExpressionContext.isMadeAfterFailure(nil))
    #expect(try !context.holds("inputs.part == 2") && !context.holds("${{ inputs.arguments }}"))
    #expect(throws: WorkflowError.self) { try context.holds("failure()") }
    #expect(throws: WorkflowError.self) { try context.substituted("${{ secrets.token }}") }
  }
}
