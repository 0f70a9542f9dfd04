#pragma once

/// The few macros of the library, all in this file. Feature questions are function-like, so that a
/// misspelt name is a compile error and never a silent "no".

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86)
#define FIRTH_ON_X86() 1
#else
#define FIRTH_ON_X86() 0
#endif

#if defined(__aarch64__) || defined(_M_ARM64)
#define FIRTH_ON_ARM64() 1
#else
#define FIRTH_ON_ARM64() 0
#endif

#if defined(__unix__) || defined(__APPLE__)
#define FIRTH_ON_POSIX() 1
#else
#define FIRTH_ON_POSIX() 0
#endif

/// 1 where Hogwild training must use relaxed atomics instead of plain loads and stores on shared
/// rows: under the thread sanitizer, or where the user defines FIRTH_ATOMIC_ROWS.
#if defined(FIRTH_ATOMIC_ROWS) || defined(__SANITIZE_THREAD__)
#define FIRTH_USE_ATOMIC_ROWS() 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIRTH_USE_ATOMIC_ROWS() 1
#else
#define FIRTH_USE_ATOMIC_ROWS() 0
#endif
#else
#define FIRTH_USE_ATOMIC_ROWS() 0
#endif

/// 1 in programs that link `firth::dispatch`, whose CMake target defines FIRTH_DISPATCH for all of
/// a program's files.
#if defined(FIRTH_DISPATCH)
#define FIRTH_USE_DISPATCH() 1
#else
#define FIRTH_USE_DISPATCH() 0
#endif

/// 1 where gzip, xz and zstd files can be unpacked: where the build defines FIRTH_WITH_ZLIB,
/// FIRTH_WITH_LZMA or FIRTH_WITH_ZSTD and links the library, as the CMake target
/// `firth::compression` does.
#if defined(FIRTH_WITH_ZLIB)
#define FIRTH_HAS_ZLIB() 1
#else
#define FIRTH_HAS_ZLIB() 0
#endif
#if defined(FIRTH_WITH_LZMA)
#define FIRTH_HAS_LZMA() 1
#else
#define FIRTH_HAS_LZMA() 0
#endif
#if defined(FIRTH_WITH_ZSTD)
#define FIRTH_HAS_ZSTD() 1
#else
#define FIRTH_HAS_ZSTD() 0
#endif

/// Around everything that opens files which may be packed: an inline namespace, named for what
/// can be unpacked. Files of one program that differ in it share none of these functions, so that
/// each keeps to what it was compiled with.
#define FIRTH_BEGIN_UNPACKING                                                                      \
    FIRTH_UNPACKING_OF(FIRTH_HAS_ZLIB(), FIRTH_HAS_LZMA(), FIRTH_HAS_ZSTD())
#define FIRTH_END_UNPACKING }
#define FIRTH_UNPACKING_OF(zlib, lzma, zstd) FIRTH_UNPACKING_NAME(zlib, lzma, zstd)
#define FIRTH_UNPACKING_NAME(zlib, lzma, zstd)                                                     \
    inline namespace unpacking_gzip##zlib##_xz##lzma##_zstd##zstd {

/// Inlining that kernels rely on: a register tile that is not inlined is passed through memory.
#if defined(__GNUC__) || defined(__clang__)
#define FIRTH_ALWAYS_INLINE inline __attribute__((always_inline))
#define FIRTH_INLINE_LAMBDA __attribute__((always_inline))
#define FIRTH_NOINLINE __attribute__((noinline))
/// Ask for the cache line at `address`, to be written soon.
#define FIRTH_PREFETCH_WRITE(address) __builtin_prefetch((address), 1, 3)
/// Ask for the cache line at `address`, to be read soon.
#define FIRTH_PREFETCH_READ(address) __builtin_prefetch((address), 0, 3)
/// Ask for the cache line at `address` to come into the second cache, not yet into the first.
#define FIRTH_PREFETCH_L2(address) __builtin_prefetch((address), 0, 2)
/// Between two loads: the compiler keeps them in this order.
#define FIRTH_KEEP_ORDER() __asm__ volatile("" ::: "memory")
#else
#define FIRTH_ALWAYS_INLINE inline
#define FIRTH_INLINE_LAMBDA
#define FIRTH_NOINLINE
#define FIRTH_PREFETCH_WRITE(address) static_cast<void>(address)
#define FIRTH_PREFETCH_READ(address) static_cast<void>(address)
#define FIRTH_PREFETCH_L2(address) static_cast<void>(address)
#define FIRTH_KEEP_ORDER() static_cast<void>(0)
#endif

/// Around code that calls vector intrinsics. gcc 12 warns inside its own headers for the
/// deliberately undefined registers there, and blames the code that inlines them.
#if defined(__GNUC__) && !defined(__clang__)
#define FIRTH_BEGIN_INTRINSICS                                                                     \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wuninitialized\"")           \
        _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"")
#define FIRTH_END_INTRINSICS _Pragma("GCC diagnostic pop")
#else
#define FIRTH_BEGIN_INTRINSICS
#define FIRTH_END_INTRINSICS
#endif
