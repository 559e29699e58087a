import Testing

@testable import Networks

@Suite("Which operations run together follows from the list")
struct RegionPlanTests {
  private func regions(_ row: String) throws -> PassPlan<Float> {
    PassPlan(NetworkDescription(try StandardRow.named(row).configuration), .training, for: .training, capacity: 10)
  }

  private func names(_ plan: PassPlan<Float>, _ region: PlannedRegion) -> [String] {
    region.operations.map { "\(plan.operations[$0].facts.layer) \(plan.operations[$0].facts.part.rawValue)" }
  }

  @Test("every operation is in one region, in its order", arguments: StandardRow.all.map(\.id))
  func complete(row: String) throws {
    let plan = try regions(row)
    #expect(plan.regions.flatMap { Array($0.all) } == Array(plan.operations.indices))
  }

  @Test("no region needs the whole batch in its middle, keeps two sums, or mixes sizes", arguments: StandardRow.all.map(\.id))
  func rules(row: String) throws {
    let plan = try regions(row)
    for region in plan.regions {
      let facts = plan.operations[region.operations].map(\.facts)
      #expect(facts.allSatisfy { $0.scope == .image || $0.scope == .slot })
      #expect(facts.count(where: \.usesAccumulator) <= 1)
      let sizes = Set(facts.map { $0.largestMap(elementBytes: 4) <= RegionPlan.smallMapBytes ? 5 : 1 })
      #expect(sizes == [region.imagesAtATime])
      #expect(plan.operations[region.finish].allSatisfy { $0.facts.scope == .batch })
    }
  }

  @Test("between two weight gradients the cut is before the activation: its gradient stays in the cache")
  func cutBetweenLayers() throws {
    let plan = try regions("vgg38")
    let region = try #require(
      plan.backward.first { names(plan, $0).contains("block_0_3_conv_1 weight_gradient") })
    #expect(
      names(plan, region) == [
        "block_0_3_conv_1 pointwise", "block_0_3_conv_1 weight_gradient", "block_0_3_conv_1 input_gradient",
      ])
  }

  @Test("what a region finds in main memory is what it reads and has not written", arguments: StandardRow.all.map(\.id))
  func arrivals(row: String) throws {
    let plan = try regions(row)
    for region in plan.regions {
      let facts = plan.operations[region.operations].map(\.facts)
      #expect(Set(region.arrivals) == Set(facts.flatMap(\.reads)).subtracting(facts.flatMap(\.writes)))
      #expect(Set(region.arrivals).count == region.arrivals.count)
      #expect(region.arrivals.allSatisfy { plan.externals[$0] != nil || plan.memory.places[$0]?.home == .batch })
    }
  }

  @Test("what arrives is named in the order in which it is read")
  func orderOfArrivals() throws {
    let plan = try regions("vgg38-bn-rc-1e-2")
    let region = try #require(plan.backward.first { names(plan, $0).contains("block_1_0_conv_1 weight_gradient") })
    #expect(
      region.arrivals.map { plan.names[$0.id] } == [
        "d block_1_0_bn_1, activated", "block_1_0_bn_1, activated", "block_1_0_conv_1", "block_1_0_conv_0",
      ])
  }

  @Test("with batch norm a region reaches from one mean to the next")
  func normalised() throws {
    let plan = try regions("vgg38-bn-rc-1e-2")
    let forward = try #require(plan.forward.first { names(plan, $0).contains("block_1_0_conv_1 convolution") })
    #expect(
      names(plan, forward) == ["block_1_0_bn_0 pointwise", "block_1_0_conv_1 convolution", "block_1_0_bn_1 statistics"])
    let backward = try #require(plan.backward.first { names(plan, $0).contains("block_1_0_conv_1 weight_gradient") })
    #expect(
      names(plan, backward) == [
        "block_1_0_bn_1 pointwise", "block_1_0_bn_0 pointwise", "block_1_0_conv_1 weight_gradient",
        "block_1_0_conv_1 input_gradient", "block_1_0_bn_0 statistics",
      ])
  }
}
