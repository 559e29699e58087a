import Bisection
import Files
import Testing

@Suite("The first element that differs")
struct ElementDifferenceTests {
  @Test("an element's distance counts the representable numbers between; NaNs are equal; zeros have signs")
  func distance() throws {
    func difference(_ a: [Float], _ b: [Float]) -> ElementDifference? {
      ElementDifference(SafeTensor(shape: [a.count / 2, 2], a), SafeTensor(shape: [b.count / 2, 2], b))
    }
    #expect(difference([1, 2, .nan, 4], [1, 2, -.nan, 4]) == nil)
    let next = try #require(difference([1, 2, 3, 4], [1, 2, 3, Float(4).nextUp]))
    #expect(next.place == [1, 1] && next.ulps == 1 && next.count == 1 && next.of == 4)
    #expect(difference([0, 1], [-0.0, 1])?.ulps == 0)
    #expect(difference([.leastNonzeroMagnitude, 1], [-.leastNonzeroMagnitude, 1])?.ulps == 2)
    #expect(difference([.nan, 1], [2, 1])?.ulps == nil)
    #expect(difference([.infinity, 1], [.greatestFiniteMagnitude, 1])?.ulps == 1)
    let double = ElementDifference(SafeTensor(shape: [1], [1.0]), SafeTensor(shape: [1], [(1.0 as Double).nextDown]))
    #expect(double?.ulps == 1)
    #expect(ElementDifference(SafeTensor(shape: [1], [1.0]), SafeTensor(shape: [1], [1.0])) == nil)
    // More steps than a signed number holds.
    let opposite = ElementDifference(SafeTensor(shape: [1], [2.0 as Double]), SafeTensor(shape: [1], [-2.0 as Double]))
    #expect(opposite?.ulps == 2 * (2.0 as Double).bitPattern)
  }
}
