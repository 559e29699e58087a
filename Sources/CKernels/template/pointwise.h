// What happens to each element between two convolutions: normalise, add the skip, activate; and its gradient.
// A loop body is written once, as a macro over vectors and over single elements of the last, incomplete vector:
// `V` is the value type, `AT(p)` reads one at element i, channel c.

#define FOR_CHANNELS(pixels, channels, VECTOR_BODY, SCALAR_BODY)     \
  for (size_t p = 0; p < (pixels); p++) {                            \
    size_t c = 0;                                                    \
    for (; c + LANES <= (channels); c += LANES) {                    \
      const size_t i = p * (channels) + c;                           \
      VECTOR_BODY                                                    \
    }                                                                \
    for (; c < (channels); c++) {                                    \
      const size_t i = p * (channels) + c;                           \
      SCALAR_BODY                                                    \
    }                                                                \
  }

static inline __attribute__((always_inline)) T NAME(load1)(const T *p) { return *p; }
static inline __attribute__((always_inline)) void NAME(store1)(T *p, T v) { *p = v; }

static void NAME(pointwise_forward)(const gf_pointwise_forward *a) {
  const T *const input = a->input, *const mean = a->mean, *const scale = a->scale, *const shift = a->shift;
  const T *const skip = a->skip;
  T *const output = a->output;
  const T slope = (T)a->slope;
#define BODY(V, LOAD, STORE)                                              \
  V z = LOAD(input + i);                                                  \
  if (mean) z = FMA(z - LOAD(mean + c), LOAD(scale + c), LOAD(shift + c)); \
  if (skip) z = z + LOAD(skip + i);                                       \
  STORE(output + i, z > (T)0 ? z : slope * z);
  FOR_CHANNELS(a->pixels, a->channels, BODY(NAME(vec), NAME(load), NAME(store)), BODY(T, NAME(load1), NAME(store1)))
#undef BODY
}

static void NAME(pointwise_backward)(const gf_pointwise_backward *a) {
  const T *const output = a->output, *const dy = a->output_gradient, *const input = a->input;
  const T *const mean = a->mean, *const inverse = a->inverse, *const scale = a->scale;
  const T *const sum1 = a->sum1, *const sum2 = a->sum2;
  T *const dx = a->input_gradient, *const dskip = a->skip_gradient;
  const T slope = (T)a->slope;
#define BODY(V, LOAD, STORE)                                             \
  V dz = LOAD(dy + i);                                                   \
  if (output) dz = LOAD(output + i) > (T)0 ? dz : slope * dz;            \
  V d = dz;                                                              \
  if (sum1) {                                                            \
    const V xhat = (LOAD(input + i) - LOAD(mean + c)) * LOAD(inverse + c); \
    d = FMA(-xhat, LOAD(sum2 + c), d - LOAD(sum1 + c));                  \
  }                                                                      \
  if (scale) d = LOAD(scale + c) * d;                                    \
  if (dskip) STORE(dskip + i, dz);                                       \
  STORE(dx + i, d);
  FOR_CHANNELS(a->pixels, a->channels, BODY(NAME(vec), NAME(load), NAME(store)), BODY(T, NAME(load1), NAME(store1)))
#undef BODY
}
