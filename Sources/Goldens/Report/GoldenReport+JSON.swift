import Files
import Traces

extension GoldenReport {
  /// The report as one object; numbers as traces print them.
  var json: JSONValue {
    .members([
      "format": .string("gradflow-golden-check"), "version": JSONValue(1), "profile": .string(profile),
      "against": .string(store.directory), "required": .string(requirement.level.name),
      "other_bits_allowed": .bool(requirement.allowsOtherBits),
      "verdict": .string(verdict), "passed": .bool(outcome == .passed), "compared_runs": JSONValue(compared),
      "counts": json(of: counts), "runs": .array(judgements.map(json(of:))),
    ])
  }

  private func json(of counts: Judgement.Counts) -> JSONValue {
    .members([
      "epochs": JSONValue(counts.epochs), "numbers": JSONValue(counts.values), "digests": JSONValue(counts.digests),
      "against_bands": JSONValue(counts.banded), "inputs": JSONValue(counts.inputs),
      "against_rounding": JSONValue(counts.rounded),
    ])
  }

  private func json(of judgement: Judgement) -> JSONValue {
    .members([
      "row": .string(judgement.row), "seed": judgement.seed.map { JSONValue($0) } ?? .null,
      "seeds": .array(judgement.seeds.map { JSONValue($0) }), "run": .string(judgement.run),
      "verdict": .string(judgement.verdict.name), "passed": .bool(passes(judgement)),
      "reason": .string(judgement.verdict.description), "prefix": .bool(judgement.isPrefix),
      "counts": json(of: judgement.counts),
      "rounding": judgement.rounding.map {
        .members(["share": JSONValue($0.largest), "group": .string($0.group), "outside": .bool($0.isOutside)])
      } ?? .null,
      "largest_update_departure": judgement.largestDeparture.map { JSONValue($0) } ?? .null,
      "findings": .array(judgement.findings.map(json(of:))),
      "rerun": .string(rerun(judgement)), "bisect": bisect(judgement).map { .string($0) } ?? .null,
      "accept": .string(accept(judgement)),
    ])
  }

  private func json(of finding: Finding) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("metric", .string(finding.metric)),
      .init("epoch", finding.epoch.map { JSONValue($0) } ?? .null),
      .init("layer", finding.layer.map { .string($0) } ?? .null),
      .init("found", finding.found.map { JSONValue($0) } ?? .null),
    ]
    switch finding.kind {
    case .outside(let band, let widths):
      members += [
        .init("kind", .string("outside")), .init("expected", JSONValue(band.centre)), .init("lower", JSONValue(band.lower)),
        .init("upper", JSONValue(band.upper)), .init("band_widths_outside", JSONValue(widths)),
      ]
    case .unequal(let expected):
      members += [.init("kind", .string("unequal")), .init("expected", JSONValue(expected))]
    case .otherInput(let expected, let found):
      members += [
        .init("kind", .string("other input")), .init("expected", .string(expected)), .init("found", .string(found)),
      ]
      members.removeAll { $0.key == "found" && $0.value == .null }
    case .beyondRounding(let expected, let tolerance, let times):
      members += [
        .init("kind", .string("beyond rounding")), .init("expected", JSONValue(expected)),
        .init("tolerance", JSONValue(tolerance)),
        .init("times", JSONValue(times)),
      ]
    case .otherUpdate(let expected, let tolerance, let element, let times):
      members += [
        .init("kind", .string("other update")), .init("expected", JSONValue(expected)),
        .init("tolerance", JSONValue(tolerance)), .init("times", JSONValue(times)), .init("element", JSONValue(element)),
      ]
    case .notFinite: members.append(.init("kind", .string("not finite")))
    case .impossible: members.append(.init("kind", .string("impossible")))
    case .missing: members.append(.init("kind", .string("missing")))
    case .extra: members.append(.init("kind", .string("extra")))
    }
    return .object(members + [.init("text", .string(finding.description))])
  }
}
