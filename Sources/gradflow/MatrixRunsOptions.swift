import ArgumentParser
import Experiments

/// Which runs of the matrix, on what data, judged by which goldens: what `nightly` and `cluster submit` share.
struct MatrixRunsOptions: ParsableArguments {
  @OptionGroup var rows: RowOptions

  @Option(help: "The size of the experiment: smoke or quick (built-in data), short or paper (CIFAR-100).")
  var profile = Profile.paper

  @OptionGroup var data: DataOption

  @Option(help: "Several seeds: A..B, both included; seed 0, if not given.", transform: SeedRange.init(parsing:))
  var seeds: SeedRange?

  @Option(help: "Train only so many epochs of the profile.")
  var epochs: Int?

  @Option(help: "The directory of the goldens.")
  var against = AgainstOption.standard

  func validate() throws { try TrainingOptions.check(epochs: epochs) }

  /// The same for a session that trains; all else as it is without options.
  func trainingOptions() throws -> TrainingOptions {
    // Only what is parsed has its defaults.
    var options = try TrainingOptions.parse([])
    options.profile = profile
    options.data = data
    options.seeds = seeds
    options.epochs = epochs
    return options
  }
}
