// All kernels of one element type, and their table; undefines what describes the type.

#include "vector.h"
#include "convolution.h"
#include "elu.h"
#include "pointwise.h"
#include "dropout.h"
#include "winograd_transforms.h"
#include "winograd_tiles.h"
#include "winograd.h"
#include "batchnorm.h"
#include "pooling.h"
#include "loss.h"
#include "optimiser.h"
#include "tensor.h"

const gf_kernels JOIN(JOIN(gf_kernels_, SET), NAME()) = {
    .name = TEXT(SET),
    .element_bytes = sizeof(T),
    .lanes = LANES,
    .convolve = NAME(convolve),
    .weight_gradient = NAME(weight_gradient),
    .pack_forward = NAME(pack_forward),
    .pack_backward = NAME(pack_backward),
    .winograd_convolve = NAME(winograd_convolve),
    .winograd_weight_gradient = NAME(winograd_weight_gradient),
    .winograd_weights = NAME(winograd_weights),
    .reduce_slots = NAME(reduce_slots),
    .pointwise_forward = NAME(pointwise_forward),
    .pointwise_backward = NAME(pointwise_backward),
    .moments = NAME(moments),
    .combine_moments = NAME(combine_moments),
    .backward_sums = NAME(backward_sums),
    .channel_sums = NAME(channel_sums),
    .combine_sums = NAME(combine_sums),
    .average_pool_forward = NAME(average_pool_forward),
    .average_pool_backward = NAME(average_pool_backward),
    .cross_entropy = NAME(cross_entropy),
    .adam = NAME(adam),
    .statistics = NAME(statistics),
    .canonicalise = NAME(canonicalise),
    .mix = NAME(mix),
    .elu_forward = NAME(elu_forward),
    .elu_backward = NAME(elu_backward),
    .elu_sums = NAME(elu_sums),
    .dropout = NAME(dropout),
};

#undef LANES
#undef USUAL_CHANNELS
#undef FILTER_BLOCK
#undef GRADIENT_CHUNK
#undef WEIGHT_GRADIENT_BLOCK
#undef WINOGRAD_p
#undef WINOGRAD_q
#undef WINOGRAD_P
#undef WINOGRAD_Q
#undef WINOGRAD_PQ
#undef WINOGRAD_SUM
#undef WINOGRAD_p3
#undef WINOGRAD_q3
#undef WINOGRAD_N0
#undef WINOGRAD_Np
#undef WINOGRAD_Nq
#undef WINOGRAD_INPUT
#undef WINOGRAD_OUTPUT_EVEN
#undef WINOGRAD_OUTPUT_ODD
#undef WINOGRAD_SPREAD
#undef WINOGRAD_WEIGHT
#undef WINOGRAD_WEIGHT_GRADIENT
#undef WINOGRAD_PLANE
#undef WINOGRAD_COLUMN
#undef WINOGRAD_HALF_RING
#undef WINOGRAD_FORWARD_TILE
#undef WINOGRAD_INPUT_D
#undef WINOGRAD_SPREAD_D
#undef WINOGRAD_FORWARD
#undef WINOGRAD_OUTPUT_ROWS
#undef WINOGRAD_OUTPUT_ROW
#undef WINOGRAD_OUTPUT_TILE
#undef WINOGRAD_GRADIENT_BLOCK
#undef FOR_CHANNELS
#undef FOR_CHANNEL_VECTORS
#undef PIXEL_CHUNK
#undef FMA
#undef T
#undef T_BITS
#undef INFINITY_BITS
#undef QUIET_NAN_BITS
#undef NAME
