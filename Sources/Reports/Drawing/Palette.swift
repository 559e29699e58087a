/// The colours of all pictures, as classes of a style sheet: the series are Okabe and Ito's, which people with any common
/// colour blindness tell apart (https://jfly.uni-koeln.de/color/), lighter on dark ground. Whatever a colour says, a
/// width, a dash or a label says too.
enum Palette {
  /// A series' class suffix.
  enum Series: String, CaseIterable {
    case blue, sky, vermillion, orange, green, purple, grey

    var light: String {
      switch self {
      case .blue: "#0072b2"
      case .sky: "#3c9fd6"
      case .vermillion: "#d55e00"
      case .orange: "#cf8a00"
      case .green: "#009e73"
      case .purple: "#b45c93"
      case .grey: "#6e7781"
      }
    }

    var dark: String {
      switch self {
      case .blue: "#58b2f0"
      case .sky: "#a9dcff"
      case .vermillion: "#ff8a4c"
      case .orange: "#ffc65c"
      case .green: "#3fd0a4"
      case .purple: "#e79ac6"
      case .grey: "#8b949e"
      }
    }

    var line: String { "gf-line gf-\(rawValue)" }
    var area: String { "gf-area gf-fill-\(rawValue)" }
    var dot: String { "gf-dot gf-fill-\(rawValue)" }
  }

  /// Rules that hold on any ground.
  private static let shapes = """
    .gf-text,.gf-small,.gf-tiny,.gf-micro,.gf-title{\
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    .gf-text{font-size:12px}
    .gf-small{font-size:11px}
    .gf-tiny{font-size:9.5px}
    .gf-micro{font-size:8.5px}
    .gf-title{font-size:13px;font-weight:600}
    .gf-line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
    .gf-thin{stroke-width:1.1}
    .gf-strong{stroke-width:2.6}
    .gf-dashed{stroke-dasharray:6 4;stroke-width:1.5}
    .gf-faint{stroke-width:.9;stroke-opacity:.3}
    .gf-few{stroke-width:1.2;stroke-opacity:.55}
    .gf-error{stroke-width:1.5;fill:none}
    .gf-area{stroke:none;fill-opacity:.16}
    .gf-band{stroke:none;fill-opacity:.22}
    .gf-golden{fill-opacity:.07;stroke-opacity:.5;stroke-width:1;stroke-dasharray:2 3}
    .gf-dot{stroke:none}
    .gf-hollow{stroke-width:1.4}
    .gf-axis{stroke-width:1;fill:none}
    .gf-grid{stroke-width:1}

    """

  private struct Ground: Sendable {
    let ground: String
    let text: String
    let muted: String
    let axis: String
    let grid: String
    let band: String
    let series: @Sendable (Series) -> String

    var rules: String {
      var rules = """
        .gf-ground{fill:\(ground)}
        .gf-text,.gf-title{fill:\(text)}
        .gf-small,.gf-tiny,.gf-micro{fill:\(muted)}
        .gf-axis{stroke:\(axis)}
        .gf-error{stroke:\(text)}
        .gf-grid{stroke:\(grid)}
        .gf-band{fill:\(band)}
        .gf-hollow{fill:\(ground);stroke:\(text)}
        .gf-missing{fill:\(grid);stroke:\(axis);stroke-width:.5}
        .gf-zero{fill:\(ground);stroke:\(axis);stroke-width:.5}

        """
      for series in Series.allCases {
        let (name, color) = (series.rawValue, self.series(series))
        rules += ".gf-\(name){stroke:\(color)}\n.gf-fill-\(name){fill:\(color)}\n"
      }
      return rules
    }
  }

  private static let light = Ground(
    ground: "#ffffff", text: "#1f2328", muted: "#4d5560", axis: "#8c959f", grid: "#e4e7eb", band: "#8c959f",
    series: { $0.light })
  private static let dark = Ground(
    ground: "#14181e", text: "#e6e9ee", muted: "#b3bac3", axis: "#747d88", grid: "#2a3038", band: "#8b949e",
    series: { $0.dark })

  /// Light, unless the reader prefers dark; always light on paper.
  static var styleSheet: String {
    shapes + light.rules + "@media screen and (prefers-color-scheme:dark){\n" + dark.rules + "}\n"
  }

  // MARK: Heat

  /// Dark blue to yellow, lightness rising evenly, as cividis does it (Nuñez, Anderton & Renslow 2018,
  /// doi:10.1371/journal.pone.0199239): the same order for every kind of sight, and in grey.
  static func heat(_ share: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115), (138, 134, 120), (165, 156, 116),
      (195, 179, 105), (225, 204, 85), (254, 232, 56),
    ]
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let part = place - Double(index)
    let (a, b) = (stops[index], stops[index + 1])
    func hex(_ a: Double, _ b: Double) -> String {
      let text = String(Int((a + (b - a) * part).rounded()), radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    return "#" + hex(a.0, b.0) + hex(a.1, b.1) + hex(a.2, b.2)
  }
}
