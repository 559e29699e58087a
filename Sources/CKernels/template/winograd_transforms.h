// 3 x 3 convolution with stride 1 and padding 1 by minimal filtering, F(4 x 4, 3 x 3): a tile of 4 x 4 outputs takes 36
// multiplications a channel instead of 144. Sources: Winograd, Arithmetic Complexity of Computations (SIAM, 1980), ch. IV;
// Lavin & Gray, arXiv:1509.09308. Here are the one-dimensional transforms; V and W are a vector or a number.
//
// Evaluation at the points 0, p, -p, q, -q and infinity. With P = p^2, Q = q^2, the one-dimensional transforms are
//   input     B': 6 -> 6   coefficients of the product of (z - point) over the other finite points;
//                          at infinity of the product over all
//   output    A': 6 -> 4   powers 0 to 3 of the points; at infinity only the last output
//   spread    A : 4 -> 6   its transpose, for the output gradient in the weight gradient
//   weights   G : 3 -> 6   powers 0 to 2 of the points, divided by the product of (point - other points)
// and B' (x) G (w) A make y = A' [(G w) * (B' x)]; the weight gradient is G' [(B' x) * (A dy)] by transposition.
//
// p = 5/8 and q = 3/2: every constant but G's is exact in binary32, and with p q near 1 no transform's entries are large.
// On the production shapes the error is less than half of what the customary points 1 and 2 give, the largest less than a
// third: twice the direct sum's (PrecisionConvolution.swift measures it).
// G is applied in binary64 and rounded once. A transform runs over rows (r) first, then columns (s), in the order written.

#undef WINOGRAD_p
#define WINOGRAD_p ((T)0.625)
#undef WINOGRAD_q
#define WINOGRAD_q ((T)1.5)
#undef WINOGRAD_P
#define WINOGRAD_P ((T)0.390625)
#undef WINOGRAD_Q
#define WINOGRAD_Q ((T)2.25)
#undef WINOGRAD_PQ
#define WINOGRAD_PQ ((T)0.87890625)        // P Q
#undef WINOGRAD_SUM
#define WINOGRAD_SUM ((T)2.640625)         // P + Q
#undef WINOGRAD_p3
#define WINOGRAD_p3 ((T)0.244140625)       // p^3
#undef WINOGRAD_q3
#define WINOGRAD_q3 ((T)3.375)             // q^3
// The divisors in G. At 0: P Q = 225/256. At p and -p: 2 P (P - Q) = -2975/2048. At q and -q: 2 Q (Q - P) = 1071/128.
#undef WINOGRAD_N0
#define WINOGRAD_N0 (256.0 / 225.0)
#undef WINOGRAD_Np
#define WINOGRAD_Np (-2048.0 / 2975.0)
#undef WINOGRAD_Nq
#define WINOGRAD_Nq (128.0 / 1071.0)

// B': in[0..5] -> out[0..5]
#undef WINOGRAD_INPUT
#define WINOGRAD_INPUT(V, out, d0, d1, d2, d3, d4, d5)                            \
  do {                                                                            \
    const V even_p = FMA((V)-WINOGRAD_Q, d2, d4), odd_p = FMA((V)-WINOGRAD_Q, d1, d3); \
    const V even_q = FMA((V)-WINOGRAD_P, d2, d4), odd_q = FMA((V)-WINOGRAD_P, d1, d3); \
    (out)[0] = FMA((V)WINOGRAD_PQ, d0, FMA((V)-WINOGRAD_SUM, d2, d4));            \
    (out)[1] = FMA((V)WINOGRAD_p, odd_p, even_p);                                 \
    (out)[2] = FMA((V)-WINOGRAD_p, odd_p, even_p);                                \
    (out)[3] = FMA((V)WINOGRAD_q, odd_q, even_q);                                 \
    (out)[4] = FMA((V)-WINOGRAD_q, odd_q, even_q);                                \
    (out)[5] = FMA((V)WINOGRAD_PQ, d1, FMA((V)-WINOGRAD_SUM, d3, d5));            \
  } while (0)

// B', result i alone; arguments that it does not need are not evaluated
#undef WINOGRAD_INPUT_AT
#define WINOGRAD_INPUT_AT(V, out, i, d0, d1, d2, d3, d4, d5)                      \
  do {                                                                            \
    if ((i) == 0) {                                                               \
      (out) = FMA((V)WINOGRAD_PQ, d0, FMA((V)-WINOGRAD_SUM, d2, d4));             \
    } else if ((i) == 5) {                                                        \
      (out) = FMA((V)WINOGRAD_PQ, d1, FMA((V)-WINOGRAD_SUM, d3, d5));             \
    } else {                                                                      \
      const V other = (V)((i) < 3 ? -WINOGRAD_Q : -WINOGRAD_P);                   \
      const V point = (V)((i) == 1 ? WINOGRAD_p : (i) == 2 ? -WINOGRAD_p : (i) == 3 ? WINOGRAD_q : -WINOGRAD_q); \
      const V even = FMA(other, d2, d4), odd = FMA(other, d1, d3);                \
      (out) = FMA(point, odd, even);                                              \
    }                                                                             \
  } while (0)

// A', outputs 0 and 2: m[0..5] -> out_0, out_2
#undef WINOGRAD_OUTPUT_EVEN
#define WINOGRAD_OUTPUT_EVEN(V, out_0, out_2, m0, m1, m2, m3, m4, m5)             \
  do {                                                                            \
    const V sum_p = (m1) + (m2), sum_q = (m3) + (m4);                             \
    (out_0) = ((m0) + sum_p) + sum_q;                                             \
    (out_2) = FMA((V)WINOGRAD_P, sum_p, (V)WINOGRAD_Q * sum_q);                   \
  } while (0)

// A', outputs 1 and 3: m[0..5] -> out_1, out_3
#undef WINOGRAD_OUTPUT_ODD
#define WINOGRAD_OUTPUT_ODD(V, out_1, out_3, m0, m1, m2, m3, m4, m5)              \
  do {                                                                            \
    const V difference_p = (m1) - (m2), difference_q = (m3) - (m4);               \
    (out_1) = FMA((V)WINOGRAD_p, difference_p, (V)WINOGRAD_q * difference_q);     \
    (out_3) = FMA((V)WINOGRAD_p3, difference_p, FMA((V)WINOGRAD_q3, difference_q, m5)); \
  } while (0)

// A: d[0..3] -> out[0..5]
#undef WINOGRAD_SPREAD
#define WINOGRAD_SPREAD(V, out, d0, d1, d2, d3)                                   \
  do {                                                                            \
    const V even_p = FMA((V)WINOGRAD_P, d2, d0), odd_p = FMA((V)WINOGRAD_P, d3, d1); \
    const V even_q = FMA((V)WINOGRAD_Q, d2, d0), odd_q = FMA((V)WINOGRAD_Q, d3, d1); \
    (out)[0] = d0;                                                                \
    (out)[1] = FMA((V)WINOGRAD_p, odd_p, even_p);                                 \
    (out)[2] = FMA((V)-WINOGRAD_p, odd_p, even_p);                                \
    (out)[3] = FMA((V)WINOGRAD_q, odd_q, even_q);                                 \
    (out)[4] = FMA((V)-WINOGRAD_q, odd_q, even_q);                                \
    (out)[5] = d3;                                                                \
  } while (0)

// A, result i alone
#undef WINOGRAD_SPREAD_AT
#define WINOGRAD_SPREAD_AT(V, out, i, d0, d1, d2, d3)                             \
  do {                                                                            \
    if ((i) == 0) {                                                               \
      (out) = d0;                                                                 \
    } else if ((i) == 5) {                                                        \
      (out) = d3;                                                                 \
    } else {                                                                      \
      const V square = (V)((i) < 3 ? WINOGRAD_P : WINOGRAD_Q);                    \
      const V point = (V)((i) == 1 ? WINOGRAD_p : (i) == 2 ? -WINOGRAD_p : (i) == 3 ? WINOGRAD_q : -WINOGRAD_q); \
      const V even = FMA(square, d2, d0), odd = FMA(square, d3, d1);              \
      (out) = FMA(point, odd, even);                                              \
    }                                                                             \
  } while (0)

// G, in binary64: g[0..2] -> out[0..5]
#undef WINOGRAD_WEIGHT
#define WINOGRAD_WEIGHT(W, out, g0, g1, g2)                                       \
  do {                                                                            \
    const W even_p = FMA((W)0.390625, g2, g0), even_q = FMA((W)2.25, g2, g0);     \
    (out)[0] = (W)WINOGRAD_N0 * (g0);                                             \
    (out)[1] = (W)WINOGRAD_Np * FMA((W)0.625, g1, even_p);                        \
    (out)[2] = (W)WINOGRAD_Np * FMA((W)-0.625, g1, even_p);                       \
    (out)[3] = (W)WINOGRAD_Nq * FMA((W)1.5, g1, even_q);                          \
    (out)[4] = (W)WINOGRAD_Nq * FMA((W)-1.5, g1, even_q);                         \
    (out)[5] = g2;                                                                \
  } while (0)

// G', in binary64: m[0..5] -> out[0..2]
#undef WINOGRAD_WEIGHT_GRADIENT
#define WINOGRAD_WEIGHT_GRADIENT(W, out, m0, m1, m2, m3, m4, m5)                  \
  do {                                                                            \
    const W sum_p = (W)WINOGRAD_Np * ((m1) + (m2)), sum_q = (W)WINOGRAD_Nq * ((m3) + (m4)); \
    const W difference_p = (W)WINOGRAD_Np * ((m1) - (m2));                        \
    const W difference_q = (W)WINOGRAD_Nq * ((m3) - (m4));                        \
    (out)[0] = FMA((W)WINOGRAD_N0, m0, sum_p + sum_q);                            \
    (out)[1] = FMA((W)0.625, difference_p, (W)1.5 * difference_q);                \
    (out)[2] = FMA((W)0.390625, sum_p, FMA((W)2.25, sum_q, m5));                  \
  } while (0)
