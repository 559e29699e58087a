import Files

extension NetworkConfiguration {
  /// The same network with as many filters and classes as the weights have.
  ///
  /// The filters are what most convolutions say, so that one that differs is the one that is refused; the classes are what
  /// the linear layer says. Nothing else is checked here.
  func sized(by weights: SafeTensors) -> NetworkConfiguration {
    var shapes: [String: [Int]] = [:]
    for name in weights.names { shapes[WeightName.plain(name)] = weights[name]?.shape }
    var sized = self
    var votes: [(filters: Int, count: Int)] = []
    for specification in ParameterSpecification.all(of: self) where specification.shape.count == 4 {
      guard let filters = shapes[specification.name]?.first else { continue }
      if let index = votes.firstIndex(where: { $0.filters == filters }) {
        votes[index].count += 1
      } else {
        votes.append((filters, 1))
      }
    }
    if let winner = votes.max(by: { $0.count < $1.count }) { sized.filters = winner.filters }
    if let classes = shapes["logit_linear_layer.weight"]?.first { sized.classes = classes }
    return sized
  }
}
