/// Text as XML and HTML take it, also inside quotes. Characters that XML 1.0 cannot have become U+FFFD.
///
/// - Parameter isAttribute: line feeds and tabs, which a reader of an attribute would turn into spaces, are written as
///   references; a carriage return becomes U+FFFD.
public func escapedForXML(_ text: String, isAttribute: Bool = false) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n" where isAttribute: result += "&#10;"
    case "\t" where isAttribute: result += "&#9;"
    case "\r" where isAttribute: result += "\u{fffd}"
    case "\0"..."\u{8}", "\u{b}", "\u{c}", "\u{e}"..."\u{1f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
