// A metric without `magnitude`: the compiler must name it.

#include <firth/search/exact/exact_index.hpp>

#include <span>

#include <firth/simd/dot.hpp>

struct Mine {
    static constexpr firth::simd::RowTerm row_term = firth::simd::RowTerm::none;
    static float term(float) { return 0.0f; }
    static float query_factor(float) { return 1.0f; }
    template <class T>
    static float score(std::span<const T> query, std::span<const T> row, float) {
        return firth::simd::dot(query, row);
    }
    static float value_of(float score, float) { return score; }
    static float score_of(float value, float) { return value; }
};

firth::ExactIndex<Mine> make(const firth::EmbeddingTable<float>& table) {
    return firth::ExactIndex<Mine>(table);
}
