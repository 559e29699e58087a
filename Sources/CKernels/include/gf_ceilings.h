#ifndef GF_CEILINGS_H
#define GF_CEILINGS_H

#include <stddef.h>

#include "gf_kernels.h"

// What a benchmark holds the kernels against: the most fused multiply-adds in binary32 that one thread can make with an
// instruction set, from registers alone. Makes `rounds` rounds of them and returns the floating-point operations made (two
// a multiply-add), or 0 if this build or this machine lacks the set. `sink` takes a number that depends on all of them, so
// that none can be left out.
double gf_peak_multiply_adds(gf_instruction_set set, size_t rounds, float *sink);

#endif
