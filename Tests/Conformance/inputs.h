#ifndef CONFORMANCE_INPUTS_H
#define CONFORMANCE_INPUTS_H

#include <stddef.h>
#include <stdint.h>

// Seeded inputs. They are made as bit patterns, without arithmetic, so that they are the same on every machine.

typedef enum {
  ORDINARY,      // full significands, magnitudes between 1/16 and 1
  WIDE,          // exponents over two thirds of the range
  SUBNORMAL,     // subnormals, and values whose products are subnormal
  SIGNED_ZEROS,  // +0, -0, +1, -1
  NON_FINITE,    // ordinary, some replaced by infinities, NaNs, the largest and the smallest number
  FAMILIES
} family;

extern const char *const family_names[FAMILIES];

// Starts the sequence of a case over.
void inputs_seed(uint64_t seed);
uint64_t inputs_next(void);
size_t inputs_below(size_t count);

// `count` elements of 4 or 8 bytes; at most `specials` of a non-finite family are special. Freed by `inputs_release`.
void *inputs_values(size_t count, size_t element_bytes, family f, size_t specials);
// As weights lie in memory: rows of `row` elements of which `used` are values and the others +0.
void *inputs_rows(size_t rows, size_t used, size_t row, size_t element_bytes, family f);
// `count` elements with every byte `byte`.
void *inputs_filled(size_t count, size_t element_bytes, int byte);
// A copy.
void *inputs_copy(const void *values, size_t count, size_t element_bytes);
void inputs_release(void);

#endif
