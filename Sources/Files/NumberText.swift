/// The shortest text that reads back as the same number; "nan", "inf" or "-inf" for one that is not finite. A NaN has no sign:
/// which one it carries differs from machine to machine.
public func numberText(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  return value.description
}
