#pragma once

#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/dispatch/cpu.hpp>

/// `firth::dispatch`: a static library with the kernels of every instruction set, of which one is
/// chosen when the first kernel is called: the highest that the processor has and the system
/// enables, or the one that the environment variable FIRTH_ARCH names. Programs that link it have
/// `dispatched` as their default architecture.
namespace firth::simd {

struct KernelTable; // kernel_table.hpp

namespace detail {

// Defined in the library.
[[nodiscard]] std::string_view selected_level() noexcept;
void check_wanted_level(std::string_view wanted);

} // namespace detail

/// The name of the instruction set that kernels of `Arch` use.
template <class Arch = default_arch>
[[nodiscard]] std::string_view selected_arch() noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::selected_level();
    } else {
        return Arch::name;
    }
}

/// Reads FIRTH_ARCH, and throws `OptionError` where it names an instruction set that is not known,
/// listing those that are, or one that this machine does not have; in a program of headers only,
/// any but the one that it is compiled for. Without this call such a value is ignored, since a
/// kernel cannot throw: programs that want the variable obeyed or refused call it first. Gives the
/// name of the instruction set in use.
template <class Arch = default_arch>
std::string_view select_arch() {
    const char* const variable = std::getenv("FIRTH_ARCH");
    const std::string_view wanted = variable != nullptr ? variable : "";
    if constexpr (detail::is_dispatched<Arch>) {
        if (!wanted.empty()) detail::check_wanted_level(wanted);
    } else if (!wanted.empty() && wanted != Arch::name) {
        throw OptionError("FIRTH_ARCH is \"" + std::string(wanted) +
                          "\", and this program is compiled for " + std::string(Arch::name) +
                          " only; programs that link firth::dispatch choose when they run");
    }
    return selected_arch<Arch>();
}

// The rest is the library's alone.

/// An instruction set that the library holds kernels for.
struct Level {
    std::string_view name;
    bool available; ///< this machine can run it
};

/// All of them, lowest first: the architectures of `arch.hpp`, as far as the compiler that built
/// the library knows them.
[[nodiscard]] std::span<const Level> levels() noexcept;

/// The kernels of one instruction set, to test or measure it beside others. Throws `OptionError`
/// for a name that is unknown or that this machine does not have.
[[nodiscard]] KernelTable kernel_table(std::string_view name);

} // namespace firth::simd
