#ifndef CONFORMANCE_DIGEST_H
#define CONFORMANCE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

// FNV-1a, 64 bits, over bytes in little-endian order: enough to tell that two runs differ.
typedef uint64_t digest;

#define DIGEST_START 0xcbf29ce484222325u

static inline digest digest_byte(digest d, unsigned byte) { return (d ^ byte) * 0x100000001b3u; }

static inline digest digest_bits(digest d, uint64_t bits, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) d = digest_byte(d, (unsigned)(bits >> (8 * i)) & 0xff);
  return d;
}

// Floating-point elements; NaNs are canonical, for the contract compares neither their sign nor their payload.
static inline digest digest_elements(digest d, const void *values, size_t count, size_t bytes) {
  for (size_t i = 0; i < count; i++) {
    if (bytes == 4) {
      const uint32_t bits = ((const uint32_t *)values)[i];
      d = digest_bits(d, (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : bits, 4);
    } else {
      const uint64_t bits = ((const uint64_t *)values)[i];
      d = digest_bits(d, (bits << 1) > 0xffe0000000000000u ? 0x7ff8000000000000u : bits, 8);
    }
  }
  return d;
}

static inline digest digest_double(digest d, double value) { return digest_elements(d, &value, 1, sizeof value); }

#endif
