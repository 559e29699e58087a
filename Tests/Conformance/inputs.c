#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const family_names[FAMILIES] = {"ordinary", "wide", "subnormal", "signed zeros", "non-finite"};

// splitmix64 (Steele, Lea & Flood 2014).
static uint64_t state;

void inputs_seed(uint64_t seed) { state = seed; }

uint64_t inputs_next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

size_t inputs_below(size_t count) { return (size_t)(inputs_next() >> 33) % count; }

static int between(int first, int last) { return first + (int)inputs_below((size_t)(last - first + 1)); }

typedef struct {
  int significand_bits, bias;
  uint64_t fraction, infinity, sign;
} format;

static const format formats[2] = {
    {23, 127, 0x7fffff, 0x7f800000, 0x80000000},
    {52, 1023, 0xfffffffffffff, 0x7ff0000000000000, 0x8000000000000000},
};

// Random sign and significand; exponent -bias makes a subnormal.
static uint64_t with_exponent(const format *t, int exponent) {
  const uint64_t random = inputs_next();
  return (random & t->sign) | (uint64_t)(exponent + t->bias) << t->significand_bits | (random & t->fraction);
}

static uint64_t of_family(const format *t, family f) {
  switch (f) {
    case WIDE:
      return with_exponent(t, between(-t->bias / 3, t->bias / 3));
    case SUBNORMAL:
      switch (inputs_below(4)) {
        case 0: return with_exponent(t, -t->bias);
        case 1: return with_exponent(t, between(-1, 1));
        case 2: return with_exponent(t, -t->bias + 1);
        default: return with_exponent(t, between(-t->bias / 2 - 6, -t->bias / 2 + 2));
      }
    case SIGNED_ZEROS: {
      const uint64_t sign = inputs_next() & t->sign;
      return inputs_below(3) == 0 ? sign | (uint64_t)t->bias << t->significand_bits : sign;
    }
    default:
      return with_exponent(t, between(-4, -1));
  }
}

static uint64_t special(const format *t) {
  const uint64_t sign = inputs_next() & t->sign;
  switch (inputs_below(8)) {
    case 0:
    case 1: return sign | t->infinity;
    case 2: return sign | t->infinity | (uint64_t)1 << (t->significand_bits - 1);
    case 3: return sign | t->infinity | (inputs_next() & t->fraction) | 1;
    case 4: return sign | (t->infinity - 1);
    case 5: return sign | 1;
    case 6: return sign | t->fraction;
    default: return sign;
  }
}

enum { most_blocks = 64 };
static void *blocks[most_blocks];
static size_t block_count;

static void *allocate(size_t bytes) {
  // No byte more than asked for, so that a sanitizer sees every read beyond the end.
  void *const block = malloc(bytes ? bytes : 1);
  if (!block || block_count == most_blocks) {
    fprintf(stderr, "conformance: out of memory\n");
    exit(2);
  }
  return blocks[block_count++] = block;
}

void inputs_release(void) {
  while (block_count > 0) free(blocks[--block_count]);
}

static void put(void *values, size_t i, size_t element_bytes, uint64_t bits) {
  if (element_bytes == 4)
    ((uint32_t *)values)[i] = (uint32_t)bits;
  else
    ((uint64_t *)values)[i] = bits;
}

void *inputs_values(size_t count, size_t element_bytes, family f, size_t specials) {
  const format *const t = &formats[element_bytes == 8];
  void *const values = allocate(count * element_bytes);
  for (size_t i = 0; i < count; i++) put(values, i, element_bytes, of_family(t, f));
  if (f == NON_FINITE && count > 0)
    for (size_t i = 0; i < specials; i++) {
      const size_t place = inputs_below(count);
      put(values, place, element_bytes, special(t));
    }
  return values;
}

void *inputs_rows(size_t rows, size_t used, size_t row, size_t element_bytes, family f) {
  const char *const values = inputs_values(rows * used, element_bytes, f, 2);
  char *const padded = inputs_filled(rows * row, element_bytes, 0);
  for (size_t r = 0; r < rows; r++)
    memcpy(padded + r * row * element_bytes, values + r * used * element_bytes, used * element_bytes);
  return padded;
}

void *inputs_filled(size_t count, size_t element_bytes, int byte) {
  return memset(allocate(count * element_bytes), byte, count * element_bytes);
}

void *inputs_copy(const void *values, size_t count, size_t element_bytes) {
  return memcpy(allocate(count * element_bytes), values, count * element_bytes);
}
