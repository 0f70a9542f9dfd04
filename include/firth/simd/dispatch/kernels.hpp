#pragma once

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>

/// How the functions of `simd/` reach the kernels of their architecture. The kernels of a header
/// form a group: a struct of function pointers, and `Compiled` for it with functions of the same
/// names. `kernels<Group, Arch>().name(...)` is a direct call of a function compiled with this
/// file's flags, or, where `Arch` is `dispatched`, a call through the pointers that
/// `firth::dispatch` has chosen.
namespace firth::simd::detail {

/// A group's kernels compiled for one architecture, and `table`, the group that points to them.
/// Specialised beside each group.
template <class Group, class Arch>
struct Compiled;

/// The group chosen for this machine, the same one at every call. Specialised for every group by
/// the library `firth::dispatch`.
template <class Group>
const Group& chosen_kernels() noexcept;

/// The same, at the cost of a load and a predicted branch.
template <class Group>
inline const Group& dispatched_kernels() noexcept {
    static const Group& group = chosen_kernels<Group>();
    return group;
}

template <class Group, class Arch>
FIRTH_ALWAYS_INLINE decltype(auto) kernels() noexcept {
    if constexpr (is_dispatched<Arch>) {
        return dispatched_kernels<Group>();
    } else {
        return Compiled<Group, Arch>();
    }
}

} // namespace firth::simd::detail
