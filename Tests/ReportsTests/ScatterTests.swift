import Foundation
import Goldens
import TestSupport
import Testing

@testable import Reports

@Suite("What seeds scatter by")
struct ScatterTests {
  private static let rows = ["vgg08", "vgg38", "vgg38-bn-rc-1e-2"]

  private func golden(_ row: String) throws -> Golden {
    return try Golden(path: packageDirectory.appendingPathComponent("golden/short/\(row).jsonl.zst").path)
  }

  @Test("it is what the bands of golden/short have, of every quantity, over both epochs", arguments: rows)
  func recorded(row: String) throws {
    let bands = try #require(try golden(row).bands)
    #expect(bands.ensemble.seeds == [0, 1, 2, 3])
    func band(_ name: String) throws -> Band { try #require(bands.bands.first { $0.metric.rawValue == name }) }
    func rootMeanSquare(_ values: [Double]) -> Double {
      (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    var expected: [String: Double] = [:]
    for metric in CurveFigures.Metric.allCases {
      let band = try band(metric.rawValue)
      // The losses of a network that does not learn have bands of about the least that there is (golden/README.md).
      if metric.isLoss, row == "vgg38" {
        #expect(band.deviations.allSatisfy { $0[0] < 3e-5 }, "\(band.deviations)")
        continue
      }
      expected[metric.rawValue] = rootMeanSquare(
        zip(band.deviations, band.centres).map { deviation, centre in
          metric.isLoss ? deviation[0] : deviation[0] / (centre[0] * (1 - centre[0])).squareRoot()
        })
    }
    let flow = try band("gradient_flow")
    for (index, layer) in flow.layers.enumerated() { expected[layer] = rootMeanSquare(flow.deviations.map { $0[index] }) }
    let recorded = try #require(Scatter.all[row])
    #expect(Set(recorded.keys) == Set(expected.keys))
    // Two digits are kept.
    for (quantity, deviation) in recorded {
      let exact = try #require(expected[quantity])
      #expect(abs(deviation - exact) <= 0.05 * exact, "\(quantity): \(exact)")
    }
  }

  @Test("there is one for each row beside whose curves something was published, and for no other")
  func ofEachCurve() {
    let curves = PublishedRow.all.map(\.id).filter { CourseCurve.named($0) != nil }
    let published = Set(curves + PublishedPoint.figure4.map(\.row) + PublishedFlow.all.map(\.row))
    #expect(published == Set(Scatter.all.keys) && published == Set(Self.rows))
  }
}
