// Philox4x32-10 (gf_philox.h) for many blocks at once, in vectors: each of a block's four words stands in an array of its own.
// Integers alone, so that every instruction set gives the same.

#ifndef GF_PHILOX_BLOCKS
#define GF_PHILOX_BLOCKS

#include <stddef.h>
#include <stdint.h>

#include "gf_philox.h"

enum { philox_blocks = 32 };

// The 4 * philox_blocks words of the blocks `block`, `block` + 1, ... of the stream of `key`, modulo the stream's 2^62 blocks.
static inline void philox_words(uint64_t key, uint64_t block, uint32_t *out) {
  // As in gf_philox_block. Of each number the low half counts: what is above it is left there.
  const uint64_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u, low = 0xffffffffu;
  const uint32_t increment0 = 0x9E3779B9u, increment1 = 0xBB67AE85u;
  uint64_t c0[philox_blocks], c1[philox_blocks], c2[philox_blocks], c3[philox_blocks];
  for (size_t i = 0; i < philox_blocks; i++) {
    const uint64_t index = (block + i) & (((uint64_t)1 << 62) - 1);
    c0[i] = index;
    c1[i] = index >> 32;
    c2[i] = 0;
    c3[i] = 0;
  }
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (size_t i = 0; i < philox_blocks; i++) {
      const uint64_t product0 = multiplier0 * (c0[i] & low), product1 = multiplier1 * (c2[i] & low);
      c0[i] = product1 >> 32 ^ c1[i] ^ k0;
      c2[i] = product0 >> 32 ^ c3[i] ^ k1;
      c1[i] = product1;
      c3[i] = product0;
    }
    k0 += increment0;
    k1 += increment1;
  }
  for (size_t i = 0; i < philox_blocks; i++) {
    out[4 * i] = (uint32_t)c0[i];
    out[4 * i + 1] = (uint32_t)c1[i];
    out[4 * i + 2] = (uint32_t)c2[i];
    out[4 * i + 3] = (uint32_t)c3[i];
  }
}

// gf_philox_fill, compiled for the instruction set that includes it.
static inline void philox_fill(uint64_t key, uint64_t first_word, uint32_t *out, size_t count) {
  const uint32_t halves[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
  uint64_t word = first_word;
  size_t written = 0;
  while (written < count) {
    const uint64_t index = word / 4;
    if (word % 4 == 0 && count - written >= 4 * philox_blocks) {
      philox_words(key, index, out + written);
      written += 4 * philox_blocks;
      word += 4 * philox_blocks;
      continue;
    }
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), 0, 0};
    uint32_t block[4];
    gf_philox_block(counter, halves, block);
    // The first and the last block may be used in part.
    do {
      out[written++] = block[word++ % 4];
    } while (word % 4 != 0 && written < count);
  }
}

#endif
