// All kernels of one element type, and their table. What a header defines anew for each type it undefines right before.

#include "vector.h"
#include "fused.h"
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

// clang-format off
const gf_kernels JOIN(JOIN(gf_kernels_, SET), NAME()) = {
    // clang-format on
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
    .adamw = NAME(adamw),
    .sgd = NAME(sgd),
    .statistics = NAME(statistics),
    .is_finite = NAME(is_finite),
    .canonicalise = NAME(canonicalise),
    .mix = NAME(mix),
    .elu_forward = NAME(elu_forward),
    .elu_backward = NAME(elu_backward),
    .elu_sums = NAME(elu_sums),
    .dropout = NAME(dropout),
};
