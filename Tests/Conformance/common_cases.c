// The primitives that are compiled once: elementary functions, random numbers, augmentation, the control word.

#include <string.h>

#include "cases.h"
#include "gf_augment.h"
#include "gf_control.h"
#include "gf_elementary.h"
#include "gf_philox.h"
#include "gf_picture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { arguments = 100000 };

static double from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Exact on every machine: 53 random bits times a power of two.
static double uniform(void) { return (double)(inputs_next() >> 11) * 0x1p-53; }

static const double edges[] = {
    0.0, -0.0, 0x1p-1074, -0x1p-1074, 0x1p-1022, 1.0, -1.0, 0x1.fffffffffffffp-1, 0x1.0000000000001p0,
    0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 709.782712893384, 709.7827128933841, -708.4, -745.1, -745.14,
    -746.0, 0x1p20, -0x1p20, 0x1.921fb54442d18p0, 0x1.921fb54442d18p1};

static digest on_edges(double (*function)(double)) {
  digest d = DIGEST_START;
  for (size_t i = 0; i < COUNT(edges); i++) d = digest_double(d, function(edges[i]));
  d = digest_double(d, function(from_bits(0x7ff0000000000000u)));
  d = digest_double(d, function(from_bits(0xfff0000000000000u)));
  return digest_double(d, function(from_bits(0x7ff8000000000001u)));
}

static digest exponential(void) {
  digest d = on_edges(gf_exp);
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_exp(uniform() * 1460 - 750));
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_exp(uniform() * -20));
  return d;
}

static digest logarithm(void) {
  digest d = on_edges(gf_log);
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_log(from_bits(inputs_next() >> 1)));
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_log(0.5 + uniform() * 1.5));
  return d;
}

static digest cosine(void) {
  digest d = on_edges(gf_cos);
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_cos(uniform() * 6.283185307179586));
  for (int i = 0; i < arguments; i++) d = digest_double(d, gf_cos((uniform() - 0.5) * 0x1p21));
  return d;
}

static digest power(void) {
  digest d = DIGEST_START;
  for (uint64_t n = 0; n < 3000; n++) d = digest_double(digest_double(d, gf_power(0.9, n)), gf_power(0.999, 7 * n));
  for (int i = 0; i < 10000; i++) d = digest_double(d, gf_power(uniform() * 2, inputs_next() >> (i % 64)));
  return d;
}

static digest philox(void) {
  digest d = DIGEST_START;
  uint32_t words[4099];
  for (size_t i = 0; i < 16; i++) {
    const uint64_t key = inputs_next(), first = inputs_next() >> (4 * i);
    const size_t count = i == 0 ? COUNT(words) : inputs_below(300);
    gf_philox_fill(key, first, words, count);
    for (size_t j = 0; j < count; j++) d = digest_bits(d, words[j], 4);
  }
  return d;
}

static digest augment(void) {
  enum {
    side = 9,
    size = 3 * side * side,
  };
  unsigned char planes[size];
  float table[3 * 256], out[size];
  for (size_t i = 0; i < size; i++) planes[i] = (unsigned char)inputs_next();
  for (size_t i = 0; i < 3 * 256; i++) table[i] = (float)uniform();
  digest d = DIGEST_START;
  for (int i = 0; i < 50; i++) {
    const ptrdiff_t down = (ptrdiff_t)inputs_below(9) - 4, right = (ptrdiff_t)inputs_below(9) - 4;
    gf_augment_f32(planes, side, down, right, i % 2, table, out);
    d = digest_elements(d, out, size, 4);
  }
  return d;
}

static digest picture(void) {
  enum {
    side = 13,
    size = 3 * side * side,
  };
  uint32_t noise[size];
  unsigned char planes[size];
  digest d = DIGEST_START;
  for (int i = 0; i < 60; i++) {
    gf_picture p = {.shape = i % (GF_DIAMOND + 1), .scale = 0.2 + uniform(), .noise = uniform() / 8};
    for (size_t c = 0; c < 3; c++) p.colour[c] = uniform(), p.ground[c] = uniform();
    p.centre_x = uniform() - 0.5, p.centre_y = uniform() - 0.5;
    p.turn_cos = uniform() * 2 - 1, p.turn_sin = uniform() * 2 - 1;
    p.wave_x = uniform() * 4, p.wave_y = uniform() * 4, p.phase = uniform();
    for (size_t j = 0; j < size; j++) noise[j] = (uint32_t)inputs_next();
    gf_picture_draw(&p, side, noise, planes);
    for (size_t j = 0; j < size; j++) d = digest_byte(d, planes[j]);
  }
  return d;
}

int control_is_right(void) {
  gf_control_set_standard();
  const uint64_t standard = gf_control_read();
#if defined(__x86_64__)
  const uint64_t forbidden[] = {0x8000, 0x0040, 0x2000, 0x4000, 0x6000};
#else
  const uint64_t forbidden[] = {1u << 24, 1u << 22, 2u << 22, 3u << 22};
#endif
  int good = gf_control_is_standard();
  for (size_t i = 0; i < COUNT(forbidden); i++) {
    gf_control_write(standard | forbidden[i]);
    const int noticed = !gf_control_is_standard();
    gf_control_set_standard();
    good = good && noticed && gf_control_is_standard();
  }
  volatile double half = 0.5, smallest = 0x1p-1022, one = 1, tiny = 0x1p-53;
  return good && smallest * half == 0x1p-1023 && one + tiny == 1 && (one + 2 * tiny) + tiny == 1 + 0x1p-51;
}

const common_case common_cases[] = {
    {"exp", exponential},
    {"log", logarithm},
    {"cos", cosine},
    {"power", power},
    {"philox", philox},
    {"augment", augment},
    {"picture", picture},
};
const size_t common_case_count = COUNT(common_cases);
