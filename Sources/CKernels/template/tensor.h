// What is said of a tensor: sums, and its bits.

static void NAME(statistics)(const void *values, size_t count, gf_tensor_statistics *out) {
  const T *const x = values;
  gf_tensor_statistics s = {0, 0, 0, 0, 0};
  for (size_t i = 0; i < count; i++) {
    const double v = (double)x[i], a = v < 0 ? -v : v;
    s.sum_absolute += a;
    s.sum_squares = FMA(v, v, s.sum_squares);
    if (a > s.largest) s.largest = a;
    s.zeros += v == 0;
    s.non_finite += !(a <= 1.7976931348623157e308);
  }
  *out = s;
}

static int NAME(is_finite)(const void *values, size_t count) {
  const T_BITS *const x = values;
  T_BITS others = 0;
  for (size_t i = 0; i < count; i++) {
    const T_BITS magnitude = x[i] & (T_BITS) ~((T_BITS)1 << (8 * sizeof(T) - 1));
    others |= magnitude >= INFINITY_BITS;
  }
  return others == 0;
}

static void NAME(canonicalise)(const void *values, size_t count, void *copy) {
  const T_BITS *const x = values;
  T_BITS *const y = copy;
  for (size_t i = 0; i < count; i++) {
    const T_BITS magnitude = x[i] & (T_BITS) ~((T_BITS)1 << (8 * sizeof(T) - 1));
    y[i] = magnitude > INFINITY_BITS ? QUIET_NAN_BITS : x[i];
  }
}

static void NAME(mix)(const void *values, size_t count, uint32_t lanes[GF_MIX_LANES]) {
  const T_BITS *const x = values;
  uint32_t state[GF_MIX_LANES];
  for (size_t l = 0; l < GF_MIX_LANES; l++) state[l] = lanes[l];
#undef MIX_ELEMENT
#define MIX_ELEMENT(l)                                                                                           \
  {                                                                                                              \
    const T_BITS magnitude = x[i + l] & (T_BITS)~((T_BITS)1 << (8 * sizeof(T) - 1));                             \
    const T_BITS word = magnitude > INFINITY_BITS ? QUIET_NAN_BITS : x[i + l];                                   \
    const uint32_t low = (state[l] ^ (uint32_t)word) * 0x9e3779b1u;                                              \
    uint32_t mixed = low << 13 | low >> 19;                                                                      \
    if (sizeof(T) == 8) {                                                                                        \
      const uint32_t high = (mixed ^ (uint32_t)((uint64_t)word >> 32)) * 0x9e3779b1u;                            \
      mixed = high << 13 | high >> 19;                                                                           \
    }                                                                                                            \
    state[l] = mixed;                                                                                            \
  }
  size_t i = 0;
  for (; i + GF_MIX_LANES <= count; i += GF_MIX_LANES)
    for (size_t l = 0; l < GF_MIX_LANES; l++) MIX_ELEMENT(l)
  for (size_t l = 0; i + l < count; l++) MIX_ELEMENT(l)
  for (size_t l = 0; l < GF_MIX_LANES; l++) lanes[l] = state[l];
}
