#include "gf_augment.h"

void gf_augment_f32(const uint8_t *planes, ptrdiff_t side, ptrdiff_t down, ptrdiff_t right, int flip,
                    const float table[3 * 256], float *out) {
  for (ptrdiff_t y = 0; y < side; y++) {
    const ptrdiff_t row = y + down;
    for (ptrdiff_t x = 0; x < side; x++) {
      const ptrdiff_t column = (flip ? side - 1 - x : x) + right;
      const int inside = row >= 0 && row < side && column >= 0 && column < side;
      for (ptrdiff_t c = 0; c < 3; c++)
        out[(y * side + x) * 3 + c] = table[c * 256 + (inside ? planes[(c * side + row) * side + column] : 0)];
    }
  }
}
