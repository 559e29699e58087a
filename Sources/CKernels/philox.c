#include "gf_philox.h"

#include "template/philox.h"

void gf_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  // The multipliers were found by search (the paper's section 3.3); the key's increments are the fractions of the golden
  // ratio and of the square root of 3.
  const uint64_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u;
  const uint32_t increment0 = 0x9E3779B9u, increment1 = 0xBB67AE85u;
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = multiplier0 * c0, product1 = multiplier1 * c2;
    c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)product1;
    c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)product0;
    k0 += increment0;
    k1 += increment1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

void gf_philox_fill(uint64_t key, uint64_t first_word, uint32_t *out, size_t count) {
  philox_fill(key, first_word, out, count);
}
