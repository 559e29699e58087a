#ifndef GF_CONTROL_H
#define GF_CONTROL_H

#include <stdint.h>

// The floating-point control word of the calling thread: MXCSR on x86-64, FPCR on arm64.
uint64_t gf_control_read(void);
void gf_control_write(uint64_t word);
// Round to nearest even, subnormals kept, exceptions masked: what the reproducibility contract asks for.
void gf_control_set_standard(void);
int gf_control_is_standard(void);

// Tells the processor that the caller is polling.
static inline void gf_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

#endif
