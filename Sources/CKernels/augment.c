#include "gf_augment.h"

#include <string.h>

// One row of the output, [side][3], of the crop's row `row`: columns before `first` and from `end` on are padding.
static void gf_augment_row(const uint8_t *planes, ptrdiff_t side, ptrdiff_t row, ptrdiff_t right, int flip,
    ptrdiff_t first, ptrdiff_t end, const float table[3 * 256], float *out) {
  const float padding[3] = {table[0], table[256], table[512]};
  for (ptrdiff_t x = 0; x < first; x++) memcpy(out + 3 * x, padding, sizeof padding);
  const uint8_t *red = planes + row * side, *green = red + side * side, *blue = green + side * side;
  const ptrdiff_t step = flip ? -1 : 1;
  ptrdiff_t column = (flip ? side - 1 - first : first) + right;
  for (ptrdiff_t x = first; x < end; x++, column += step) {
    out[3 * x] = table[red[column]];
    out[3 * x + 1] = table[256 + green[column]];
    out[3 * x + 2] = table[512 + blue[column]];
  }
  for (ptrdiff_t x = end; x < side; x++) memcpy(out + 3 * x, padding, sizeof padding);
}

// clang-format off
static ptrdiff_t gf_clamp(ptrdiff_t value, ptrdiff_t high) { return value < 0 ? 0 : value > high ? high : value; }
// clang-format on

void gf_augment_f32(const uint8_t *planes, ptrdiff_t side, ptrdiff_t down, ptrdiff_t right, int flip,
    const float table[3 * 256], float *out) {
  // Columns of the crop that lie in the image: in the order of the output, which a flip reverses.
  const ptrdiff_t first = gf_clamp(flip ? right : -right, side), end = gf_clamp(flip ? side + right : side - right, side);
  for (ptrdiff_t y = 0; y < side; y++) {
    const ptrdiff_t row = y + down;
    const int inside = row >= 0 && row < side;
    gf_augment_row(planes, side, inside ? row : 0, right, flip, inside ? first : side, inside ? end : side, table,
        out + 3 * side * y);
  }
}
