#include <cmath>
#include <functional>

#include <firth/search/exact/certified_index.hpp>

#include "../../support/support.hpp"

/// The bounds by which screening leaves rows out, at their worst: rows and queries whose codes miss
/// along each other, so that what codes say is off by what the bounds allow, within a few percent.
/// Bounds that were a little smaller would lose the best row.

using namespace firth;

namespace {

constexpr std::size_t spike_dim = 64;
using Vector = std::vector<float>;

/// Hundredfold cosines: a row times its factor is of length 100, not 1.
struct Hundredfold : Cosine {
    static float term(float norm) { return 100.0f * Cosine::term(norm); }
    static float score(std::span<const float> query, std::span<const float> row, float term) {
        return simd::dot(query, row) * term;
    }
    static float magnitude(float, float) { return 100.0f; }
};

template <class M>
double naive_score(const Vector& query, const Vector& row) {
    double dot = 0;
    double qq = 0;
    double rr = 0;
    double apart = 0;
    for (std::size_t i = 0; i < spike_dim; ++i) {
        const double x = static_cast<double>(query[i]);
        const double y = static_cast<double>(row[i]);
        dot += x * y;
        qq += x * x;
        rr += y * y;
        apart += (x - y) * (x - y);
    }
    if constexpr (std::is_same_v<M, Cosine>) return dot / std::sqrt(qq * rr);
    if constexpr (std::is_same_v<M, Hundredfold>) return 100 * dot / std::sqrt(qq * rr);
    if constexpr (std::is_same_v<M, InnerProduct>) return dot;
    return -apart;
}

/// A row of one element worth a code of `large`, and others worth `small`, times `scale`: with
/// large = 127 the codes' scale is `scale`, and what they miss is the part of `small` after the
/// point.
Vector spike(float large, float small, float scale = 1.0f) {
    Vector row(spike_dim, small * scale);
    row[0] = large * scale;
    return row;
}

/// Screening must find `best`, which is a little better than `second`; no other row comes near.
template <class M>
void check_best(const Vector& query, const Vector& best, const Vector& second) {
    const double gap = naive_score<M>(query, best) - naive_score<M>(query, second);
    REQUIRE(gap > 0);
    for (const std::size_t count : {2u, 40u, 1500u}) {
        for (const bool is_first : {false, true}) {
            // The second best in numbers, so that the floor rises; the rest far away.
            EmbeddingTable<float> table(count, spike_dim);
            const std::size_t at = is_first ? 0 : count - 1;
            for (std::size_t id = 0; id < count; ++id) {
                for (std::size_t i = 0; i < spike_dim; ++i) {
                    const bool is_second = id < 36 || id + 36 > count;
                    table[id][i] = id == at ? best[i] : is_second ? second[i] : -query[i] - best[i];
                }
            }
            const CertifiedIndex<M> index(table);
            INFO(count << " rows, the best at " << at);
            REQUIRE(index.search(query, 1)[0].id == at);
            EmbeddingTable<float> queries(40, spike_dim);
            for (std::size_t q = 0; q < 40; ++q) {
                std::ranges::copy(query, queries[q].begin());
            }
            for (const auto& found : index.search_batch(queries, 1)) {
                REQUIRE(found[0].id == at);
            }
        }
    }
}

/// Of the rows that `make` makes of 0, 1, ..., the one with the best score below that of `best`.
template <class M>
Vector next_below(const Vector& query, const Vector& best, const std::function<Vector(int)>& make,
                  int count) {
    const double limit = naive_score<M>(query, best);
    Vector next;
    double most = -1e300;
    for (int t = 0; t < count; ++t) {
        const Vector row = make(t);
        const double score = naive_score<M>(query, row);
        if (score < limit - 1e-6 * std::abs(limit) && score > most) {
            most = score;
            next = row;
        }
    }
    return next;
}

} // namespace

TEMPLATE_TEST_CASE("rows whose codes miss along the query are found", "", Cosine, InnerProduct,
                   SquaredL2) {
    const float size = GENERATE(1.0f, 1e-3f, 300.0f);
    const Vector query = spike(1, 1, size);
    // Rows whose codes are right, of a scale all of their own, in small steps.
    const auto exact = [&](int t) {
        if constexpr (std::is_same_v<TestType, Cosine>) {
            Vector row = spike(127, static_cast<float>(t / 64));
            for (std::size_t i = 0; i < static_cast<std::size_t>(t % 64); ++i) {
                row[i + 1 < spike_dim ? i + 1 : 1] += 1;
            }
            return row;
        } else {
            return spike(1, 1, size * (1 + static_cast<float>(t) * 1e-5f) * 0.2f);
        }
    };
    const int count = std::is_same_v<TestType, Cosine> ? 64 * 40 : 400000;
    SECTION("the best one's codes say too little") {
        const Vector best = spike(127, 12.49f, size * 0.02f);
        check_best<TestType>(query, best, next_below<TestType>(query, best, exact, count));
    }
    SECTION("the second's codes say too much") {
        // Above it the nearest row whose codes are right.
        const Vector first = spike(127, 11.51f, size * 0.02f);
        Vector best;
        double least = 1e300;
        for (int t = 0; t < count; ++t) {
            const Vector row = exact(t);
            const double above =
                naive_score<TestType>(query, row) - naive_score<TestType>(query, first);
            if (above > 1e-5 * std::abs(naive_score<TestType>(query, first)) && above < least) {
                least = above;
                best = row;
            }
        }
        check_best<TestType>(query, best, first);
    }
}

TEMPLATE_TEST_CASE("queries whose codes miss along rows find the best", "", Cosine, Hundredfold,
                   InnerProduct, SquaredL2) {
    const float size = GENERATE(1.0f, 1e-3f, 300.0f);
    // Codes of 127 and zeros: all of the others is missed, along the best row and against the
    // second.
    const Vector query = spike(127, 0.49f, size);
    const Vector best = spike(0, 127, size);
    const auto second = [&](int t) { return spike(static_cast<float>(t), -127, size); };
    check_best<TestType>(query, best, next_below<TestType>(query, best, second, 128));
}
