#include "gf_picture.h"

#include "gf_elementary.h"

// Contraction is never left to the compiler.
#pragma STDC FP_CONTRACT OFF

static double larger(double a, double b) { return a > b ? a : b; }
static double smaller(double a, double b) { return a < b ? a : b; }
static double magnitude(double a) { return a < 0 ? -a : a; }

// Whether (x, y), in the shape's own coordinates, lies within it.
static int contains(int shape, double x, double y) {
  const double square = x * x + y * y, a = magnitude(x), b = magnitude(y);
  switch (shape) {
    case GF_DISC: return square < 1;
    case GF_SQUARE: return larger(a, b) < 0.85;
    case GF_RING: return square < 1.1 && square > 0.35;
    case GF_CROSS: return larger(a, b) < 1 && smaller(a, b) < 0.33;
    default: return a + b < 1.2;
  }
}

void gf_picture_draw(const gf_picture *picture, ptrdiff_t side, const uint32_t *noise, uint8_t *planes) {
  const double turn = 0x1.921fb54442d18p+2;  // 2 pi
  const double pixel = 2 / (double)side;
  for (ptrdiff_t row = 0; row < side; row++) {
    for (ptrdiff_t column = 0; column < side; column++) {
      const double x = ((double)column + 0.5) * pixel - 1 - picture->centre_x;
      const double y = ((double)row + 0.5) * pixel - 1 - picture->centre_y;
      const double a = (x * picture->turn_cos + y * picture->turn_sin) / picture->scale;
      const double b = (y * picture->turn_cos - x * picture->turn_sin) / picture->scale;
      const int inside = contains(picture->shape, a, b);
      const double light =
          inside ? 0.75 + 0.25 * gf_cos(turn * (picture->wave_x * a + picture->wave_y * b + picture->phase)) : 1;
      for (ptrdiff_t c = 0; c < 3; c++) {
        const ptrdiff_t place = (c * side + row) * side + column;
        const double value = (inside ? picture->colour[c] : picture->ground[c]) * light;
        const double disturbed = 255 * (value + picture->noise * ((double)noise[place] * 0x1p-31 - 1));
        planes[place] = (uint8_t)smaller(larger(disturbed, 0), 255);
      }
    }
  }
}
