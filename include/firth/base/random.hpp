#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace firth {

/// Mixes a 64-bit state into a well-spread value (SplitMix64; Steele, Lea, Flood 2014, figure 16).
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t state) noexcept {
    state += 0x9E3779B97F4A7C15u;
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
    return state ^ (state >> 31);
}

/// Seeded random numbers: xoshiro256++ (Blackman and Vigna 2019). The same seed gives the same
/// numbers on every machine; meets `std::uniform_random_bit_generator`. Not for cryptography.
class Random {
public:
    using result_type = std::uint64_t;

    /// A stream for one seed; `stream` distinguishes generators that share a seed, such as chunks.
    explicit constexpr Random(std::uint64_t seed, std::uint64_t stream = 0) noexcept {
        std::uint64_t state = mix_bits(seed) ^ mix_bits(~stream);
        for (std::uint64_t& word : state_) {
            state += 0x9E3779B97F4A7C15u;
            word = mix_bits(state);
        }
    }

    static constexpr result_type(min)() noexcept { return 0; }
    static constexpr result_type(max)() noexcept {
        return (std::numeric_limits<result_type>::max)();
    }

    /// 64 random bits.
    constexpr result_type operator()() noexcept {
        const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// 32 random bits.
    constexpr std::uint32_t bits32() noexcept {
        return static_cast<std::uint32_t>((*this)() >> 32);
    }

    /// A number in [0, bound), bound > 0, by multiply-shift (Lemire 2019, without the rejection:
    /// the bias is below bound / 2^32).
    constexpr std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>((std::uint64_t{bits32()} * bound) >> 32);
    }

    /// A float in [0, 1), a multiple of 2^-24.
    constexpr float uniform() noexcept { return static_cast<float>((*this)() >> 40) * 0x1.0p-24f; }

    /// A double in [0, 1), a multiple of 2^-53.
    constexpr double uniform64() noexcept {
        return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
    }

private:
    static constexpr std::uint64_t rotate(std::uint64_t value, int by) noexcept {
        return (value << by) | (value >> (64 - by));
    }

    std::uint64_t state_[4]{};
};

/// Puts up to 2^32 elements in random order, the same for the same numbers on every machine.
template <class T>
void shuffle(std::span<T> values, Random& random) noexcept {
    for (std::size_t i = values.size(); i > 1; --i) {
        std::swap(values[i - 1], values[random.below(static_cast<std::uint32_t>(i))]);
    }
}

} // namespace firth
