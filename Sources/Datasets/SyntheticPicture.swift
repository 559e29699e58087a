import CKernels
import Kernels

/// What one synthetic image shows: a textured shape before a plain ground.
struct SyntheticPicture {
  /// Numbers that one picture takes from its stream.
  static let randomNumbers = 16
  private static let shapes = [GF_DISC, GF_SQUARE, GF_RING, GF_CROSS, GF_DIAMOND]

  private var picture = gf_picture()

  /// - Parameter random: the i-th of `randomNumbers` uniform numbers in [0, 1).
  init(label: Int, classes: Int, random: (Int) -> Double) {
    // Shape, hue and stripes go their own ways through the classes, so that none alone tells all of them apart.
    picture.shape = Int32(Self.shapes[label % Self.shapes.count])
    let hue = Double(label * 7 % classes) / Double(classes) + 0.06 * (random(0) - 0.5)
    let brightness = 0.5 + 0.12 * (random(1) - 0.5)
    func colour(_ channel: Int) -> Double { brightness + 0.38 * Self.cosine(hue - Double(channel) / 3) }
    picture.colour = (colour(0), colour(1), colour(2))
    picture.ground = (0.25 + 0.5 * random(2), 0.25 + 0.5 * random(3), 0.25 + 0.5 * random(4))
    picture.centre_x = 0.7 * (random(5) - 0.5)
    picture.centre_y = 0.7 * (random(6) - 0.5)
    picture.scale = 0.45 + 0.35 * random(7)
    let angle = 0.16 * (random(8) - 0.5)
    picture.turn_cos = Self.cosine(angle)
    picture.turn_sin = Self.cosine(angle - 0.25)
    let direction = Double(label * 3 % classes) / Double(classes) / 2
    let frequency = label % 2 == 0 ? 0.8 : 1.6
    picture.wave_x = frequency * Self.cosine(direction)
    picture.wave_y = frequency * Self.cosine(direction - 0.25)
    picture.phase = random(9)
    picture.noise = 0.10 + 0.15 * random(10)
  }

  /// Writes planes R, G, B of side × side bytes.
  ///
  /// - Parameter noise: a random word for each byte.
  func draw(side: Int, noise: [UInt32], into pixels: UnsafeMutablePointer<UInt8>) {
    precondition(noise.count == 3 * side * side, "\(noise.count) words for an image of side \(side)")
    withUnsafePointer(to: picture) { gf_picture_draw($0, side, noise, pixels) }
  }

  /// Cosine of an angle in turns.
  private static func cosine(_ turns: Double) -> Double { Elementary.cos(2 * Double.pi * turns) }
}
