#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/scalar.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/simd/convert.hpp>

/// Rows of float32 from and to the elements that files hold.
namespace firth {

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
        const std::size_t count = (std::min)(piece, to.size());
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
    if (to.empty()) return; // then its data may be null
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

namespace detail {

/// Appends a row's elements as `type`, little-endian unless `big` says otherwise, and returns what
/// they are to be multiplied by: 1 but for i8. Elements beyond float16's range become infinite
/// there: `Error`.
inline float encode_row(std::span<const float> row, ElementType type, std::string& to,
                        bool big = false) {
    const auto converted = [&]<class T>(T) {
        std::vector<T> values(row.size());
        simd::convert(row, std::span<T>(values));
        append_elements_of(std::span<const T>(values), to, big);
    };
    switch (type) {
    case ElementType::f16:
        for (const float value : row) {
            if (std::fabs(value) >= 65520.0f) {
                throw Error("an element of " + float_text(value) + " is beyond the 65504 of f16");
            }
        }
        converted(float16());
        return 1.0f;
    case ElementType::bf16:
        converted(bfloat16());
        return 1.0f;
    case ElementType::i8: {
        std::vector<std::int8_t> codes(row.size());
        const float scale = simd::quantize(row, std::span<std::int8_t>(codes));
        append_elements_of(std::span<const std::int8_t>(codes), to, big);
        return scale;
    }
    case ElementType::f32:
        append_elements_of(row, to, big);
        return 1.0f;
    default:
        throw OptionError("elements of type " + std::string(element_name(type)) +
                          " cannot be written, expected f32, f16, bf16 or i8");
    }
}

} // namespace detail
} // namespace firth
