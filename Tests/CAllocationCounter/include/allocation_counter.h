#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>

// Counts what one thread asks of the heap, by standing in front of the C library's allocator (which the Swift runtime
// uses for every object). Other threads' allocations are not counted: tests run beside one another.

// Whether this build can count: glibc, and no sanitizer that brings an allocator of its own.
bool allocation_counter_works(void);

// Starts to count the calling thread's allocations, from zero.
void allocation_counter_start(void);

// Stops, and returns how many there were.
long allocation_counter_stop(void);

#endif
