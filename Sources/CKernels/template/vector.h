// Vectors of the element type. Expects: T, T_BITS (an integer type of T's size), VECTOR_BYTES, NAME(x).
// No include guard: included once for each element type.

#undef LANES
#define LANES (VECTOR_BYTES / sizeof(T))

// The number of channels (and filters) for which the inner loops are compiled besides, with their lengths and strides known.
#undef USUAL_CHANNELS
#define USUAL_CHANNELS (128 / sizeof(T))

typedef T NAME(vec) __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(T))));
typedef NAME(vec) NAME(vec_unaligned) __attribute__((aligned(sizeof(T)), may_alias));
typedef double NAME(wide) __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(T))));
typedef NAME(wide) NAME(wide_unaligned) __attribute__((aligned(8), may_alias));

// Twice as many lanes, where two vectors side by side keep the processor busier than one.
typedef T NAME(pair) __attribute__((ext_vector_type(2 * VECTOR_BYTES / sizeof(T))));
typedef NAME(pair) NAME(pair_unaligned) __attribute__((aligned(sizeof(T)), may_alias));
typedef double NAME(wide_pair) __attribute__((ext_vector_type(2 * VECTOR_BYTES / sizeof(T))));
typedef NAME(wide_pair) NAME(wide_pair_unaligned) __attribute__((aligned(8), may_alias));

static inline __attribute__((always_inline)) NAME(vec) NAME(load)(const T *p) {
  return *(const NAME(vec_unaligned) *)p;
}
static inline __attribute__((always_inline)) void NAME(store)(T *p, NAME(vec) v) {
  *(NAME(vec_unaligned) *)p = v;
}
static inline __attribute__((always_inline)) NAME(wide) NAME(load_wide)(const double *p) {
  return *(const NAME(wide_unaligned) *)p;
}
static inline __attribute__((always_inline)) void NAME(store_wide)(double *p, NAME(wide) v) {
  *(NAME(wide_unaligned) *)p = v;
}
static inline __attribute__((always_inline)) NAME(wide) NAME(widen)(NAME(vec) v) {
  return __builtin_convertvector(v, NAME(wide));
}
static inline __attribute__((always_inline)) NAME(pair) NAME(load_pair)(const T *p) {
  return *(const NAME(pair_unaligned) *)p;
}
static inline __attribute__((always_inline)) void NAME(store_wide_pair)(double *p, NAME(wide_pair) v) {
  *(NAME(wide_pair_unaligned) *)p = v;
}
static inline __attribute__((always_inline)) NAME(wide_pair) NAME(load_wide_pair)(const double *p) {
  return *(const NAME(wide_pair_unaligned) *)p;
}
static inline __attribute__((always_inline)) NAME(wide_pair) NAME(widen_pair)(NAME(pair) v) {
  return __builtin_convertvector(v, NAME(wide_pair));
}
