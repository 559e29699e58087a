// Convolution as a gather: output, input gradient and (with one tap) the linear layer are the same loop over
// another table. Expects vector.h, and the register block of the instruction set: PIXEL_BLOCK, VECTOR_BLOCK,
// CHANNEL_BLOCK.

#undef FILTER_BLOCK
#define FILTER_BLOCK (VECTOR_BLOCK * LANES)

// Register block: PIXEL_BLOCK pixels x VECTOR_BLOCK vectors of filters.
static inline __attribute__((always_inline)) void NAME(convolve_block)(
    const gf_convolve *a, size_t first_pixel, size_t valid_pixels, size_t first_filter) {
  const T *const source = a->source;
  const T *const zeros = a->gather.zeros;
  const size_t taps = a->gather.taps, channels = a->channels, row = a->padded_filters;
  NAME(vec) sum[PIXEL_BLOCK][VECTOR_BLOCK];
#pragma clang loop unroll(full)
  for (int i = 0; i < PIXEL_BLOCK; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTOR_BLOCK; v++) sum[i][v] = (NAME(vec))(T)0;

  for (size_t tap = 0; tap < taps; tap++) {
    const T *x[PIXEL_BLOCK];
    const int32_t *const entries = a->gather.table + first_pixel * taps + tap;
#pragma clang loop unroll(full)
    for (int i = 0; i < PIXEL_BLOCK; i++) {
      const int32_t index = (size_t)i < valid_pixels ? entries[(size_t)i * taps] : -1;
      x[i] = index < 0 ? zeros : source + (size_t)index * channels;
    }
    const T *w = (const T *)a->weights + tap * channels * row + first_filter;
    for (size_t c = 0; c < channels; c++, w += row) {
      NAME(vec) weight[VECTOR_BLOCK];
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTOR_BLOCK; v++) weight[v] = NAME(load)(w + v * LANES);
#pragma clang loop unroll(full)
      for (int i = 0; i < PIXEL_BLOCK; i++) {
        const NAME(vec) value = (NAME(vec))x[i][c];
#pragma clang loop unroll(full)
        for (int v = 0; v < VECTOR_BLOCK; v++) sum[i][v] = FMA(value, weight[v], sum[i][v]);
      }
    }
  }

  const size_t filters = a->filters;
  const T *const bias = a->bias;
  const T *const addend = a->addend;
  T *const output = a->output;
  const size_t valid_filters = filters - first_filter < FILTER_BLOCK ? filters - first_filter : FILTER_BLOCK;
#pragma clang loop unroll(full)
  for (int i = 0; i < PIXEL_BLOCK; i++) {
    if ((size_t)i >= valid_pixels) break;
    const size_t at = (first_pixel + (size_t)i) * filters + first_filter;
    if (valid_filters == FILTER_BLOCK) {
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTOR_BLOCK; v++) {
        NAME(vec) y = sum[i][v];
        if (bias) y += NAME(load)(bias + first_filter + v * LANES);
        if (addend) y += NAME(load)(addend + at + v * LANES);
        NAME(store)(output + at + v * LANES, y);
      }
    } else {
      T values[FILTER_BLOCK];
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTOR_BLOCK; v++) NAME(store)(values + v * LANES, sum[i][v]);
      for (size_t k = 0; k < valid_filters; k++) {
        T y = values[k];
        if (bias) y += bias[first_filter + k];
        if (addend) y += addend[at + k];
        output[at + k] = y;
      }
    }
  }
}

static void NAME(convolve)(const gf_convolve *a) {
  const size_t pixels = a->gather.pixels;
  for (size_t k = 0; k < a->filters; k += FILTER_BLOCK) {
    size_t p = 0;
    for (; p + PIXEL_BLOCK <= pixels; p += PIXEL_BLOCK) NAME(convolve_block)(a, p, PIXEL_BLOCK, k);
    if (p < pixels) NAME(convolve_block)(a, p, pixels - p, k);
  }
}

// Pixels that stay in the first-level cache while all taps pass over them.
#undef GRADIENT_CHUNK
#define GRADIENT_CHUNK 64

// Register block: CHANNELS_HERE channels from c on x VECTOR_BLOCK vectors of filters, over one chunk of pixels.
#undef WEIGHT_GRADIENT_BLOCK
#define WEIGHT_GRADIENT_BLOCK(CHANNELS_HERE)                                                                        \
  do {                                                                                                              \
    T *const sums = (T *)a->sums + (tap * channels + c) * row + k;                                                  \
    NAME(vec) sum[CHANNELS_HERE][VECTOR_BLOCK];                                                                     \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++)                                      \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTOR_BLOCK; v++)                                   \
            sum[i][v] = NAME(load)(sums + (size_t)i * row + v * LANES);                                             \
    for (size_t p = 0; p < count; p++) {                                                                            \
      const int32_t index = entries[p * taps];                                                                      \
      const T *const x = index < 0 ? zeros : source + (size_t)index * channels + c;                                 \
      NAME(vec) dy[VECTOR_BLOCK];                                                                                   \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTOR_BLOCK; v++)                                     \
          dy[v] = NAME(load)(gradient + p * gradient_row + v * LANES);                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++) {                                  \
        const NAME(vec) value = (NAME(vec))x[i];                                                                    \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTOR_BLOCK; v++)                                   \
            sum[i][v] = FMA(value, dy[v], sum[i][v]);                                                               \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++)                                      \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTOR_BLOCK; v++)                                   \
            NAME(store)(sums + (size_t)i * row + v * LANES, sum[i][v]);                                             \
  } while (0)

static void NAME(weight_gradient)(const gf_weight_gradient *a) {
  const T *const source = a->source;
  const T *const zeros = a->gather.zeros;
  const size_t taps = a->gather.taps, channels = a->channels, filters = a->filters, row = a->padded_filters;
  T packed[GRADIENT_CHUNK * FILTER_BLOCK];
  for (size_t first = 0; first < a->gather.pixels; first += GRADIENT_CHUNK) {
    const size_t left = a->gather.pixels - first;
    const size_t count = left < GRADIENT_CHUNK ? left : GRADIENT_CHUNK;
    for (size_t k = 0; k < filters; k += FILTER_BLOCK) {
      const T *gradient = (const T *)a->gradient + first * filters + k;
      size_t gradient_row = filters;
      if (filters - k < FILTER_BLOCK) {
        // The last filters fill no block: copied beside zeros, whose sums nobody reads.
        for (size_t p = 0; p < count; p++)
          for (size_t j = 0; j < FILTER_BLOCK; j++)
            packed[p * FILTER_BLOCK + j] = k + j < filters ? gradient[p * filters + j] : (T)0;
        gradient = packed;
        gradient_row = FILTER_BLOCK;
      }
      for (size_t tap = 0; tap < taps; tap++) {
        const int32_t *const entries = a->gather.table + first * taps + tap;
        size_t c = 0;
        for (; c + CHANNEL_BLOCK <= channels; c += CHANNEL_BLOCK) WEIGHT_GRADIENT_BLOCK(CHANNEL_BLOCK);
        // The three channels of an image go together: one alone would wait for its own sums.
        if (channels - c == 3) {
          WEIGHT_GRADIENT_BLOCK(3);
          c += 3;
        }
        for (; c < channels; c++) WEIGHT_GRADIENT_BLOCK(1);
      }
    }
  }
}

static void NAME(pack_forward)(const void *weights, size_t filters, size_t channels, size_t taps, void *packed) {
  const T *const w = weights;
  T *const out = packed;
  const size_t row = gf_padded(filters, sizeof(T));
  for (size_t tap = 0; tap < taps; tap++)
    for (size_t c = 0; c < channels; c++)
      for (size_t k = 0; k < row; k++)
        out[(tap * channels + c) * row + k] = k < filters ? w[(k * channels + c) * taps + tap] : (T)0;
}

static void NAME(pack_backward)(const void *weights, size_t filters, size_t channels, size_t taps, void *packed) {
  const T *const w = weights;
  T *const out = packed;
  const size_t row = gf_padded(channels, sizeof(T));
  for (size_t tap = 0; tap < taps; tap++)
    for (size_t k = 0; k < filters; k++)
      for (size_t c = 0; c < row; c++)
        out[(tap * filters + k) * row + c] = c < channels ? w[(k * channels + c) * taps + tap] : (T)0;
}

static void NAME(reduce_slots)(const void *slots, size_t slot_count, size_t filters, size_t channels, size_t taps,
    size_t begin, size_t end, int accumulate, void *weight_gradient) {
  T *const out = weight_gradient;
  const size_t row = gf_padded(filters, sizeof(T)), slot = taps * channels * row;
  for (size_t r = begin; r < end; r++) {
    const size_t tap = r / channels, c = r % channels;
    for (size_t k = 0; k < row; k += LANES) {
      const T *place = (const T *)slots + r * row + k;
      NAME(vec) sum = NAME(load)(place);
      for (size_t s = 1; s < slot_count; s++) sum += NAME(load)(place + s * slot);
      T values[LANES];
      NAME(store)(values, sum);
      for (size_t j = 0; j < LANES && k + j < filters; j++) {
        T *const place_out = out + ((k + j) * channels + c) * taps + tap;
        *place_out = accumulate ? *place_out + values[j] : values[j];
      }
    }
  }
}
