import ArgumentParser
import Kernels

/// The program. Each subcommand is a file of its own; `Termination` alone decides how the process ends.
@main
struct Gradflow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradflow",
    abstract: "Vanishing gradients in deep VGG networks, reproduced bit by bit.",
    discussion: """
      Results go to standard output, progress to standard error.

      Exit codes: 0 done, and every check passed; 1 a check failed; 2 it could not be made (missing or damaged input, \
      something this machine lacks); 64 wrong usage; 75 stopped by the time limit, to be continued.
      """,
    version: "0.1.0",
    subcommands: [
      ListCommand.self, RunCommand.self, MatrixCommand.self, GoldenCommand.self, Table1Command.self, ClaimsCommand.self,
      ReportCommand.self, NightlyCommand.self, ClusterCommand.self, ExportCommand.self, EvaluateCommand.self, BisectCommand.self,
      ReplayCommand.self, DataCommand.self, GradcheckCommand.self, ProbeCommand.self, OpeningCommand.self, BenchCommand.self,
    ])

  static func main() {
    Interrupts.hold()
    Console.prepare()
    FloatingPointControl.setStandard()
    do {
      try checkArguments()
      var command = try parseAsRoot()
      if (command as? any LeavingCommand)?.leavesSomething == true {
        Interrupts.clearLeftovers()
      } else if (command as? any InterruptibleCommand)?.isInterruptible != true {
        Interrupts.release()
      }
      try command.run()
    } catch {
      Termination(error).exit()
    }
    Termination.done.exit()
  }

  /// Swift's strings are UTF-8, and what is none would be repaired: two names would become one, of a file that was not asked for.
  private static func checkArguments() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      if String(validatingCString: argument) == nil {
        throw ValidationError(
          "argument \(index), \(String(cString: argument)), is not UTF-8: files and directories need names that are")
      }
    }
  }
}
