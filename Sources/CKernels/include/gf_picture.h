#ifndef GF_PICTURE_H
#define GF_PICTURE_H

#include <stddef.h>
#include <stdint.h>

// What the synthetic data show: a textured shape before a plain ground, with noise.
enum {
  GF_DISC,
  GF_SQUARE,
  GF_RING,
  GF_CROSS,
  GF_DIAMOND,
};

typedef struct {
  int shape;
  double colour[3], ground[3];  // R, G, B; 0 is black, 1 is white
  double centre_x, centre_y;    // the image reaches from -1 to 1, x to the right, y downwards
  double scale;                 // what of the image the shape's unit is
  double turn_cos, turn_sin;    // of the shape's rotation
  double wave_x, wave_y, phase; // of its stripes, in the shape's coordinates and in turns
  double noise;                 // largest deviation of a byte, in units of white
} gf_picture;

// Writes planes R, G, B of side x side bytes. noise: a random word for each.
void gf_picture_draw(const gf_picture *picture, ptrdiff_t side, const uint32_t *noise, uint8_t *planes);

#endif
