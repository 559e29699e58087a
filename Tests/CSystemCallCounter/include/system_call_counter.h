// What a thread asks of the system that leaves no trace in a file, counted; and a system that refuses.
#pragma once

/// Begins to count the calling thread's synchronisations (fsync).
void system_calls_start(void);
/// How many there were since, of files and of directories.
int system_calls_file_syncs(void);
int system_calls_directory_syncs(void);

/// From now on the calling thread's locks (flock) are refused with this error number; 0: no more.
void system_calls_refuse_locks(int code);
