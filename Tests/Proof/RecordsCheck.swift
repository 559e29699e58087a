import Datasets
import Digests
import Experiments
import Files
import Foundation
import Kernels
import Randomness
import ReferenceRuns
import Training

/// The same records in CIFAR-100's layout, in several orders, plain and compressed.
func shuffledRecords(_ proof: Proof) throws -> Findings {
  let pictures = Synthetic(classes: 100, side: 32, trainingPerClass: 2, testPerClass: 1).dataset()
  var seen: [(fingerprint: Digest, digests: [String: Digest])] = []
  let orders = ["as made", "shuffled", "shuffled again, compressed", "reversed"]
  for (index, order) in orders.enumerated() {
    let directory = "\(proof.scratch)/records-\(index)"
    try createDirectory(directory)
    for (name, set) in [("train.bin", pictures.training), ("test.bin", pictures.test)] {
      var records = Array(0..<set.count)
      switch index {
      case 0: break
      case 3: records.reverse()
      default: records = RandomStream(seed: proof.seed, name: .shuffle, epoch: UInt64(index)).permutation(set.count)
      }
      let bytes = records.flatMap { number in
        [0, UInt8(set.labels[number])] + set.pixels[number * set.imageBytes..<(number + 1) * set.imageBytes]
      }
      if order.hasSuffix("compressed") {
        try AtomicFile.write(Zstd.compress(bytes), to: "\(directory)/\(name).zst")
      } else {
        try AtomicFile.write(bytes, to: "\(directory)/\(name)")
      }
    }
    let dataset = try CIFAR.load(directory: directory)
    let runs = ["vgg08", "vgg38-bn-rc-1e-2"].compactMap { id in ExperimentRow.table1.first { $0.id == id } }.map { row in
      var row = row
      row.network.filters = 4
      row.batchSize = 40
      var run = RunSpecification(row: row, profile: .short, seed: 0, dataset: dataset, epochs: 1)
      run.settings.validationPerClass = 1
      return run
    }
    let digests = try ReferenceRuns.digests(
      of: runs, on: dataset, instructionSet: .best, threads: 2, jobs: 1, in: "\(directory)/runs")
    seen.append((dataset.fingerprint, digests))
  }
  var findings = Findings(
    cases: "\(pictures.training.count) + \(pictures.test.count) records in \(orders.count) orders, 2 rows trained on each",
    count: seen.count * 2)
  for (index, order) in orders.enumerated().dropFirst() {
    if seen[index].fingerprint != seen[0].fingerprint { findings.failures.append("\(order): another fingerprint") }
    for (row, digest) in seen[0].digests.sorted(by: { $0.key < $1.key }) where seen[index].digests[row] != digest {
      findings.failures.append("\(order): \(row) has another trace")
    }
  }
  return findings
}
