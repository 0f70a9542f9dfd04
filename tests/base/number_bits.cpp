#include <firth/base/number_bits.hpp>

#include <bit>
#include <cstdint>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

TEMPLATE_TEST_CASE("bits tell NaN and infinity", "", float, double) {
    using Limits = std::numeric_limits<TestType>;
    using Bits = std::conditional_t<sizeof(TestType) == 4, std::uint32_t, std::uint64_t>;
    for (const TestType x : {TestType(0), TestType(1), Limits::max(), Limits::min(),
                             Limits::denorm_min(), Limits::epsilon()}) {
        for (const TestType signed_x : {x, -x}) {
            REQUIRE(is_finite(signed_x));
            REQUIRE_FALSE(is_nan(signed_x));
        }
    }
    const Bits infinity = std::bit_cast<Bits>(Limits::infinity());
    const Bits sign = Bits(1) << (8 * sizeof(Bits) - 1);
    for (const Bits bits : {infinity, infinity | sign}) {
        REQUIRE_FALSE(is_finite(std::bit_cast<TestType>(bits)));
        REQUIRE_FALSE(is_nan(std::bit_cast<TestType>(bits)));
        for (const Bits payload : {Bits(1), (~infinity & ~sign)}) {
            REQUIRE(is_nan(std::bit_cast<TestType>(bits | payload)));
            REQUIRE_FALSE(is_finite(std::bit_cast<TestType>(bits | payload)));
        }
    }
}
