/// Mistakes in the harness itself: in what compares, judges, trains, reads and tells. Each names the tests that must notice it.
///
/// All stand in one copy of the source at the same time, each behind its name, so that one build serves all: `PlantedTogether`.
let harnessDefects: [HarnessDefect] =
  bandDefects + comparatorDefects + reportDefects + trainingHarnessDefects + dataHarnessDefects + readerDefects
  + exitCodeDefects + engineHarnessDefects + benchDefects + foretoldDefects + foundDefects

private let calibration = "Sources/Goldens/BandCalibration.swift"
private let band = "Sources/Goldens/Band.swift"
private let recording = "Sources/Goldens/GoldenRecording.swift"
private let judgement = "Sources/Goldens/Judgement.swift"

private let bandDefects = [
  HarnessDefect(
    "bands-tail-not-widened", "the tail is not widened by √(1 + 1/n)", calibration,
    "(1 + 1 / count).squareRoot()", "1.0", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-tail-freedom", "the tail's t has n degrees of freedom, not n − 1", calibration,
    within: "freedom: count - 1) / normal", "count - 1", "count", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-ensemble-freedom", "the ensemble's own variance weighs as n degrees of freedom, not n − 1", calibration,
    within: "Double(seeds.count - 1)", "seeds.count - 1", "seeds.count", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-rate-not-halved", "the metrics share the whole false-alarm rate", band,
    "$0 / 2 / Double(count)", "$0 / Double(count)",
    noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-set-size", "every set is taken to be as large as the validation set", band,
    within: "if version == 1 { return validation }", "version == 1", "true", noticedBy: "GoldensTests.SeedNumbersTests"),
  HarnessDefect(
    "bands-not-audited", "a band need not be what its seeds' numbers give", "Sources/Goldens/Golden.swift",
    within: "return isSame ? nil", "isSame", "true", noticedBy: "GoldensTests.SeedNumbersTests"),
  HarnessDefect(
    "bands-mean-as-single", "means are judged by the threshold of one run", "Sources/Goldens/MeanOfSeeds.swift",
    within: "else { return band.threshold }\n    return threshold", "return threshold",
    "return min(threshold, band.threshold)", form: .statement, noticedBy: "GoldensTests.MeanOfSeedsTests"),
  HarnessDefect(
    "bands-one-sided", "bands are calibrated by deviations upwards alone", calibration,
    "abs(place - fit.centres[epoch][layer])", "(place - fit.centres[epoch][layer])",
    noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-self-judging", "a seed is judged by bands that it had a part in", calibration,
    within: "fit(leavingOut: Set(group))", "Set(group)", "[]", noticedBy: "GoldensTests.CalibrationTests"),
  HarnessDefect(
    "bands-prior", "what is known from elsewhere weighs as four seeds", calibration,
    within: "priorSeeds = 8.0", "8.0", "4.0", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-binomial", "the variance of an accuracy p is taken to be p/N", calibration,
    "share * (1 - share) / Double(images)", "share / Double(images)", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "bands-neighbours", "the prior variance is that of a layer alone, without its kin", calibration,
    within: "kinds.map { kind in kinds.indices.filter { kinds[$0] == kind } }", "kinds.indices.filter { kinds[$0] == kind }",
    "kinds.indices.filter { $0 == kinds.firstIndex(of: kind) }", noticedBy: "GoldensTests.BandsAnewTests"),
  HarnessDefect(
    "recording-unfinished", "an ensemble may hold runs with fewer epochs", recording,
    "run.trace.epochs.count == epochs", "true", noticedBy: "GoldensTests.RecordingTests"),
  HarnessDefect(
    "recording-mixed", "an ensemble may hold runs of other settings", recording,
    within: "if !differences.isEmpty {\n      throw RecordingError.mixed", "!differences.isEmpty", "false",
    noticedBy: "GoldensTests.RecordingTests"),
]

private let comparatorDefects = [
  HarnessDefect(
    "comparator-width", "numbers up to two half widths from the centre are inside", judgement,
    within: "distance <= 1 ||", "distance <= 1", "distance <= 2", noticedBy: "GoldensTests.VerdictTests"),
  HarnessDefect(
    "comparator-missing-epochs", "epochs that a run lacks are no findings", judgement,
    statement: "for epoch in made..<wanted { findings.append(Finding(.missing, metric: \"line\", epoch: epoch)) }", "",
    noticedBy: "GoldensTests.VerdictTests"),
  HarnessDefect(
    "comparator-test-line", "a run without its test line is whole", judgement,
    within: "if trace.test == nil, !isPrefix", "trace.test == nil", "false", noticedBy: "GoldensTests.VerdictTests"),
  HarnessDefect(
    "comparator-infinite", "an infinite number of an epoch is not found", judgement,
    within: "if !value.value.isFinite {\n        findings.append(Finding(.notFinite, metric: value.name",
    "!value.value.isFinite", "value.value.isNaN", noticedBy: "GoldensTests.MutationTests"),
  HarnessDefect(
    "comparator-learning-rate", "learning rates need be equal to nine digits only", judgement,
    "!sameBits(expected, line.learningRate)", "abs(expected - line.learningRate) > 1e-9 * expected",
    noticedBy: "GoldensTests.VerdictTests"),
  HarnessDefect(
    "comparator-flips-free", "training.flips is not compared", judgement,
    "[\"seed\", \"numerics\"]", "[\"seed\", \"numerics\", \"training.flips\"]", noticedBy: "GoldensTests.VerdictTests"),
  HarnessDefect(
    "comparator-layers", "layers' digests are not compared", judgement,
    "a.layers == b.layers", "true", noticedBy: "GoldensTests.MutationTests"),
  HarnessDefect(
    "comparator-seal", "an edited golden is refused for the order of its lines", "Sources/Goldens/Golden+JSON.swift",
    "Array(content.suffix(text.utf8.count + 1)) == Self.seal(of: body)", "true", noticedBy: "GoldensTests.GoldenFileTests"),
  HarnessDefect(
    "comparator-canonical", "lines of a golden may stand in any order", "Sources/Goldens/Golden+JSON.swift",
    "self.content == content", "true", noticedBy: "GoldensTests.GoldenFileTests"),
  HarnessDefect(
    "comparison-second-only", "settings that only the second run has are no difference", "Sources/Traces/TraceComparison.swift",
    within: "for setting in b where inA[setting.name] == nil", "inA[setting.name] == nil", "false",
    noticedBy: "TracesTests.ComparisonTests"),
  HarnessDefect(
    "comparison-nothing", "two traces without anything in common are identical", "Sources/Traces/TraceComparison.swift",
    "compared.epochs == 0 && compared.steps == 0 && compared.layers == 0", "false", noticedBy: "TracesTests.ComparisonTests"),
  HarnessDefect(
    "comparison-test-digest", "the digest of the tested state is not compared", "Sources/Traces/Divergence.swift",
    "ofA.digest != ofB.digest", "false", noticedBy: "TracesTests.ComparisonTests"),
]

private let learning = "Sources/Reports/Claims/LearningClaims.swift"
private let gradients = "Sources/Reports/Claims/GradientClaims.swift"
private let accuracies = "Sources/Reports/Claims/AccuracyClaims.swift"
private let distance = "Sources/Reports/Table1/Distance.swift"

private let reportDefects = [
  HarnessDefect(
    "claim-1-not-a-number", "a loss that is no number is that of a constant guess", learning,
    "loss.isFinite && loss >= below * chance.loss", "!(loss < below * chance.loss)", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claim-1-no-control", "standing still proves the first claim, though the shallow network stands still too", learning,
    "!hasLearned(run, after: deep.epochs)", "false", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claim-2-no-order", "the gradient need not fall from stage to stage", gradients,
    "means[0] <= means[1] && means[1] <= means[2]", "true", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claim-3-too-early", "not having learned counts after any number of steps", learning,
    "steps >= enoughSteps", "steps >= 0", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claim-6-plain", "the plain network need lose four orders of magnitude only", gradients,
    within: "worst <= few && least >= many", "least >= many", "least >= few", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claims-within-noise", "a margin smaller than noise decides", accuracies,
    "!($0.value > $0.noise.value)", "!($0.value > 0)", noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "claims-verdict", "a claim that does not hold is outweighed by those that do", "Sources/Reports/Claims/Claim.swift",
    "count(.notHeld) > 0", "count(.held) == 0 && count(.notHeld) > 0",
    noticedBy: "ReportsTests.ClaimTests"),
  HarnessDefect(
    "noise-pooled-freedom", "Student's t of one degree of freedom less stands for the pooled scatter",
    "Sources/Reports/Noise.swift",
    within: "Noise.quantile(freedom: freedom) * deviation", "Noise.quantile(freedom: freedom)",
    "Noise.quantile(freedom: freedom - 1)", noticedBy: "ReportsTests"),
  HarnessDefect(
    "noise-one-mean", "a difference of two means scatters like one of them", "Sources/Reports/Noise.swift",
    "b.map { 1 / Double($0.values.count) } ?? 0", "0", noticedBy: "ReportsTests"),
  HarnessDefect(
    "distance-several-seeds", "the distance to the report does not count the seeds", distance,
    "(1 + 1 / Double(count)).squareRoot()", "1.0", noticedBy: "ReportsTests.Table1Tests"),
  HarnessDefect(
    "distance-part", "runs of fewer epochs are judged against the report", distance,
    "result.epochs < ProtocolSettings.epochs", "false", noticedBy: "ReportsTests.Table1Tests"),
  HarnessDefect(
    "distance-reruns", "what lies above all of others' reruns is among them", distance,
    "ours <= high + explained(high)", "true", noticedBy: "ReportsTests.Table1Tests"),
  HarnessDefect(
    "runs-other-data", "runs on other data stand in one table", "Sources/Reports/Runs/RunSet.swift",
    within: "first.header.dataFingerprint, run.header.dataFingerprint", "run.header.dataFingerprint",
    "first.header.dataFingerprint", noticedBy: "ReportsTests.RunSetTests"),
  HarnessDefect(
    "runs-shorter-averaged", "runs of fewer epochs are averaged with the others", "Sources/Reports/Runs/RunSet.swift",
    "run.epochs.count == furthest", "true", noticedBy: "ReportsTests.RunSetTests"),
]

private let trainer = "Sources/Training/Trainer.swift"
private let step = "Sources/Training/TrainingStep.swift"
private let evaluation = "Sources/Training/Evaluation.swift"
private let checkpoint = "Sources/Training/Checkpoint.swift"

private let trainingHarnessDefects = [
  HarnessDefect(
    "trainer-best-last", "of epochs with equal validation accuracy the last is the best", trainer,
    "validation.accuracy > $0.accuracy", "validation.accuracy >= $0.accuracy", noticedBy: "TrainingTests.EvaluationTests"),
  HarnessDefect(
    "trainer-last-tested", "the last epoch's weights are tested, not the best one's", trainer,
    statement: "for (entry, values) in zip(network.state, bestState) { entry.value.assign(values) }", "",
    noticedBy: "TrainingTests.EvaluationTests"),
  HarnessDefect(
    "trainer-infinite-loss", "a loss that is infinite is trained on", step,
    within: "guard result.lossSum.isFinite", "result.lossSum.isFinite", "!result.lossSum.isNaN",
    noticedBy: "TrainingTests.RefusalTests"),
  HarnessDefect(
    "trainer-accuracy-by-batches", "the train accuracy is of whole batches", trainer,
    "progress.examples += result.count", "progress.examples += identity.settings.batchSize", form: .statement,
    noticedBy: "TrainingTests.ProtocolTests"),
  HarnessDefect(
    "evaluation-population-part", "the population pass leaves out an incomplete last batch", evaluation,
    within: "try forEachBatch(.training, count: source.trainingCount)", "source.trainingCount",
    "source.trainingCount / batchSize * batchSize", noticedBy: "TrainingTests.EvaluationTests"),
  HarnessDefect(
    "evaluation-mean-of-batches", "an evaluation's loss is divided by whole batches", evaluation,
    within: "loss = lossSum / Double(count)", "Double(count)", "Double(batch * batchSize)",
    noticedBy: "TrainingTests.ProtocolTests"),
  HarnessDefect(
    "evaluation-no-reset", "population statistics of an earlier epoch stay", evaluation,
    statement: "network.resetPopulation()", "", noticedBy: "TrainingTests.EvaluationTests"),
  HarnessDefect(
    "checkpoint-progress-unproved", "a checkpoint's checksum leaves out its progress", checkpoint,
    "key != \"checksum\"", "key != \"checksum\" && key != \"progress\"", noticedBy: "TrainingTests.CheckpointTests"),
  HarnessDefect(
    "checkpoint-unproved", "a checkpoint's checksum is not held against its content", checkpoint,
    "tensors.metadata[\"checksum\"] == Self.checksum(tensors).description", "true", noticedBy: "TrainingTests.CheckpointTests"),
  HarnessDefect(
    "checkpoint-foreign", "a checkpoint of another run is continued", "Sources/Training/Trainer+State.swift",
    within: "let differences = checkpoint.header.differences(from: header)\n      if !differences.isEmpty",
    "!differences.isEmpty",
    "false", noticedBy: "TrainingTests.CheckpointTests"),
  HarnessDefect(
    "checkpoint-trace-ahead", "a run goes on from a trace that its checkpoint does not know", "Sources/Traces/TraceWriter.swift",
    "hasher.finalize() == mark.digest", "true",
    noticedBy: "TracesTests.WriterTests"),
  HarnessDefect(
    "header-flips", "a run's first line always says that images are mirrored", "Sources/Training/RunIdentity.swift",
    within: ".init(\"flips\", .bool(augmentation.flips))", "augmentation.flips", "true",
    noticedBy: "TrainingTests.CheckpointTests"),
  HarnessDefect(
    "row-period", "a row's schedule period is ignored", "Sources/Experiments/MatrixFile.swift",
    within: "minimumLearningRate: minimum, schedulePeriod: period)", "period", "100",
    noticedBy: "ExperimentsTests.MatrixFileTests"),
  HarnessDefect(
    "row-period-limit", "a row may ask for more epochs than its schedule has", "Sources/Experiments/MatrixFile.swift",
    within: "optionalInteger(\"epochs\", in: 1...period)", "1...period", "1...100_000",
    noticedBy: "ExperimentsTests.MatrixFileTests"),
]

private let dataHarnessDefects = [
  HarnessDefect(
    "crops-repeat", "crops repeat after 64 epochs", "Sources/Datasets/AugmentationPlan.swift",
    within: "name: .crop, epoch: UInt64(epoch)", "UInt64(epoch)", "UInt64(epoch % 64)",
    noticedBy: "DatasetsTests.AugmentationTests"),
  HarnessDefect(
    "order-by-red", "images of a class are ordered by their red plane alone", "Sources/Datasets/ImageSet.swift",
    "memcmp(first, second, imageBytes)", "memcmp(first, second, min(imageBytes, 1024))",
    noticedBy: "DatasetsTests.CanonicalOrderTests"),
  HarnessDefect(
    "fingerprint-without-test", "the fingerprint leaves out the test set", "Sources/Datasets/Dataset.swift",
    statement: "test.hash(into: &hasher)", "", noticedBy: "DatasetsTests.CanonicalOrderTests"),
  HarnessDefect(
    "reader-label", "a label one above the last class is read", "Sources/Datasets/CIFAR.swift",
    "label < classes", "label <= classes", noticedBy: "DatasetsTests.CIFARErrorTests"),
  HarnessDefect(
    "reader-coarse-label", "coarse labels are not checked", "Sources/Datasets/CIFAR.swift",
    "records[start] >= Self.coarseClasses", "false", noticedBy: "DatasetsTests.CIFARErrorTests"),
]

private let readerDefects = [
  HarnessDefect(
    "trace-gap", "steps of an epoch may be missing", "Sources/Traces/TraceStructure.swift",
    "steps.first == nextStep", "steps.first >= nextStep", noticedBy: "TracesTests.StructureTests"),
  HarnessDefect(
    "trace-after-test", "lines may follow the test line", "Sources/Traces/TraceStructure.swift",
    within: "if hasTest {", "hasTest", "false", noticedBy: "TracesTests.StructureTests"),
  HarnessDefect(
    "json-key-twice", "a key may stand twice in an object", "Sources/Files/JSONParser.swift",
    "keys.insert(key).inserted", "keys.insert(key).inserted || true", noticedBy: "FilesTests.JSONTests"),
  HarnessDefect(
    "json-trailing-text", "text may follow a JSON value", "Sources/Files/JSONParser.swift",
    "position == bytes.count", "position <= bytes.count", noticedBy: "FilesTests.JSONTests"),
  HarnessDefect(
    "safetensors-trailing", "data may follow the last tensor", "Sources/Files/SafeTensorsReader.swift",
    "covered == data.count", "covered <= data.count", noticedBy: "FilesTests.SafeTensorsRefusalTests"),
  HarnessDefect(
    "safetensors-size", "a tensor may have more bytes than its shape", "Sources/Files/SafeTensorsReader.swift",
    "end - begin == bytes", "end - begin >= bytes", noticedBy: "FilesTests.SafeTensorsRefusalTests"),
  HarnessDefect(
    "zstd-no-checksum", "a frame of a trace needs no checksum", "Sources/Files/ZstdFrames.swift",
    within: "hasChecksum: false) where needsChecksums", "needsChecksums", "needsChecksums && false",
    noticedBy: "FilesTests.ZstdTests"),
  HarnessDefect(
    "zstd-limit", "a file may decompress to any size", "Sources/Files/ZstdFrames.swift",
    "output.pos > limit - content.count", "false", noticedBy: "FilesTests.ZstdTests"),
]

private let exitCodeDefects = [
  HarnessDefect(
    "exit-nothing-compared", "a check that compared nothing passes", "Sources/Goldens/Report/GoldenReport.swift",
    "failing.isEmpty && compared > 0", "failing.isEmpty", noticedBy: "GoldensTests.ReportTests"),
  HarnessDefect(
    "exit-regression", "a regression beside what cannot be compared is called not comparable",
    "Sources/Goldens/Report/GoldenReport.swift",
    "failing.contains(where: { !isObstacle($0) })", "!failing.isEmpty && failing.allSatisfy { !isObstacle($0) }",
    noticedBy: "CommandTests.GoldenCommandTests"),
  HarnessDefect(
    "exit-impossible", "what cannot be done ends with 1, as a check that failed", "Sources/gradflow/Termination.swift",
    within: "default:\n      self.init(status: .impossible", ".impossible", ".failed", noticedBy: "CommandTests.BadFileTests"),
  HarnessDefect(
    "exit-time-limit", "a run cut by its time limit ends with 0", "Sources/gradflow/RunSession.swift",
    within: "throw Stop(.stopped, \"stopped by the time limit", ".stopped", ".done", noticedBy: "CommandTests.RunCommandTests"),
  HarnessDefect(
    "exit-claims", "claims that do not hold end with 0", "Sources/gradflow/ClaimsCommand.swift",
    within: "case .notHeld: throw Stop(.failed)", "throw Stop(.failed)", "break", form: .statement,
    noticedBy: "CommandTests.ReportCommandTests"),
  HarnessDefect(
    "exit-drift", "a table whose engine has drifted ends with 0", "Sources/gradflow/Table1Command.swift",
    "table.hasDrift", "false", noticedBy: "CommandTests.MatrixGoldenTests"),
  HarnessDefect(
    "exit-unwritten", "results that could not be written end with 0", "Sources/gradflow/Console.swift",
    statement: "throw ConsoleError(reason: String(cString: strerror(errno)))", "return", noticedBy: "CommandTests.StreamTests"),
  HarnessDefect(
    "exit-bisect", "bisect that found a difference ends with 0", "Sources/gradflow/BisectCommand.swift",
    within: "case .settings: throw Stop(.failed)", ".failed", ".done", noticedBy: "CommandTests.BisectCommandTests"),
]

/// Of the engine, found by a second look: beside those of `engineDefects`.
private let engineHarnessDefects = [
  HarnessDefect(
    "minimal-filtering-width", "minimal filtering is taken by maps of any width", "Sources/Layers/ConvolutionGeometry.swift",
    "min(height, width) >= 3", "height >= 3", noticedBy: "LayersTests.GeometryTests"),
  HarnessDefect(
    "adam-late-correction", "Adam's second correction is off after a thousand updates", "Sources/Optimisers/Adam.swift",
    within: "root: correction2.squareRoot()", "correction2.squareRoot()", "updates > 1000 ? 1 : correction2.squareRoot()",
    noticedBy: "OptimisersTests.AdamTests"),
  HarnessDefect(
    "read-ahead-same-images", "the images at hand are fetched, not those that come next",
    "Sources/Networks/Execution/Region.swift",
    within: "let first = group.images.upperBound", "group.images.upperBound", "group.images.lowerBound",
    noticedBy: "NetworksTests.RegionTests"),
  HarnessDefect(
    "read-ahead-over-budget", "more is fetched ahead than the cache holds", "Sources/Layers/ReadAhead.swift",
    "min(bytes, bytesLeft.pointer[worker])", "bytes", noticedBy: "LayersTests.ReadAheadTests"),
  HarnessDefect(
    "update-check-loose", "an answered update may be a thousandth off", "Sources/Training/UpdateCheck.swift",
    "0x1p-21", "0x1p-10", noticedBy: "TrainingTests.UpdateCheckTests"),
  HarnessDefect(
    "update-check-moments", "answered moments are not looked at", "Sources/Training/UpdateCheck.swift",
    within: "return 0x1p-20 * size", "0x1p-20", "1.0", noticedBy: "TrainingTests.UpdateCheckTests"),
]

private let breakdown = "Sources/Benchmarks/Breakdown.swift"

/// Of what tells where the time goes.
private let benchDefects = [
  HarnessDefect(
    "bench-threads", "a part's time is that of all threads together", breakdown,
    within: "Double(times.threads * steps)", "times.threads * steps", "steps", noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-sections", "sections are those of all steps together", breakdown,
    "Double(times[section]) * 1e-6 / Double(steps)", "Double(times[section]) * 1e-6",
    noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-update", "updates are those of all steps together", breakdown, "updates / Double(steps)", "updates",
    noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-rest", "the parts do not add up to the step", breakdown,
    "stepMilliseconds - parts.reduce(0) { $0 + $1.milliseconds }", "0.0", noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-batch", "a part's work is that of one image", breakdown, within: "entry.work * Double(batch)", "Double(batch)", "1.0",
    noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-predicted", "what is predicted counts the direct algorithm", breakdown,
    within: "2 * amount.products", "amount.products", "amount.multiplyAdds", noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-groups", "of a group the last part's work counts", breakdown, "(old?.amount ?? .init()) + part.amount", "part.amount",
    noticedBy: "BenchmarksTests.BreakdownTests"),
  HarnessDefect(
    "bench-cumulative", "an operation's time reaches back to its group's beginning",
    "Sources/Networks/Instrumentation/StepTimes.swift", statement: "last = now", "", noticedBy: "NetworksTests.StepTimesTests"),
  HarnessDefect(
    "bench-no-reset", "times are never forgotten", "Sources/Networks/Instrumentation/StepTimes.swift",
    statement: "for table in order { table.reset() }", "", noticedBy: "NetworksTests.StepTimesTests"),
]
