#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <firth/base/scalar.hpp>
#include <firth/simd/convert.hpp>

namespace firth {

/// The types of elements that files hold. In memory rows are float32 unless a name says otherwise.
enum class ElementType { f16, bf16, f32, f64, i8, u8, i32 };

/// Its name, as the tool spells it.
[[nodiscard]] constexpr std::string_view element_name(ElementType type) noexcept {
    constexpr std::array<std::string_view, 7> names{"f16", "bf16", "f32", "f64", "i8", "u8", "i32"};
    return names[static_cast<std::size_t>(type)];
}

/// The bytes of one element.
[[nodiscard]] constexpr std::size_t element_size(ElementType type) noexcept {
    constexpr std::array<std::size_t, 7> sizes{2, 2, 4, 8, 1, 1, 4};
    return sizes[static_cast<std::size_t>(type)];
}

namespace detail {

template <class T>
[[nodiscard]] T swap_bytes(T value) noexcept {
    std::array<char, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(T));
    std::reverse(bytes.begin(), bytes.end());
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

/// Elements of type T that lie at `from`, `step` bytes apart, as floats.
template <class T>
void read_elements_of(const char* from, std::size_t step, bool swapped, std::span<float> to) {
    constexpr std::size_t piece = 512;
    std::array<T, piece> buffer;
    while (!to.empty()) {
        const std::size_t count = std::min(piece, to.size());
        if (step == sizeof(T)) {
            std::memcpy(buffer.data(), from, count * sizeof(T));
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                std::memcpy(&buffer[i], from + i * step, sizeof(T));
            }
        }
        if (swapped) {
            for (std::size_t i = 0; i < count; ++i) {
                buffer[i] = swap_bytes(buffer[i]);
            }
        }
        const std::span<const T> values(buffer.data(), count);
        if constexpr (std::same_as<T, float16> || std::same_as<T, bfloat16>) {
            simd::convert(values, to.first(count));
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                to[i] = static_cast<float>(values[i]);
            }
        }
        from += count * step;
        to = to.subspan(count);
    }
}

template <class T>
void append_elements_of(std::span<const T> values, std::string& to, bool big = false) {
    if (big == (std::endian::native == std::endian::big) || sizeof(T) == 1) {
        to.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    } else {
        for (const T value : values) {
            const T swapped = swap_bytes(value);
            to.append(reinterpret_cast<const char*>(&swapped), sizeof(T));
        }
    }
}

} // namespace detail

/// Puts to.size() elements of `type` that lie at `from`, `step` bytes apart, at `to`: little-endian
/// ones, or big-endian where `big` says so. float64 is rounded to float32, integers beyond 2^24
/// are, too.
inline void read_elements(const char* from, ElementType type, std::size_t step, bool big,
                          std::span<float> to) {
    const bool swapped = big == (std::endian::native == std::endian::little);
    switch (type) {
    case ElementType::f16:
        return detail::read_elements_of<float16>(from, step, swapped, to);
    case ElementType::bf16:
        return detail::read_elements_of<bfloat16>(from, step, swapped, to);
    case ElementType::f32:
        if (step == sizeof(float) && !swapped) {
            std::memcpy(to.data(), from, to.size_bytes());
            return;
        }
        return detail::read_elements_of<float>(from, step, swapped, to);
    case ElementType::f64:
        return detail::read_elements_of<double>(from, step, swapped, to);
    case ElementType::i8:
        return detail::read_elements_of<std::int8_t>(from, step, swapped, to);
    case ElementType::u8:
        return detail::read_elements_of<std::uint8_t>(from, step, swapped, to);
    case ElementType::i32:
        return detail::read_elements_of<std::int32_t>(from, step, swapped, to);
    }
}

} // namespace firth
