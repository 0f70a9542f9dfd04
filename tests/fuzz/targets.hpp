#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// A reader that is given any bytes. It must load them or throw `firth::Error`; what it loads must
/// be sound.
struct Target {
    std::string_view name;
    void (*read)(std::string_view bytes);
};

/// Every reader of the library.
[[nodiscard]] std::span<const Target> targets();

/// Calls a target and lets `firth::Error` pass; everything else is a finding. True where the bytes
/// were loaded.
bool run(const Target& target, std::string_view bytes);

/// What must hold of all that was read.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "finding: %s\n", what);
    std::abort();
}

/// Those of `targets` and `seeds` that read files of tokenizers, compiled apart.
[[nodiscard]] std::span<const Target> tokenizer_targets();
[[nodiscard]] std::vector<std::string> tokenizer_seeds(std::string_view target);

/// Files for a target to begin with, made by the library's own writers.
[[nodiscard]] std::vector<std::string> seeds(std::string_view target);

} // namespace fuzz
