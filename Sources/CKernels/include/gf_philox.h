#ifndef GF_PHILOX_H
#define GF_PHILOX_H

#include <stddef.h>
#include <stdint.h>

// Philox4x32-10: 128 random bits as a pure function of a 128-bit counter and a 64-bit key, in integer arithmetic alone.
// Source: Salmon, Moraes, Dror & Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011, section 3.3.
// counter[0] and key[0] are the least significant words, as in the paper's known answers. Streams of 16-bit numbers: gf_noise.h.
void gf_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// Words first_word ..< first_word + count of the stream of `key` (low half first). Word i is word i % 4 of the block
// whose counter is (low half of i / 4, high half of i / 4, 0, 0). Word indices are modulo 2^64.
void gf_philox_fill(uint64_t key, uint64_t first_word, uint32_t *out, size_t count);

#endif
