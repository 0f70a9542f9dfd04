#pragma once

#include <concepts>
#include <cstddef>

#include <firth/base/scalar.hpp>
#include <firth/simd/convert.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// A floating-point format of 16 bits.
template <class T>
concept HalfFloat = std::same_as<T, float16> || std::same_as<T, bfloat16>;

/// Half a float table: `convert_table<bfloat16>(table)`, `convert_table<float16>(table)`. Elements
/// are rounded to the nearest, ties to even; those beyond a float16's 65504 become infinite.
template <HalfFloat To>
[[nodiscard]] EmbeddingTable<To> convert_table(TableView<const float> from) {
    EmbeddingTable<To> table(from.rows(), from.dim());
    for (std::size_t id = 0; id < from.rows(); ++id) {
        simd::convert(from[id], table[id]);
    }
    return table;
}

/// And back, exactly.
template <HalfFloat From>
[[nodiscard]] EmbeddingTable<float> convert_table(TableView<const From> from) {
    EmbeddingTable<float> table(from.rows(), from.dim());
    for (std::size_t id = 0; id < from.rows(); ++id) {
        simd::convert(from[id], table[id]);
    }
    return table;
}

} // namespace firth
