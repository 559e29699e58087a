#include "gf_control.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
// All exceptions masked, round to nearest, no flush-to-zero, no denormals-are-zero; the low six bits are sticky flags.
enum {
  standard = 0x1f80,
  settings = 0xffc0,
};
uint64_t gf_control_read(void) { return _mm_getcsr(); }
void gf_control_write(uint64_t word) { _mm_setcsr((unsigned)word); }
#elif defined(__aarch64__)
// FZ, FZ16, AH, FIZ, NEP, rounding mode, default NaN and traps all off.
enum {
  standard = 0,
  settings = 0x7fffff07,
};
uint64_t gf_control_read(void) {
  uint64_t word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
void gf_control_write(uint64_t word) { __asm__ volatile("msr fpcr, %0" : : "r"(word)); }
#else
#error "gradflow knows the floating-point control word of x86-64 and arm64 only"
#endif

void gf_control_set_standard(void) {
  gf_control_write((gf_control_read() & ~(uint64_t)settings) | standard);
}
int gf_control_is_standard(void) { return (gf_control_read() & settings) == standard; }
