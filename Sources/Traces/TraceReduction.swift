import Files

extension Trace {
  /// The trace's lines as a run writes them; lines of unknown kinds are left out.
  public var knownLines: [TraceLine] {
    var lines: [TraceLine] = [.header(header)]
    for epoch in epochs {
      lines += inputs.filter { $0.epoch == epoch.epoch }.map(TraceLine.inputs)
      if epoch.epoch == 0 { lines += opening.map(TraceLine.opening) }
      lines += layers.filter { $0.epoch == epoch.epoch }.map(TraceLine.layers)
      lines += steps.filter { $0.epoch == epoch.epoch }.map(TraceLine.steps)
      lines += norms.filter { $0.epoch == epoch.epoch }.map(TraceLine.norms)
      lines.append(.epoch(epoch))
    }
    lines += inputs.filter { $0.epoch == nil }.map(TraceLine.inputs)
    if let test { lines.append(.test(test)) }
    return lines
  }

  /// The same run with fewer digests: those of layers only of the first `layerEpochs` epochs, those of steps only of
  /// whole epochs, as many as come to at most `stepDigests`. Epochs that have only begun, and lines of unknown kinds, are
  /// left out.
  ///
  /// - Parameter epochs: only that many; a shorter run has no test line.
  public func reduced(layerEpochs: Int, stepDigests limit: Int, epochs count: Int? = nil, withTest: Bool = true) -> Trace {
    var left = limit
    var withSteps: Set<Int> = []
    let digests = stepDigests
    for epoch in epochs.indices {
      left -= digests[epoch]?.count ?? 0
      if left < 0 { break }
      withSteps.insert(epoch)
    }
    let kept = epochs.prefix(count ?? epochs.count)
    let keepsTest = withTest && kept.count == epochs.count
    return Trace(
      header: header, epochs: Array(kept),
      steps: steps.filter { withSteps.contains($0.epoch) && $0.epoch < kept.count },
      layers: layers.filter { $0.epoch < min(layerEpochs, kept.count) },
      test: keepsTest ? test : nil,
      inputs: inputs.filter { $0.epoch.map { $0 < kept.count } ?? keepsTest }, opening: opening,
      norms: norms.filter { $0.epoch < kept.count })
  }

  /// A trace of checked parts.
  private init(
    header: TraceHeader, epochs: [EpochLine], steps: [StepsLine], layers: [LayersLine], test: TestLine?, inputs: [InputsLine],
    opening: [OpeningLine], norms: [NormsLine]
  ) {
    self.init(
      header: header, epochs: epochs, steps: steps, layers: layers, test: test, inputs: inputs, opening: opening, norms: norms,
      unknown: [],
      lines: 1 + epochs.count + steps.count + layers.count + inputs.count + opening.count + norms.count + (test == nil ? 0 : 1),
      torn: nil)
  }
}
