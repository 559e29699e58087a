// Sums over the pixels of one image, in double, pixel ascending; and the combination of the images' sums.

// Channels are taken one or two vectors at a time, so that the sums stay in registers while the pixels pass.
#undef FOR_CHANNEL_VECTORS
#define FOR_CHANNEL_VECTORS(channels, PAIR_BODY, VECTOR_BODY, SCALAR_BODY) \
  {                                                             \
    size_t c = 0;                                               \
    for (; c + 2 * LANES <= (channels); c += 2 * LANES) { PAIR_BODY } \
    for (; c + LANES <= (channels); c += LANES) { VECTOR_BODY } \
    for (; c < (channels); c++) { SCALAR_BODY }                 \
  }

static inline __attribute__((always_inline)) double NAME(widen1)(T v) { return (double)v; }
static inline __attribute__((always_inline)) double NAME(load_wide1)(const double *p) { return *p; }
static inline __attribute__((always_inline)) void NAME(store_wide1)(double *p, double v) { *p = v; }

static void NAME(moments)(const void *input, size_t pixels, size_t channels, double *sums) {
  const T *const x = input;
#define BODY(V, W, LOAD, WIDEN, STORE)                                   \
  W sum = (W)0.0, squares = (W)0.0;                                      \
  for (size_t p = 0; p < pixels; p++) sum += WIDEN(LOAD(x + p * channels + c)); \
  const W mean = sum / (double)pixels;                                   \
  for (size_t p = 0; p < pixels; p++) {                                  \
    const W d = WIDEN(LOAD(x + p * channels + c)) - mean;                \
    squares = FMA(d, d, squares);                                        \
  }                                                                      \
  STORE(sums + c, sum);                                                  \
  STORE(sums + channels + c, squares);
  FOR_CHANNEL_VECTORS(channels, BODY(NAME(pair), NAME(wide_pair), NAME(load_pair), NAME(widen_pair), NAME(store_wide_pair)),
      BODY(NAME(vec), NAME(wide), NAME(load), NAME(widen), NAME(store_wide)),
      BODY(T, double, NAME(load1), NAME(widen1), NAME(store_wide1)))
#undef BODY
}

static void NAME(combine_moments)(const double *slots, size_t slot_count, size_t pixels, size_t channels,
    double *restrict mean, double *restrict variance) {
  const double m = (double)pixels;
  double n = m;
  for (size_t c = 0; c < channels; c++) {
    mean[c] = slots[c] / m;
    variance[c] = slots[channels + c];
  }
  // The channels innermost: their sums do not wait for one another.
  for (size_t s = 1; s < slot_count; s++) {
    const double *const sums = slots + 2 * s * channels, *const squares = sums + channels;
    const double total = n + m, share = m / total, weight = n * m / total;
    for (size_t c = 0; c < channels; c++) {
      const double delta = sums[c] / m - mean[c];
      mean[c] = mean[c] + delta * share;
      variance[c] = (variance[c] + squares[c]) + (delta * delta) * weight;
    }
    n = total;
  }
  for (size_t c = 0; c < channels; c++) variance[c] = variance[c] / n;
}

// Three operands come from memory here: where the channels are more than a pair of vectors, they are taken in turn over a few
// pixels at a time, so that memory is read once, and in the order in which it lies.
#undef PIXEL_CHUNK
#define PIXEL_CHUNK 8

static inline __attribute__((always_inline)) void NAME(backward_sums_of)(
    const gf_pointwise_backward *a, const size_t channels, const T *output, const T *shifts, double *sums,
    const int is_elu) {
  const T *const dy = a->output_gradient, *const input = a->input;
  const T slope = (T)a->slope;
  const size_t count = a->pixels * channels;
  const size_t chunk = channels <= 2 * LANES ? count : PIXEL_CHUNK * channels;
  for (size_t i = 0; i < 2 * channels; i++) sums[i] = 0.0;
#define BODY(V, W, LOAD, WIDEN, LOAD_WIDE, STORE)                                \
  const V mean = LOAD((const T *)a->mean + c), inverse = LOAD((const T *)a->inverse + c); \
  V scale = (V)(T)0, shift = (V)(T)0;                                            \
  if (shifts) scale = LOAD((const T *)a->scale + c), shift = LOAD(shifts + c);   \
  W sum1 = LOAD_WIDE(sums + c), sum2 = LOAD_WIDE(sums + channels + c);           \
  for (size_t i = begin + c; i < end; i += channels) {                           \
    V dz = LOAD(dy + i);                                                         \
    const V centred = LOAD(input + i) - mean;                                    \
    if (output) dz = LOAD(output + i) > (T)0 ? dz : (is_elu ? LOAD(output + i) + slope : (V)slope) * dz; \
    if (shifts) dz = FMA(centred, scale, shift) > (T)0 ? dz : slope * dz;        \
    const V xhat = centred * inverse;                                            \
    const W wide = WIDEN(dz);                                                    \
    sum1 += wide;                                                                \
    sum2 = FMA(wide, WIDEN(xhat), sum2);                                         \
  }                                                                              \
  STORE(sums + c, sum1);                                                         \
  STORE(sums + channels + c, sum2);
  for (size_t begin = 0; begin < count; begin += chunk) {
    const size_t end = count - begin < chunk ? count : begin + chunk;
    FOR_CHANNEL_VECTORS(channels,
        BODY(NAME(pair), NAME(wide_pair), NAME(load_pair), NAME(widen_pair), NAME(load_wide_pair),
            NAME(store_wide_pair)),
        BODY(NAME(vec), NAME(wide), NAME(load), NAME(widen), NAME(load_wide), NAME(store_wide)),
        BODY(T, double, NAME(load1), NAME(widen1), NAME(load_wide1), NAME(store_wide1)))
  }
#undef BODY
}

static void NAME(backward_sums)(const gf_pointwise_backward *a, double *sums) {
  const T *const output = a->output, *const shift = a->shift;
  const int is_usual = a->channels == USUAL_CHANNELS;
  if (is_usual && output && !shift)
    NAME(backward_sums_of)(a, USUAL_CHANNELS, output, 0, sums, 0);
  else if (is_usual && !output && shift)
    NAME(backward_sums_of)(a, USUAL_CHANNELS, 0, shift, sums, 0);
  else
    NAME(backward_sums_of)(a, a->channels, output, shift, sums, 0);
}

static void NAME(elu_sums)(const gf_pointwise_backward *a, double *sums) {
  NAME(backward_sums_of)(a, a->channels, a->output, 0, sums, 1);
}

static void NAME(channel_sums)(const void *input, size_t pixels, size_t channels, double *sums) {
  const T *const x = input;
#define BODY(V, W, LOAD, WIDEN, STORE)                                   \
  W sum = (W)0.0;                                                        \
  for (size_t p = 0; p < pixels; p++) sum += WIDEN(LOAD(x + p * channels + c)); \
  STORE(sums + c, sum);
  FOR_CHANNEL_VECTORS(channels, BODY(NAME(pair), NAME(wide_pair), NAME(load_pair), NAME(widen_pair), NAME(store_wide_pair)),
      BODY(NAME(vec), NAME(wide), NAME(load), NAME(widen), NAME(store_wide)),
      BODY(T, double, NAME(load1), NAME(widen1), NAME(store_wide1)))
#undef BODY
}

static void NAME(combine_sums)(const double *slots, size_t slot_count, size_t count, double *restrict total) {
  for (size_t i = 0; i < count; i++) total[i] = slots[i];
  for (size_t s = 1; s < slot_count; s++)
    for (size_t i = 0; i < count; i++) total[i] += slots[s * count + i];
}
