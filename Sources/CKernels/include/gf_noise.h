#ifndef GF_NOISE_H
#define GF_NOISE_H

#include <stddef.h>
#include <stdint.h>

// Sums of squares by channel, in binary64 and in the order of memory: squares[c] += values[i]^2 for i % channels == c.
// values: [count], count a multiple of channels; squares: [channels].
void gf_noise_squares(const float *values, size_t count, size_t channels, double *squares);

// values[i] += sizes[i % channels] * samples[s], s being the 16-bit number `first` + i of the stream of `key`: half
// (first + i) % 2, the low one first, of its word (first + i) / 2 (gf_philox_fill). samples: [65536].
void gf_noise_add(float *values, size_t count, size_t channels, const float *sizes, uint64_t key, uint64_t first,
    const float *samples);

#endif
