/// Headers only, compiled with the flags of FIRTH_EXPECTED_LEVEL: that is what kernels are made
/// for.

#include <array>
#include <cstdint>
#include <type_traits>

#include <firth/simd/distance.hpp>

using namespace firth;

static_assert(std::is_same_v<simd::default_arch, simd::FIRTH_EXPECTED_LEVEL>);

namespace {

template <class T>
bool is_right() {
    std::array<T, 101> a;
    std::array<T, 101> b;
    a.fill(static_cast<T>(3.0f));
    b.fill(static_cast<T>(5.0f));
    return simd::dot(a, b) == 1515 && simd::squared_l2(a, b) == 404 && simd::l1(a, b) == 202;
}

} // namespace

int main() {
    return is_right<std::int8_t>() && is_right<std::uint8_t>() && is_right<bfloat16>() ? 0 : 1;
}
