#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/scalar.hpp>
#include <firth/io/element_type.hpp>
#include <firth/simd/convert.hpp>

namespace firth::detail {

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
                throw Error("an element of " + std::to_string(value) +
                            " is beyond the 65504 of f16");
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

} // namespace firth::detail
