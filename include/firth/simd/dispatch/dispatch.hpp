#pragma once

#include <span>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/simd/dispatch/cpu.hpp>

/// `firth::dispatch`: a static library with the kernels of every instruction set, of which one is
/// chosen when the first kernel is called: the highest that the processor has and the system
/// enables, or the one that the environment variable FIRTH_ARCH names. Programs that link it have
/// `dispatched` as their default architecture. The functions here are defined in the library.
namespace firth::simd {

struct KernelTable; // kernel_table.hpp

/// An instruction set that the library holds kernels for.
struct Level {
    std::string_view name;
    bool available; ///< this machine can run it
};

/// All of them, lowest first: the architectures of `arch.hpp`, as far as the compiler that built
/// the library knows them.
[[nodiscard]] std::span<const Level> levels() noexcept;

/// The name of the one in use.
[[nodiscard]] std::string_view selected_arch() noexcept;

/// Reads FIRTH_ARCH, and throws `OptionError` where it names an instruction set that is not known,
/// listing those that are, or one that this machine does not have. Without this call such a value
/// is ignored, since a kernel cannot throw: programs that want the variable obeyed or refused call
/// it first. Gives the name of the instruction set in use.
std::string_view select_arch();

/// The kernels of one instruction set, to test or measure it beside others. Throws `OptionError`
/// for a name that is unknown or that this machine does not have.
[[nodiscard]] KernelTable kernel_table(std::string_view name);

} // namespace firth::simd
