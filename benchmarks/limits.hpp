#pragma once

#include <cstddef>
#include <span>

/// What the machine allows one thread with one instruction set: measured in the same run as the
/// kernels, by `limits.cpp`, which is compiled once for each.
struct Limits {
    const char* arch;
    std::size_t register_bytes;
    /// Each runs some millions of independent operations in registers and gives their number, a
    /// multiply-add counting two. Null where the instruction is missing.
    double (*multiply_add_floats)();
    double (*multiply_add_bytes)();
    double (*multiply_add_bfloats)();
    /// Reads `bytes` at `data` (a multiple of 4096, aligned to 64) in one stream, prefetching
    /// `ahead` bytes where that is not zero.
    void (*read)(const void* data, std::size_t bytes, std::size_t ahead);
};

/// Those of all instruction sets that the program was built for, lowest first.
std::span<const Limits* const> all_limits();
