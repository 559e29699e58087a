import Platform

// The system's functions: bands are rounded to six digits before they are recorded, and decide no bit of any run.

func log10(_ value: Double) -> Double { Platform.log10(value) }

func naturalLog(_ value: Double) -> Double { log(value) }

func power10(_ exponent: Double) -> Double { pow(10, exponent) }

/// Sample mean and standard deviation (n − 1).
func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  guard values.count > 1 else { return (mean, 0) }
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, (squares / Double(values.count - 1)).squareRoot())
}

/// The nearest number of so many significant decimal digits.
func significant(_ value: Double, digits: Int) -> Double {
  guard value != 0, value.isFinite else { return value }
  let exponent = Int(log10(abs(value)).rounded(.down)) - (digits - 1)
  // Through text, so that what is stored is the double nearest to a short decimal.
  let mantissa = Int((value / pow(10, Double(exponent))).rounded())
  return Double("\(mantissa)e\(exponent)") ?? value
}

/// What bands are recorded with.
func sixDigits(_ value: Double) -> Double { significant(value, digits: 6) }
