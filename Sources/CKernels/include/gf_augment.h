#ifndef GF_AUGMENT_H
#define GF_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

// One image from bytes to normalised numbers: crop, flip, look up.
// planes: [3][side][side]; out: [side][side][3];
// out[y][x][c] = table[c][planes[c][y + down][x' + right]] with x' = side - 1 - x if `flip`, else x;
// table[c][0] where that lies outside the image: padding is of raw zeros.
void gf_augment_f32(const uint8_t *planes, ptrdiff_t side, ptrdiff_t down, ptrdiff_t right, int flip,
    const float table[3 * 256], float *out);

#endif
