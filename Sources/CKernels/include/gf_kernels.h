#ifndef GF_KERNELS_H
#define GF_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// The numeric kernels. One source (template/) is compiled for every instruction set and for binary32 and binary64;
// `gf_kernels_find` hands out the table of one combination.
//
// Conventions, for all kernels:
//   * Activations are [pixel][channel], a pixel being a place (h, w) of one image; lanes hold channels.
//   * The element type ("T") is the table's. Sums named "double" are binary64 for both.
//   * The order in which numbers are added is a function of the arguments' shape alone, never of the number of lanes.
//   * Multiply-adds are fused where a comment says `fma`, and nowhere else.
//   * A kernel neither allocates nor keeps state; outputs must not overlap inputs unless a comment allows it.

// A gather table: for every output pixel and tap, the index of the source pixel, or -1 where the tap falls on padding.
// Padding contributes terms whose left factor is +0.
typedef struct {
  const int32_t *table;  // [pixels][taps]
  size_t pixels;         // output pixels of one image
  size_t taps;           // kernel places, row-major
  const void *zeros;     // at least `channels` elements of +0
} gf_gather;

// y[p][k] = ((sum over tap, c ascending of fma(x[gather(p, tap)][c], w[tap][c][k], .), from +0) + bias[k]) + addend[p][k]
typedef struct {
  gf_gather gather;
  size_t channels;         // C, of the source
  size_t filters;          // K, of the output
  size_t padded_filters;   // row length of `weights`: `gf_padded(K)`
  const void *source;      // [source pixels][C]
  const void *weights;     // [taps][C][padded K], zero beyond K
  const void *bias;        // [K] or NULL
  const void *addend;      // [pixels][K] or NULL; may be `output`
  void *output;            // [pixels][K]
} gf_convolve;

// sums[tap][c][k] = fma over pixels ascending of x[gather(p, tap)][c] * dy[p][k], added to what `sums` holds.
typedef struct {
  gf_gather gather;
  size_t channels, filters, padded_filters;
  const void *source;    // [source pixels][C]
  const void *gradient;  // [pixels][K]
  void *sums;            // [taps][C][padded K]
} gf_weight_gradient;

// 3 x 3 convolution with stride 1 and padding 1 by minimal filtering, F(4 x 4, 3 x 3): template/winograd_transforms.h
// has the transforms. Maps of `height` x `width` pixels, input and output alike, are covered with tiles of 4 x 4 output pixels,
// numbered image by image, row by row; a tile's part beyond the map counts as +0 and is not written.
typedef struct {
  size_t images, height, width;
} gf_winograd_shape;

// Memory that is read after a call, whose lines are fetched into the second-level cache meanwhile. No result depends on it.
typedef struct {
  const void *begin;
  size_t bytes;
} gf_range;

// The most tiles that an instruction set takes through a convolution's stages together, and those that any takes through a
// weight gradient's; no result depends on either.
#define GF_WINOGRAD_TILES 8
#define GF_WINOGRAD_GRADIENT_TILES 64

// V[i][tile][c] = B' x B of the tile's 6 x 6 inputs;  M[i][tile][k] = sum over c ascending of
// fma(V[i][tile][c], weights[i][c][k], .), from +0;  y = (A' M A + bias[k]) + addend.
typedef struct {
  gf_winograd_shape shape;
  size_t channels, filters;  // C, K
  const void *source;        // [images][H][W][C]
  const void *weights;       // [36][C][padded K], of winograd_weights
  const void *bias;          // [K] or NULL
  const void *addend;        // [images][H][W][K] or NULL; may be `output`
  void *output;              // [images][H][W][K]
  void *scratch;             // gf_winograd_scratch bytes, aligned to 128
  const gf_range *ahead;     // [ahead_count]
  size_t ahead_count;
} gf_winograd;

// D[i][tile][k] = A dy A' of the tile's 4 x 4 output gradients;  S[i][c][k] = fma over tiles ascending of
// V[i][tile][c] * D[i][tile][k], from +0 if the call begins the sum, else from what `accumulator` holds; and if it ends the
// sum, sums[tap][c][k] = G' S G, in binary64, rounded once.
typedef struct {
  gf_winograd_shape shape;
  size_t channels, filters;
  const void *source;    // [images][H][W][C]
  const void *gradient;  // [images][H][W][K]
  int begins, ends;
  void *accumulator;     // S: [36][C][padded K], aligned to 128
  void *sums;            // [9][C][padded K]: overwritten, if the call ends the sum
  void *scratch;         // gf_winograd_scratch bytes, aligned to 128
} gf_winograd_gradient;

// z = fma(x - mean[c], scale[c], shift[c])  (z = x where mean is NULL)
// z = z + skip                              (where skip is given)
// y = z > 0 ? z : slope * z                 (slope 1: y = z)
typedef struct {
  size_t pixels, channels;
  const void *input;
  const void *mean, *scale, *shift;  // [C], or all NULL
  const void *skip;                  // [pixels][C] or NULL
  double slope;
  void *output;  // may be `input`
} gf_pointwise_forward;

// The gradient through gf_pointwise_forward.
// dz = y > 0 ? dy : slope * dy,  y > 0 where fma(x - mean[c], scale[c], shift[c]) > 0 if shift is given instead of y
// training statistics (sum1 given):  dx = scale[c] * fma(-xhat, sum2[c], dz - sum1[c]), xhat = (x - mean[c]) * inverse[c]
// statistics of groups of channels (gamma given too):  dx = inverse[c] * fma(-xhat, sum2[c], gamma[c] * dz - sum1[c])
// fixed statistics (scale given):    dx = scale[c] * dz
// no normalisation:                  dx = dz
typedef struct {
  size_t pixels, channels;
  const void *output;           // y, or NULL where slope is 1, or where shift is given
  const void *output_gradient;  // dy
  const void *input;            // x; needed for training statistics, or with shift
  const void *mean, *inverse, *scale;  // [C]
  const void *shift;                   // [C], or NULL
  const void *sum1, *sum2;             // [C]: mean over the batch of dz, and of dz * xhat; of gamma * dz where that is given
  const void *gamma;                   // [C], or NULL
  double slope;
  void *input_gradient;  // dx; may be `output_gradient`
  void *skip_gradient;   // dz, or NULL; may be `output_gradient`
} gf_pointwise_backward;

// y = dropped ? +0 : scale * x, for elements first ... first + count - 1 of a stream of random words (gf_philox.h): those whose
// word is below the threshold are dropped. scale is rounded to T.
typedef struct {
  size_t count;
  uint64_t key, first;
  uint32_t threshold;
  double scale;
  const void *input;
  void *output;  // may be `input`
} gf_dropout;

// Adam, one step of a range of elements (Kingma & Ba 2015, algorithm 1; constants as in `gf_adam_constants`).
// m = fma(beta1, m, (1 - beta1) * g);  v = fma(beta2, v, ((1 - beta2) * g) * g)
// p = p - (step * m) / (sqrt(v) / root + epsilon); AdamW's p is p * decay before.
typedef struct {
  double beta1, beta2, one_minus_beta1, one_minus_beta2;
  double step;     // learning rate / (1 - beta1^t)
  double root;     // sqrt(1 - beta2^t)
  double epsilon;
} gf_adam_constants;

// Stochastic gradient descent, one step of a range of elements; without momentum `velocity` is NULL, and d is g.
// v = fma(momentum, v, g);  d = nesterov ? fma(momentum, v, g) : v;  p = p - rate * d
typedef struct {
  double rate, momentum;
  int nesterov;
} gf_sgd_constants;

// What is said of one tensor; all sums in double, elements ascending.
typedef struct {
  double sum_absolute, sum_squares, largest;
  uint64_t zeros, non_finite;
} gf_tensor_statistics;

#define GF_MIX_LANES 32

typedef struct {
  const char *name;         // "avx512", ...
  size_t element_bytes;     // 4 or 8
  size_t lanes;

  void (*convolve)(const gf_convolve *);
  void (*weight_gradient)(const gf_weight_gradient *);
  // [K][C][taps] -> [taps][C][padded K] (for the output) and [taps][K][padded C] (for the input gradient)
  void (*pack_forward)(const void *weights, size_t filters, size_t channels, size_t taps, void *packed);
  void (*pack_backward)(const void *weights, size_t filters, size_t channels, size_t taps, void *packed);
  void (*winograd_convolve)(const gf_winograd *);
  void (*winograd_weight_gradient)(const gf_winograd_gradient *);
  // [9][C][padded K] -> [36][C][padded K]: G w G', in binary64, rounded once. `turned` by half a turn, for the input
  // gradient: `packed` is pack_backward's then, `channels` and `filters` change places.
  void (*winograd_weights)(const void *packed, size_t channels, size_t filters, int turned, void *transformed);
  // Sum of `slots` buffers [taps][C][padded K], slot ascending, rows [begin, end) of taps * C, into [K][C][taps];
  // added to what is there if `accumulate`.
  void (*reduce_slots)(const void *slots, size_t slot_count, size_t filters, size_t channels, size_t taps,
      size_t begin, size_t end, int accumulate, void *weight_gradient);

  void (*pointwise_forward)(const gf_pointwise_forward *);
  void (*pointwise_backward)(const gf_pointwise_backward *);

  // Statistics of one image, pixel ascending: sums[0][c] = sum x; sums[1][c] = sum (x - sums[0][c] / pixels)^2.
  void (*moments)(const void *input, size_t pixels, size_t channels, double *sums);
  // Chan's pairwise update of `slot_count` such slots of `pixels` values each, slot ascending: batch mean and biased
  // variance, in double.
  void (*combine_moments)(const double *slots, size_t slot_count, size_t pixels, size_t channels,
      double *mean, double *variance);
  // sums[0][c] = sum dz, sums[1][c] = sum dz * xhat of one image, pixel ascending; of `gf_pointwise_backward`.
  void (*backward_sums)(const gf_pointwise_backward *, double *sums);
  // sums[c] = sum over pixels ascending, in double.
  void (*channel_sums)(const void *input, size_t pixels, size_t channels, double *sums);
  // total[i] = sum of slots[s][i], slot ascending, in double.
  void (*combine_sums)(const double *slots, size_t slot_count, size_t count, double *total);

  // Average over windows of size x size, rows then columns ascending, divided by size * size.
  void (*average_pool_forward)(const void *input, size_t height, size_t width, size_t channels,
      size_t size_h, size_t size_w, size_t stride, void *output);
  void (*average_pool_backward)(const void *output_gradient, size_t height, size_t width, size_t channels,
      size_t size_h, size_t size_w, size_t stride, void *input_gradient);

  // Softmax cross-entropy of one example, in double: loss; gradient (softmax - onehot) * weight, rounded to T;
  // returns 1 if the lowest index of the largest logit is the label. `gradient` may be NULL.
  int (*cross_entropy)(const void *logits, size_t classes, size_t label, double weight, double *loss, void *gradient);

  void (*adam)(const gf_adam_constants *, const void *gradient, void *parameter, void *first, void *second,
      size_t count);
  void (*adamw)(const gf_adam_constants *, double decay, const void *gradient, void *parameter, void *first, void *second,
      size_t count);
  void (*sgd)(const gf_sgd_constants *, const void *gradient, void *parameter, void *velocity, size_t count);
  void (*statistics)(const void *values, size_t count, gf_tensor_statistics *);
  // 1 if no element is an infinity or a NaN.
  int (*is_finite)(const void *values, size_t count);
  // Copies, NaNs made canonical (quiet, positive, payload zero).
  void (*canonicalise)(const void *values, size_t count, void *copy);
  // Mixes the bits of `count` elements, NaNs canonical, into GF_MIX_LANES lanes: element i goes to lane i % GF_MIX_LANES,
  // its 32-bit words (binary64: low, high) each by lane = rotate_left((lane ^ word) * 0x9e3779b1, 13). Every step is a
  // bijection of the lane, so one differing element always shows in the result.
  void (*mix)(const void *values, size_t count, uint32_t lanes[GF_MIX_LANES]);

  // The three of the leaky ReLU with the exponential linear unit in its place; `slope` is its alpha, in double:
  // y = z > 0 ? z : alpha * (exp(z) - 1), in double, rounded to T;  dz = y > 0 ? dy : (y + alpha) * dy, in T. Not with `shift`
  // in the place of y, whose value and not only its sign is needed.
  void (*elu_forward)(const gf_pointwise_forward *);
  void (*elu_backward)(const gf_pointwise_backward *);
  void (*elu_sums)(const gf_pointwise_backward *, double *sums);

  void (*dropout)(const gf_dropout *);
} gf_kernels;

typedef enum {
  GF_PORTABLE = 0,
  GF_AVX2 = 1,
  GF_AVX512 = 2,
  GF_NEON = 3,
} gf_instruction_set;

// The table of an instruction set and element size (4 or 8), or NULL if this build or this machine lacks it.
const gf_kernels *gf_kernels_find(gf_instruction_set set, size_t element_bytes);

// Row length of packed weights: `count` rounded up to whole 128-byte rows.
static inline size_t gf_padded(size_t count, size_t element_bytes) {
  const size_t unit = 128 / element_bytes;
  return (count + unit - 1) / unit * unit;
}

// Bytes of scratch memory for the Winograd kernels, for either direction: of a convolution 36 planes and the 6 that they are made
// of, of a weight gradient 6 planes of inputs and 6 of output gradients, twice each, all a row of channels longer than the
// tiles; and 6 pixels of zeros.
static inline size_t gf_winograd_scratch(size_t channels, size_t filters, size_t element_bytes) {
  const size_t inner = gf_padded(channels, element_bytes), outer = gf_padded(filters, element_bytes);
  const size_t row = inner > outer ? inner : outer;
  const size_t convolution = 42 * (GF_WINOGRAD_TILES + 1) * row;
  const size_t gradient = 12 * (GF_WINOGRAD_GRADIENT_TILES + 1) * (inner + outer);
  return ((convolution > gradient ? convolution : gradient) + 6 * row) * element_bytes;
}

#endif
