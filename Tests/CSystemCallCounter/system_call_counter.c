#define _GNU_SOURCE
#include "system_call_counter.h"

#include <errno.h>
#include <sys/stat.h>

static _Thread_local int file_syncs, directory_syncs, lock_refusal;

void system_calls_start(void) { file_syncs = directory_syncs = 0; }
int system_calls_file_syncs(void) { return file_syncs; }
int system_calls_directory_syncs(void) { return directory_syncs; }
void system_calls_refuse_locks(int code) { lock_refusal = code; }

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

// These stand in front of the C library's, in the tests' executable.

int fsync(int file) {
  struct stat status;
  if (fstat(file, &status) == 0) *(S_ISDIR(status.st_mode) ? &directory_syncs : &file_syncs) += 1;
  return (int)syscall(SYS_fsync, file);
}

int flock(int file, int operation) {
  if (lock_refusal) {
    errno = lock_refusal;
    return -1;
  }
  return (int)syscall(SYS_flock, file, operation);
}
#endif
