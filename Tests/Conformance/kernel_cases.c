// Every kernel of a table, on shapes that fill no block.

#include "cases.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const size_t channel_counts[] = {1, 3, 5, 7, 16, 31, 32, 33, 48, 100};
static const size_t pixel_counts[COUNT(channel_counts)] = {1, 2, 9, 4, 64, 7, 16, 5, 3, 6};

// --- convolution ----------------------------------------------------------------------------------------------------

typedef struct {
  size_t height, width, kernel_h, kernel_w, stride, padding, dilation, channels, filters;
} geometry;

// clang-format off
static const geometry geometries[] = {
    {1, 1, 1, 1, 1, 0, 1, 1, 1},   {3, 3, 3, 3, 1, 1, 1, 3, 5},      {9, 8, 3, 3, 1, 1, 1, 3, 32},
    {5, 4, 3, 3, 1, 1, 1, 5, 7},     {7, 5, 3, 3, 2, 1, 1, 7, 16},     {6, 7, 3, 3, 1, 2, 2, 16, 31},
    {4, 5, 5, 5, 1, 3, 1, 31, 3},    {5, 5, 3, 3, 1, 1, 1, 32, 32},    {11, 13, 1, 1, 1, 0, 1, 33, 48},
    {3, 5, 2, 3, 2, 1, 1, 48, 33},   {1, 1, 1, 1, 1, 0, 1, 32, 100},   {3, 2, 3, 1, 1, 2, 2, 100, 1},
};
// clang-format on

static size_t rows_of(const geometry *g) {
  return (g->height + 2 * g->padding - g->dilation * (g->kernel_h - 1) - 1) / g->stride + 1;
}
static size_t columns_of(const geometry *g) {
  return (g->width + 2 * g->padding - g->dilation * (g->kernel_w - 1) - 1) / g->stride + 1;
}
static size_t taps_of(const geometry *g) { return g->kernel_h * g->kernel_w; }
static size_t pixels_of(const geometry *g) { return rows_of(g) * columns_of(g); }

static gf_gather gather_of(const geometry *g, size_t element_bytes) {
  int32_t *const table = inputs_filled(pixels_of(g) * taps_of(g), sizeof *table, 0), *next = table;
  for (size_t row = 0; row < rows_of(g); row++)
    for (size_t column = 0; column < columns_of(g); column++)
      for (size_t r = 0; r < g->kernel_h; r++)
        for (size_t s = 0; s < g->kernel_w; s++) {
          const size_t h = row * g->stride + r * g->dilation, w = column * g->stride + s * g->dilation;
          const int inside = h >= g->padding && h < g->height + g->padding && w >= g->padding &&
                             w < g->width + g->padding;
          *next++ = inside ? (int32_t)((h - g->padding) * g->width + w - g->padding) : -1;
        }
  return (gf_gather){table, pixels_of(g), taps_of(g), inputs_filled(g->channels, element_bytes, 0)};
}

static digest convolve(const gf_kernels *k, size_t shape, family f) {
  const geometry *const g = &geometries[shape];
  const size_t bytes = k->element_bytes, row = gf_padded(g->filters, bytes), outputs = pixels_of(g) * g->filters;
  gf_convolve a = {
      .gather = gather_of(g, bytes), .channels = g->channels, .filters = g->filters, .padded_filters = row};
  a.source = inputs_values(g->height * g->width * g->channels, bytes, f, 3);
  a.weights = inputs_rows(taps_of(g) * g->channels, g->filters, row, bytes, f);
  if (shape % 2 == 0) a.bias = inputs_values(g->filters, bytes, f, 2);
  a.output = inputs_values(outputs, bytes, f, 2);
  if (shape % 3 == 0) a.addend = a.output;
  k->convolve(&a);
  return digest_elements(DIGEST_START, a.output, outputs, bytes);
}

static digest weight_gradient(const gf_kernels *k, size_t shape, family f) {
  const geometry *const g = &geometries[shape];
  const size_t bytes = k->element_bytes, row = gf_padded(g->filters, bytes), rows = taps_of(g) * g->channels;
  gf_weight_gradient a = {
      .gather = gather_of(g, bytes), .channels = g->channels, .filters = g->filters, .padded_filters = row};
  a.source = inputs_values(g->height * g->width * g->channels, bytes, f, 3);
  a.gradient = inputs_values(pixels_of(g) * g->filters, bytes, f, 3);
  a.sums = inputs_rows(rows, g->filters, row, bytes, shape % 3 == 0 ? f : SIGNED_ZEROS);
  k->weight_gradient(&a);
  // What lies beyond the filters of a row is nobody's.
  digest d = DIGEST_START;
  for (size_t r = 0; r < rows; r++)
    d = digest_elements(d, (const char *)a.sums + r * row * bytes, g->filters, bytes);
  return d;
}

static digest pack_forward(const gf_kernels *k, size_t shape, family f) {
  const geometry *const g = &geometries[shape];
  const size_t bytes = k->element_bytes, taps = taps_of(g), size = taps * g->channels * gf_padded(g->filters, bytes);
  void *const packed = inputs_filled(size, bytes, 0x5a);
  k->pack_forward(inputs_values(g->filters * g->channels * taps, bytes, f, 5), g->filters, g->channels, taps, packed);
  return digest_elements(DIGEST_START, packed, size, bytes);
}

static digest pack_backward(const gf_kernels *k, size_t shape, family f) {
  const geometry *const g = &geometries[shape];
  const size_t bytes = k->element_bytes, taps = taps_of(g), size = taps * g->filters * gf_padded(g->channels, bytes);
  void *const packed = inputs_filled(size, bytes, 0x5a);
  k->pack_backward(inputs_values(g->filters * g->channels * taps, bytes, f, 5), g->filters, g->channels, taps, packed);
  return digest_elements(DIGEST_START, packed, size, bytes);
}

static digest reduce_slots(const gf_kernels *k, size_t shape, family f) {
  const geometry *const g = &geometries[shape];
  const size_t bytes = k->element_bytes, row = gf_padded(g->filters, bytes), rows = taps_of(g) * g->channels;
  const size_t slots = shape % 4 == 0 ? 1 : 2 * shape + 1, begin = shape % 2 ? rows / 3 : 0;
  const void *const buffers = inputs_rows(slots * rows, g->filters, row, bytes, f);
  void *const out = inputs_values(rows * g->filters, bytes, f, 5);
  k->reduce_slots(buffers, slots, g->filters, g->channels, taps_of(g), begin, rows, shape % 3 == 1, out);
  return digest_elements(DIGEST_START, out, rows * g->filters, bytes);
}

// --- minimal filtering ----------------------------------------------------------------------------------------------

typedef struct {
  size_t images, height, width, channels, filters;
} map;

// clang-format off
static const map maps[] = {
    {1, 4, 4, 1, 1},   {1, 3, 5, 3, 5},  {2, 5, 6, 5, 7},   {1, 9, 8, 16, 31},  {7, 8, 7, 31, 3},
    {1, 1, 2, 33, 48}, {1, 6, 4, 32, 32}, {3, 4, 4, 48, 33}, {1, 2, 3, 7, 100}, {1, 11, 13, 100, 16},
    {1, 14, 27, 32, 32}, {2, 16, 16, 16, 16},
};
// clang-format on

static void *winograd_scratch(const map *m, size_t bytes) {
  return inputs_filled(gf_winograd_scratch(m->channels, m->filters, bytes), 1, 0x5a);
}

static digest winograd_convolve(const gf_kernels *k, size_t shape, family f) {
  const map *const m = &maps[shape];
  const size_t bytes = k->element_bytes, row = gf_padded(m->filters, bytes), pixels = m->images * m->height * m->width;
  gf_winograd a = {.shape = {m->images, m->height, m->width}, .channels = m->channels, .filters = m->filters};
  a.source = inputs_values(pixels * m->channels, bytes, f, 3);
  a.weights = inputs_rows(36 * m->channels, m->filters, row, bytes, f);
  if (shape % 2 == 0) a.bias = inputs_values(m->filters, bytes, f, 2);
  a.output = inputs_values(pixels * m->filters, bytes, f, 2);
  if (shape % 3 == 0) a.addend = a.output;
  a.scratch = winograd_scratch(m, bytes);
  k->winograd_convolve(&a);
  return digest_elements(DIGEST_START, a.output, pixels * m->filters, bytes);
}

static digest winograd_weight_gradient_of(const gf_kernels *k, const map *m, size_t shape, family f) {
  const size_t bytes = k->element_bytes, row = gf_padded(m->filters, bytes), pixels = m->images * m->height * m->width;
  gf_winograd_gradient a = {.shape = {m->images, m->height, m->width}, .channels = m->channels, .filters = m->filters};
  a.source = inputs_values(pixels * m->channels, bytes, f, 3);
  a.gradient = inputs_values(pixels * m->filters, bytes, f, 3);
  a.begins = shape % 3 > 0;
  a.ends = 1;
  a.accumulator = inputs_rows(36 * m->channels, m->filters, row, bytes, f);
  a.sums = inputs_filled(9 * m->channels * row, bytes, 0x5a);
  a.scratch = winograd_scratch(m, bytes);
  k->winograd_weight_gradient(&a);
  digest d = DIGEST_START;
  for (size_t r = 0; r < 9 * m->channels; r++)
    d = digest_elements(d, (const char *)a.sums + r * row * bytes, m->filters, bytes);
  return d;
}

static digest winograd_weight_gradient(const gf_kernels *k, size_t shape, family f) {
  return winograd_weight_gradient_of(k, &maps[shape], shape, f);
}

// More tiles than go together, of one image and of several; the second begins its sums, the first and third go on with them.
static const map long_maps[] = {{1, 33, 33, 5, 8}, {5, 16, 13, 32, 32}, {3, 19, 29, 8, 33}};

static digest winograd_weight_gradient_long(const gf_kernels *k, size_t shape, family f) {
  return winograd_weight_gradient_of(k, &long_maps[shape], shape, f);
}

static digest winograd_weights(const gf_kernels *k, size_t shape, family f) {
  const map *const m = &maps[shape];
  const size_t bytes = k->element_bytes, row = gf_padded(m->filters, bytes), size = 36 * m->channels * row;
  void *const transformed = inputs_filled(size, bytes, 0x5a);
  k->winograd_weights(inputs_rows(9 * m->channels, m->filters, row, bytes, f), m->channels, m->filters, shape % 2,
      transformed);
  return digest_elements(DIGEST_START, transformed, size, bytes);
}

// --- between convolutions -------------------------------------------------------------------------------------------

#define POINTWISE_SHAPES (COUNT(channel_counts) * 4)

static digest pointwise_forward(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, pixels = pixel_counts[shape / 4], channels = channel_counts[shape / 4];
  const size_t count = pixels * channels, specials = count / 12 + 1;
  gf_pointwise_forward a = {.pixels = pixels, .channels = channels, .slope = shape % 4 == 3 ? 1 : 0.01};
  a.input = a.output = inputs_values(count, bytes, f, specials);
  if (shape % 2 == 0) a.output = inputs_filled(count, bytes, 0x5a);
  if (shape % 4 != 2) {
    a.mean = inputs_values(channels, bytes, f, 1);
    a.scale = inputs_values(channels, bytes, f, 1);
    a.shift = inputs_values(channels, bytes, f, 1);
  }
  if (shape % 4 > 0) a.skip = inputs_values(count, bytes, f, specials);
  k->pointwise_forward(&a);
  return digest_elements(DIGEST_START, a.output, count, bytes);
}

static gf_pointwise_backward backward_arguments(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, pixels = pixel_counts[shape / 4], channels = channel_counts[shape / 4];
  const size_t count = pixels * channels, specials = count / 12 + 1;
  gf_pointwise_backward a = {.pixels = pixels, .channels = channels, .slope = 1};
  a.output_gradient = inputs_values(count, bytes, f, specials);
  a.input = inputs_values(count, bytes, f, specials);
  a.mean = inputs_values(channels, bytes, f, 1);
  a.inverse = inputs_values(channels, bytes, f, 1);
  if (shape % 4 > 0) {
    a.output = inputs_values(count, bytes, f, specials);
    a.slope = 0.01;
  }
  return a;
}

static digest pointwise_backward(const gf_kernels *k, size_t shape, family f) {
  gf_pointwise_backward a = backward_arguments(k, shape, f);
  const size_t bytes = k->element_bytes, count = a.pixels * a.channels;
  if (shape % 4 < 3) a.scale = inputs_values(a.channels, bytes, f, 1);
  if (shape % 4 < 2) {
    a.sum1 = inputs_values(a.channels, bytes, f, 1);
    a.sum2 = inputs_values(a.channels, bytes, f, 1);
  }
  void *const dx = inputs_filled(count, bytes, 0x5a), *const dskip = inputs_filled(count, bytes, 0x5a);
  a.input_gradient = dx;
  if (shape % 2) a.skip_gradient = dskip;
  k->pointwise_backward(&a);
  return digest_elements(digest_elements(DIGEST_START, dx, count, bytes), dskip, count, bytes);
}

// The sign of the activation computed anew.
static digest pointwise_backward_anew(const gf_kernels *k, size_t shape, family f) {
  gf_pointwise_backward a = backward_arguments(k, shape, f);
  const size_t bytes = k->element_bytes, count = a.pixels * a.channels;
  a.output = NULL;
  a.slope = 0.01;
  a.scale = inputs_values(a.channels, bytes, f, 1);
  a.shift = inputs_values(a.channels, bytes, f, 1);
  a.sum1 = inputs_values(a.channels, bytes, f, 1);
  a.sum2 = inputs_values(a.channels, bytes, f, 1);
  void *const dx = inputs_filled(count, bytes, 0x5a);
  double *const sums = inputs_filled(2 * a.channels, sizeof *sums, 0x5a);
  a.input_gradient = dx;
  k->pointwise_backward(&a);
  k->backward_sums(&a, sums);
  return digest_elements(digest_elements(DIGEST_START, dx, count, bytes), sums, 2 * a.channels, sizeof *sums);
}

static digest backward_sums(const gf_kernels *k, size_t shape, family f) {
  const gf_pointwise_backward a = backward_arguments(k, shape, f);
  double *const sums = inputs_filled(2 * a.channels, sizeof *sums, 0x5a);
  k->backward_sums(&a, sums);
  return digest_elements(DIGEST_START, sums, 2 * a.channels, sizeof *sums);
}

static digest moments(const gf_kernels *k, size_t shape, family f) {
  const size_t pixels = pixel_counts[shape], channels = channel_counts[shape];
  double *const sums = inputs_filled(2 * channels, sizeof *sums, 0x5a);
  k->moments(inputs_values(pixels * channels, k->element_bytes, f, 3), pixels, channels, sums);
  return digest_elements(DIGEST_START, sums, 2 * channels, sizeof *sums);
}

static digest combine_moments(const gf_kernels *k, size_t shape, family f) {
  const size_t channels = channel_counts[shape], slots = shape == 0 ? 1 : 7 * shape;
  double *const mean = inputs_filled(channels, sizeof *mean, 0x5a), *const variance = inputs_filled(channels, 8, 0x5a);
  const double *const buffers = inputs_values(slots * 2 * channels, sizeof *buffers, f, 5);
  k->combine_moments(buffers, slots, pixel_counts[shape], channels, mean, variance);
  return digest_elements(digest_elements(DIGEST_START, mean, channels, 8), variance, channels, 8);
}

static digest channel_sums(const gf_kernels *k, size_t shape, family f) {
  const size_t pixels = pixel_counts[shape], channels = channel_counts[shape];
  double *const sums = inputs_filled(channels, sizeof *sums, 0x5a);
  k->channel_sums(inputs_values(pixels * channels, k->element_bytes, f, 3), pixels, channels, sums);
  return digest_elements(DIGEST_START, sums, channels, sizeof *sums);
}

static digest combine_sums(const gf_kernels *k, size_t shape, family f) {
  const size_t channels = channel_counts[shape], slots = shape == 0 ? 1 : 7 * shape;
  double *const total = inputs_filled(channels, sizeof *total, 0x5a);
  k->combine_sums(inputs_values(slots * channels, 8, f, 5), slots, channels, total);
  return digest_elements(DIGEST_START, total, channels, sizeof *total);
}

// --- pooling, loss, optimiser ---------------------------------------------------------------------------------------

static const struct {
  size_t height, width, window_h, window_w, stride;
} pools[] = {{1, 1, 1, 1, 1}, {4, 4, 2, 2, 2}, {5, 7, 2, 2, 2}, {5, 5, 3, 3, 1},
    {7, 6, 3, 2, 2}, {8, 8, 8, 8, 1}, {6, 6, 2, 2, 3}};

static size_t pool_outputs(size_t p) {
  return ((pools[p].height - pools[p].window_h) / pools[p].stride + 1) *
         ((pools[p].width - pools[p].window_w) / pools[p].stride + 1);
}

static digest average_pool_forward(const gf_kernels *k, size_t shape, family f) {
  const size_t p = shape % COUNT(pools), channels = channel_counts[shape], count = pool_outputs(p) * channels;
  void *const y = inputs_filled(count, k->element_bytes, 0x5a);
  k->average_pool_forward(inputs_values(pools[p].height * pools[p].width * channels, k->element_bytes, f, 9),
      pools[p].height, pools[p].width, channels, pools[p].window_h, pools[p].window_w,
      pools[p].stride, y);
  return digest_elements(DIGEST_START, y, count, k->element_bytes);
}

static digest average_pool_backward(const gf_kernels *k, size_t shape, family f) {
  const size_t p = shape % COUNT(pools), channels = channel_counts[shape];
  const size_t count = pools[p].height * pools[p].width * channels;
  void *const dx = inputs_filled(count, k->element_bytes, 0x5a);
  k->average_pool_backward(inputs_values(pool_outputs(p) * channels, k->element_bytes, f, 5), pools[p].height,
      pools[p].width, channels, pools[p].window_h, pools[p].window_w, pools[p].stride, dx);
  return digest_elements(DIGEST_START, dx, count, k->element_bytes);
}

static digest cross_entropy(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, classes = channel_counts[shape];
  void *const logits = inputs_values(classes, bytes, f, shape % 3);
  // Spread, so that the exponentials differ in more than their last bits: every third logit is large.
  for (size_t i = 0; f == ORDINARY && i < classes; i += 3) {
    if (bytes == 4) ((float *)logits)[i] *= 64;
    else ((double *)logits)[i] *= 64;
  }
  void *const gradient = inputs_filled(classes, bytes, 0x5a);
  double loss = 0;
  const int hit = k->cross_entropy(logits, classes, inputs_below(classes), 0.01, &loss, gradient);
  return digest_bits(digest_double(digest_elements(DIGEST_START, gradient, classes, bytes), loss), (uint64_t)hit, 1);
}

static digest adam(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, count = channel_counts[shape] * (1 + shape % 3), specials = count / 12 + 1;
  const gf_adam_constants constants = {0.9, 0.999, 1 - 0.9, 1 - 0.999, 0.0021, 0.055, 1e-8};
  const void *const gradient = inputs_values(count, bytes, f, specials);
  void *const parameter = inputs_values(count, bytes, f, specials);
  void *const first = inputs_values(count, bytes, f, specials);
  void *const second = inputs_values(count, bytes, f, specials);
  k->adam(&constants, gradient, parameter, first, second, count);
  digest d = digest_elements(DIGEST_START, parameter, count, bytes);
  d = digest_elements(d, first, count, bytes);
  return digest_elements(d, second, count, bytes);
}

static digest adamw(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, count = channel_counts[shape] * (1 + shape % 3), specials = count / 12 + 1;
  const gf_adam_constants constants = {0.9, 0.999, 1 - 0.9, 1 - 0.999, 0.0021, 0.055, 1e-8};
  const void *const gradient = inputs_values(count, bytes, f, specials);
  void *const parameter = inputs_values(count, bytes, f, specials);
  void *const first = inputs_values(count, bytes, f, specials);
  void *const second = inputs_values(count, bytes, f, specials);
  k->adamw(&constants, 1 - 0.01 * 0.3, gradient, parameter, first, second, count);
  digest d = digest_elements(DIGEST_START, parameter, count, bytes);
  d = digest_elements(d, first, count, bytes);
  return digest_elements(d, second, count, bytes);
}

static digest sgd(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, count = channel_counts[shape] * (1 + shape % 3), specials = count / 12 + 1;
  digest d = DIGEST_START;
  for (int way = 0; way < 3; way++) {  // without momentum, with, after Nesterov
    const gf_sgd_constants constants = {0.013, 0.9, way == 2};
    const void *const gradient = inputs_values(count, bytes, f, specials);
    void *const parameter = inputs_values(count, bytes, f, specials);
    void *const velocity = way == 0 ? NULL : inputs_values(count, bytes, f, specials);
    k->sgd(&constants, gradient, parameter, velocity, count);
    d = digest_elements(d, parameter, count, bytes);
    if (velocity) d = digest_elements(d, velocity, count, bytes);
  }
  return d;
}

// --- what is said of tensors ----------------------------------------------------------------------------------------

static digest statistics(const gf_kernels *k, size_t shape, family f) {
  const size_t count = channel_counts[shape];
  gf_tensor_statistics s;
  k->statistics(inputs_values(count, k->element_bytes, f, count / 12 + 1), count, &s);
  digest d = digest_double(digest_double(digest_double(DIGEST_START, s.sum_absolute), s.sum_squares), s.largest);
  return digest_bits(digest_bits(d, s.zeros, 8), s.non_finite, 8);
}

// Every length, so that it counts where the first number that is not finite stands.
static digest is_finite(const gf_kernels *k, size_t shape, family f) {
  const size_t count = channel_counts[shape];
  const void *const values = inputs_values(count, k->element_bytes, f, 1);
  digest d = DIGEST_START;
  for (size_t length = 0; length <= count; length++) d = digest_byte(d, (unsigned char)(k->is_finite(values, length) != 0));
  return d;
}

static digest canonicalise(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, count = channel_counts[shape];
  void *const copy = inputs_filled(count, bytes, 0x5a);
  k->canonicalise(inputs_values(count, bytes, f, count / 4 + 1), count, copy);
  digest d = DIGEST_START;
  for (size_t i = 0; i < count * bytes; i++) d = digest_byte(d, ((const unsigned char *)copy)[i]);
  return d;
}

static digest mix(const gf_kernels *k, size_t shape, family f) {
  const size_t count = channel_counts[shape];
  uint32_t lanes[GF_MIX_LANES];
  for (size_t l = 0; l < GF_MIX_LANES; l++) lanes[l] = (uint32_t)inputs_next();
  k->mix(inputs_values(count, k->element_bytes, f, count / 4 + 1), count, lanes);
  digest d = DIGEST_START;
  for (size_t l = 0; l < GF_MIX_LANES; l++) d = digest_bits(d, lanes[l], 4);
  return d;
}

// --- activations and layers beside the leaky ReLU -------------------------------------------------------------------

// As pointwise_forward's, in place for one shape of two.
static digest elu_forward(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, pixels = pixel_counts[shape / 4], channels = channel_counts[shape / 4];
  const size_t count = pixels * channels, specials = count / 12 + 1;
  gf_pointwise_forward a = {.pixels = pixels, .channels = channels, .slope = shape % 4 == 3 ? 1 : 0.7};
  a.input = a.output = inputs_values(count, bytes, f, specials);
  if (shape % 2 == 0) a.output = inputs_filled(count, bytes, 0x5a);
  if (shape % 4 < 2) {
    a.mean = inputs_values(channels, bytes, f, 1);
    a.scale = inputs_values(channels, bytes, f, 1);
    a.shift = inputs_values(channels, bytes, f, 1);
  }
  if (shape % 4 == 1) a.skip = inputs_values(count, bytes, f, specials);
  k->elu_forward(&a);
  return digest_elements(DIGEST_START, a.output, count, bytes);
}

static gf_pointwise_backward elu_arguments(const gf_kernels *k, size_t shape, family f) {
  gf_pointwise_backward a = backward_arguments(k, shape, f);
  const size_t count = a.pixels * a.channels;
  if (!a.output) a.output = inputs_values(count, k->element_bytes, f, count / 12 + 1);
  a.slope = 0.7;
  return a;
}

static digest elu_backward(const gf_kernels *k, size_t shape, family f) {
  gf_pointwise_backward a = elu_arguments(k, shape, f);
  const size_t bytes = k->element_bytes, count = a.pixels * a.channels;
  if (shape % 4 < 3) a.scale = inputs_values(a.channels, bytes, f, 1);
  if (shape % 4 < 2) {
    a.sum1 = inputs_values(a.channels, bytes, f, 1);
    a.sum2 = inputs_values(a.channels, bytes, f, 1);
  }
  void *const dx = inputs_filled(count, bytes, 0x5a), *const dskip = inputs_filled(count, bytes, 0x5a);
  a.input_gradient = dx;
  if (shape % 2) a.skip_gradient = dskip;
  k->elu_backward(&a);
  return digest_elements(digest_elements(DIGEST_START, dx, count, bytes), dskip, count, bytes);
}

// The gradient through statistics of groups of channels, with either activation.
static digest pointwise_backward_groups(const gf_kernels *k, size_t shape, family f) {
  gf_pointwise_backward a = elu_arguments(k, shape, f);
  const size_t bytes = k->element_bytes, count = a.pixels * a.channels;
  a.scale = inputs_values(a.channels, bytes, f, 1);
  a.sum1 = inputs_values(a.channels, bytes, f, 1);
  a.sum2 = inputs_values(a.channels, bytes, f, 1);
  a.gamma = inputs_values(a.channels, bytes, f, 1);
  void *const dx = inputs_filled(count, bytes, 0x5a), *const dskip = inputs_filled(count, bytes, 0x5a);
  a.input_gradient = dx;
  if (shape % 2) a.skip_gradient = dskip;
  if (shape % 4 < 2)
    k->elu_backward(&a);
  else
    k->pointwise_backward(&a);
  return digest_elements(digest_elements(DIGEST_START, dx, count, bytes), dskip, count, bytes);
}

static digest elu_sums(const gf_kernels *k, size_t shape, family f) {
  const gf_pointwise_backward a = elu_arguments(k, shape, f);
  double *const sums = inputs_filled(2 * a.channels, sizeof *sums, 0x5a);
  k->elu_sums(&a, sums);
  return digest_elements(DIGEST_START, sums, 2 * a.channels, sizeof *sums);
}

// More elements than words are drawn at a time.
static digest dropout(const gf_kernels *k, size_t shape, family f) {
  const size_t bytes = k->element_bytes, count = 1 + 37 * shape * shape;
  gf_dropout a = {
      .count = count, .key = inputs_next(), .first = inputs_next(), .threshold = (uint32_t)inputs_next(), .scale = 1.25};
  a.input = a.output = inputs_values(count, bytes, f, count / 12 + 1);
  if (shape % 2 == 0) a.output = inputs_filled(count, bytes, 0x5a);
  k->dropout(&a);
  return digest_elements(DIGEST_START, a.output, count, bytes);
}

#define CONVOLUTION(kernel) {#kernel, COUNT(geometries), kernel}
#define WINOGRAD(kernel) {#kernel, COUNT(maps), kernel}
#define CHANNELS(kernel) {#kernel, COUNT(channel_counts), kernel}
#define POINTWISE(kernel) {#kernel, POINTWISE_SHAPES, kernel}

const kernel_case kernel_cases[] = {
    CONVOLUTION(convolve),
    CONVOLUTION(weight_gradient),
    CONVOLUTION(pack_forward),
    CONVOLUTION(pack_backward),
    WINOGRAD(winograd_convolve),
    WINOGRAD(winograd_weight_gradient),
    WINOGRAD(winograd_weights),
    CONVOLUTION(reduce_slots),
    POINTWISE(pointwise_forward),
    POINTWISE(pointwise_backward),
    POINTWISE(pointwise_backward_anew),
    CHANNELS(moments),
    CHANNELS(combine_moments),
    POINTWISE(backward_sums),
    CHANNELS(channel_sums),
    CHANNELS(combine_sums),
    CHANNELS(average_pool_forward),
    CHANNELS(average_pool_backward),
    CHANNELS(cross_entropy),
    CHANNELS(adam),
    CHANNELS(adamw),
    CHANNELS(sgd),
    CHANNELS(statistics),
    CHANNELS(canonicalise),
    CHANNELS(mix),
    POINTWISE(elu_forward),
    POINTWISE(elu_backward),
    POINTWISE(elu_sums),
    CHANNELS(dropout),
    CHANNELS(is_finite),
    POINTWISE(pointwise_backward_groups),
    {"winograd_weight_gradient_long", COUNT(long_maps), winograd_weight_gradient_long},
};
const size_t kernel_case_count = COUNT(kernel_cases);

// A name and two sizes stand before the kernels of a table, and two kernels have more cases than one: a new kernel needs one.
_Static_assert(COUNT(kernel_cases) == sizeof(gf_kernels) / sizeof(void *) - 3 + 3, "a kernel has no case");
