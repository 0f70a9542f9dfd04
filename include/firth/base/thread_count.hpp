#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>

#include <firth/base/messages.hpp>

namespace firth {

/// The number of hardware threads, at least 1.
[[nodiscard]] inline std::size_t hardware_threads() noexcept {
    return (std::max<std::size_t>)(1, std::thread::hardware_concurrency());
}

/// The most threads an option may ask for.
inline constexpr std::size_t max_threads = 1024;

/// The number of threads an option means: 0 stands for all of the machine's. Throws `OptionError`
/// above `max_threads`.
[[nodiscard]] inline std::size_t resolve_threads(std::size_t requested) {
    detail::require_option(requested <= max_threads, "threads", requested, "0 (all) to ",
                           max_threads);
    return requested == 0 ? hardware_threads() : requested;
}

} // namespace firth
