#include "gf_noise.h"

#include "gf_philox.h"

void gf_noise_squares(const float *values, size_t count, size_t channels, double *squares) {
  for (size_t pixel = 0; pixel < count; pixel += channels) {
    for (size_t channel = 0; channel < channels; channel++) {
      const double value = values[pixel + channel];
      squares[channel] += value * value;
    }
  }
}

void gf_noise_add(float *values, size_t count, size_t channels, const float *sizes, uint64_t key, uint64_t first,
    const float *samples) {
  // Words are drawn in pieces that stay in L1.
  enum { piece = 512 };
  uint32_t words[piece];
  const size_t skipped = first % 2;
  size_t channel = 0;
  for (size_t begin = 0; begin < count + skipped; begin += 2 * piece) {
    const size_t end = count + skipped - begin < 2 * piece ? count + skipped - begin : 2 * piece;
    gf_philox_fill(key, first / 2 + begin / 2, words, (end + 1) / 2);
    for (size_t half = begin == 0 ? skipped : 0; half < end; half++) {
      values[begin + half - skipped] += sizes[channel] * samples[words[half / 2] >> 16 * (half % 2) & 0xffff];
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
  }
}
