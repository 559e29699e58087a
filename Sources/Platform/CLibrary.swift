// The system's C library under one name. No other file of the package imports it by its own.
//
// What the libraries call differently has one Swift name, in the other files of this module. A call that only one of them has
// belongs here too.

#if canImport(Darwin)
  @_exported import Darwin
#elseif canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  #error("gradflow is not ported to musl: take a system with the GNU C library (Debian, Ubuntu, Fedora), or macOS")
#else
  #error("gradflow runs on Linux with the GNU C library and on macOS")
#endif
