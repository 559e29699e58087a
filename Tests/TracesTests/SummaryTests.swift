import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct SummaryTests {
  private func cells(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
  }

  @Test("summary.csv has the course code's columns and a row per epoch that reads back exactly")
  func summary() throws {
    var epochs = [Sample.epoch(0), Sample.epoch(1), Sample.epoch(2)]
    epochs[1].trainAccuracy = .leastNonzeroMagnitude
    epochs[2].trainLoss = .nan
    epochs[2].validationLoss = -.infinity
    let text = Summary.text(epochs: epochs)
    #expect(text.hasSuffix("\n"))
    let table = cells(text)
    #expect(table[0] == ["train_acc", "train_loss", "val_acc", "val_loss"])
    #expect(table.count == 4)
    for (row, epoch) in zip(table.dropFirst(), epochs) {
      let expected = [epoch.trainAccuracy, epoch.trainLoss, epoch.validationAccuracy, epoch.validationLoss]
      #expect(row.count == 4)
      for (cell, value) in zip(row, expected) {
        let read = try #require(Double(cell))
        #expect(sameBits(read, value))
      }
    }
    #expect(table[3][1] == "nan")
    #expect(table[3][3] == "-inf")
  }

  @Test("test_summary.csv has one row, and goes when a run starts anew")
  func testSummary() throws {
    #expect(Summary.text(test: Sample.test(epoch: 0)) == "test_acc,test_loss\n0.12,3.25\n")
    try withDirectory { directory in
      let results = directory + "/result_outputs"
      try Summary.write(epochs: [Sample.epoch(0)], test: Sample.test(epoch: 0), to: results)
      #expect(fileExists(results + "/test_summary.csv"))
      let written = try readFile(results + "/summary.csv", limit: 1 << 16)
      #expect(written == Array(Summary.text(epochs: [Sample.epoch(0)]).utf8))
      try Summary.write(epochs: [], test: nil, to: results)
      #expect(!fileExists(results + "/test_summary.csv"))
      #expect(
        try readFile(results + "/summary.csv", limit: 1 << 16) == Array("train_acc,train_loss,val_acc,val_loss\n".utf8))
    }
  }
}
