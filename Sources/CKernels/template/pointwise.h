// The operations on each element between two convolutions: normalise, add the skip, activate; and their gradients.
// Each loop body is written once, as a macro. It is compiled for whole vectors and for the single elements of the last,
// incomplete vector. It is also compiled for each combination of optional inputs and for the usual number of channels, so that
// the loop over a pixel has no branch.
#undef FOR_CHANNELS
#define FOR_CHANNELS(pixels, channels, BODY)                                                      \
  for (size_t p = 0; p < (pixels); p++) {                                                         \
    size_t c = 0;                                                                                 \
    for (; c + LANES <= (channels); c += LANES) { BODY(NAME(vec), NAME(load), NAME(store), NAME(elu)) } \
    for (; c < (channels); c++) { BODY(T, NAME(load1), NAME(store1), NAME(elu1)) }                \
  }

static inline __attribute__((always_inline)) T NAME(load1)(const T *p) { return *p; }
static inline __attribute__((always_inline)) void NAME(store1)(T *p, T v) { *p = v; }

static inline __attribute__((always_inline)) void NAME(pointwise_forward_of)(
    const gf_pointwise_forward *a, const size_t channels, const T *restrict mean, const T *restrict scale,
    const T *restrict shift, const T *skip, const int is_elu) {
  const T *const input = a->input;
  T *const output = a->output;
  const T slope = (T)a->slope;
#define BODY(V, LOAD, STORE, ELU)                                          \
  const size_t i = p * channels + c;                                       \
  V z = LOAD(input + i);                                                   \
  if (mean) z = FMA(z - LOAD(mean + c), LOAD(scale + c), LOAD(shift + c)); \
  if (skip) z = z + LOAD(skip + i);                                        \
  STORE(output + i, is_elu ? ELU(z, a->slope) : z > (T)0 ? z : slope * z);
  FOR_CHANNELS(a->pixels, channels, BODY)
#undef BODY
}

static void NAME(pointwise_forward)(const gf_pointwise_forward *a) {
  if (a->channels != USUAL_CHANNELS)
    NAME(pointwise_forward_of)(a, a->channels, a->mean, a->scale, a->shift, a->skip, 0);
  else if (a->mean && a->skip)
    NAME(pointwise_forward_of)(a, USUAL_CHANNELS, a->mean, a->scale, a->shift, a->skip, 0);
  else if (a->mean)
    NAME(pointwise_forward_of)(a, USUAL_CHANNELS, a->mean, a->scale, a->shift, 0, 0);
  else
    NAME(pointwise_forward_of)(a, USUAL_CHANNELS, 0, 0, 0, a->skip, 0);
}

static void NAME(elu_forward)(const gf_pointwise_forward *a) {
  if (a->channels == USUAL_CHANNELS)
    NAME(pointwise_forward_of)(a, USUAL_CHANNELS, a->mean, a->scale, a->shift, a->skip, 1);
  else
    NAME(pointwise_forward_of)(a, a->channels, a->mean, a->scale, a->shift, a->skip, 1);
}

static inline __attribute__((always_inline)) void NAME(pointwise_backward_of)(
    const gf_pointwise_backward *a, const size_t channels, const T *output, const T *restrict mean,
    const T *restrict inverse, const T *restrict scale, const T *restrict shift, const T *restrict sum1,
    const T *restrict sum2, const T *restrict gamma, T *dskip, const int is_elu) {
  const T *const dy = a->output_gradient, *const input = a->input;
  T *const dx = a->input_gradient;
  const T slope = (T)a->slope;
#define BODY(V, LOAD, STORE, ELU)                                        \
  const size_t i = p * channels + c;                                     \
  V dz = LOAD(dy + i), centred = (V)(T)0;                                \
  if (sum1 || shift) centred = LOAD(input + i) - LOAD(mean + c);         \
  if (output) dz = LOAD(output + i) > (T)0 ? dz : (is_elu ? LOAD(output + i) + slope : (V)slope) * dz; \
  if (shift) dz = FMA(centred, LOAD(scale + c), LOAD(shift + c)) > (T)0 ? dz : slope * dz; \
  V d = dz;                                                              \
  if (gamma) d = LOAD(gamma + c) * d;                                    \
  if (sum1) {                                                            \
    const V xhat = centred * LOAD(inverse + c);                          \
    d = FMA(-xhat, LOAD(sum2 + c), d - LOAD(sum1 + c));                  \
  }                                                                      \
  if (gamma)                                                             \
    d = LOAD(inverse + c) * d;                                           \
  else if (scale)                                                        \
    d = LOAD(scale + c) * d;                                             \
  if (dskip) STORE(dskip + i, dz);                                       \
  STORE(dx + i, d);
  FOR_CHANNELS(a->pixels, channels, BODY)
#undef BODY
}

static void NAME(pointwise_backward)(const gf_pointwise_backward *a) {
  const T *const output = a->output, *const mean = a->mean, *const inverse = a->inverse, *const scale = a->scale;
  const T *const shift = a->shift, *const sum1 = a->sum1, *const sum2 = a->sum2, *const gamma = a->gamma;
  T *const dskip = a->skip_gradient;
  // Those of training, with what is absent and what is there known.
  const int is_usual = a->channels == USUAL_CHANNELS && !gamma;
  if (is_usual && output && !shift && sum1 && scale && dskip)
    NAME(pointwise_backward_of)(a, USUAL_CHANNELS, output, mean, inverse, scale, 0, sum1, sum2, 0, dskip, 0);
  else if (is_usual && output && !shift && sum1 && scale)
    NAME(pointwise_backward_of)(a, USUAL_CHANNELS, output, mean, inverse, scale, 0, sum1, sum2, 0, 0, 0);
  else if (is_usual && !output && shift && sum1 && !dskip)
    NAME(pointwise_backward_of)(a, USUAL_CHANNELS, 0, mean, inverse, scale, shift, sum1, sum2, 0, 0, 0);
  else if (is_usual && output && !shift && !sum1 && !scale)
    NAME(pointwise_backward_of)(a, USUAL_CHANNELS, output, 0, 0, 0, 0, 0, 0, 0, dskip, 0);
  else
    NAME(pointwise_backward_of)(a, a->channels, output, mean, inverse, scale, shift, sum1, sum2, gamma, dskip, 0);
}

static void NAME(elu_backward)(const gf_pointwise_backward *a) {
  NAME(pointwise_backward_of)(
      a, a->channels, a->output, a->mean, a->inverse, a->scale, 0, a->sum1, a->sum2, a->gamma, a->skip_gradient, 1);
}
