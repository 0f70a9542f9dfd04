#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/train/run/trained_vectors.hpp>

namespace firth {

/// Settings of `train_lsa`.
struct LsaOptions {
    std::size_t dim = 100;    ///< singular vectors taken, at least 1
    double value_power = 0.5; ///< vectors are scaled by singular value^power; 0 to 1
    VectorChoice vectors = VectorChoice::input;
    std::size_t max_directions = 0; ///< see `SvdOptions`
    std::uint64_t memory = std::uint64_t{1}
                           << 30; ///< for the weighed counts, and as much for their
                                  ///< transpose; more lies in temporary files
    std::string folder{};         ///< of these files; empty: the system's own
    std::size_t threads = 0;      ///< 0: all of the machine's; the result does not depend on it
    std::uint64_t seed = 1;       ///< of the directions in which singular vectors are sought
};

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const LsaOptions& options) {
    using detail::require_option;
    require_option(options.dim >= 1 && options.dim <= max_dim, "dim", options.dim, "1 to ",
                   max_dim);
    require_option(options.value_power >= 0 && options.value_power <= 1, "power of singular values",
                   float_text(options.value_power), "0 to 1");
    static_cast<void>(resolve_threads(options.threads));
}

} // namespace firth
