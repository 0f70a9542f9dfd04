// A program that its user compiles and links with -ffast-math: what is not finite is refused all
// the same, NaN comes last, and answers are right. Bits are compared: in this file the compiler
// assumes that no number is NaN.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <firth/firth.hpp>

#include "../support/vectors.hpp"

namespace {

int failures = 0;

void require(bool right, const std::string& what) {
    if (right) return;
    std::fprintf(stderr, "%s\n", what.c_str());
    ++failures;
}

template <class Action>
void require_refused(Action action, const std::string& what) {
    try {
        action();
    } catch (const firth::Error&) {
        return;
    }
    require(false, what + " is not refused");
}

bool holds_nan(float x) {
    return (std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu) > 0x7F800000u;
}

const float nan_value = std::bit_cast<float>(0x7FC00000u);
const float infinity = std::bit_cast<float>(0x7F800000u);

void check_refusals() {
    using namespace firth;
    for (const float bad : {nan_value, -nan_value, infinity, -infinity}) {
        for (const std::size_t place : {0u, 9u, 18u}) {
            EmbeddingTable<float> table = test::random_table(40, 19, 1);
            table[33][place] = bad;
            require_refused([&] { static_cast<void>(ExactIndex<Cosine>(table)); }, "a row");
            require_refused([&] { static_cast<void>(ExactIndex<InnerProduct>(table)); }, "a row");
            require_refused([&] { static_cast<void>(ExactIndex<SquaredL2>(table)); }, "a row");
            require_refused([&] { static_cast<void>(CertifiedIndex<Cosine>(table)); }, "a row");
            require_refused([&] { static_cast<void>(QuantizedTable(table.view())); }, "a row");
            require_refused([&] { GrowingIndex<Cosine>(19).add(1, table[33]); }, "a row");
            const EmbeddingTable<float> good = test::random_table(40, 19, 1);
            const ExactIndex<InnerProduct> index(good);
            require_refused([&] { static_cast<void>(index.search(table[33], 1)); }, "a query");
            const QuantizedTable codes(good.view());
            const ExactIndex<Cosine, QuantizedTable> quarters(codes);
            require_refused([&] { static_cast<void>(quarters.search(table[33], 1)); }, "a query");
            std::vector<float> norms(40, 1.0f);
            norms[7] = bad;
            require_refused([&] { static_cast<void>(ExactIndex<Cosine>(good, norms)); }, "a norm");
            if (holds_nan(bad)) {
                const BitTable bits(good.view());
                const ExactIndex<Hamming, BitTable> signs(bits);
                require_refused([&] { static_cast<void>(signs.search(table[33], 1)); }, "a query");
            }
            Vocabulary vocabulary;
            for (std::size_t id = 0; id < 40; ++id) {
                vocabulary.add("w" + std::to_string(id));
            }
            const WordVectors<float> vectors(std::move(vocabulary), std::move(table));
            const std::string folder = std::filesystem::temp_directory_path().string();
            for (const VectorFormat& format :
                 {native_format, word2vec_text_format, word2vec_binary_format, glove_text_format}) {
                require_refused([&] { save(vectors, folder + "/firth_fast_math.vectors", format); },
                                "a row to be written");
            }
        }
    }
    const std::string path =
        (std::filesystem::temp_directory_path() / "firth_fast_math.txt").string();
    for (const char* const number : {"nan", "inf", "-inf", "1e60"}) {
        std::ofstream(path) << "2 3\na 1 2 3\nb 1 " << number << " 3\n";
        require_refused([&] { static_cast<void>(load(path)); },
                        "a file with " + std::string(number));
    }
    std::filesystem::remove(path);
    require(holds_nan(parse_float("nan").value), "nan is read as a number");
}

void check_order() {
    using namespace firth;
    const std::vector<float> scores{1, nan_value, 3, -nan_value, 2, -infinity, 3, infinity};
    for (std::size_t k = 1; k <= scores.size(); ++k) {
        TopK best(k);
        best.offer_all(0, scores);
        const std::vector<Id> expected{7, 2, 6, 4, 0, 5, 1, 3};
        const std::vector<Neighbor> found = best.take();
        require(found.size() == k, "top-k loses some");
        for (std::size_t i = 0; i < found.size(); ++i) {
            require(found[i].id == expected[i],
                    "top-k of " + std::to_string(k) + " is out of order");
        }
    }
    Candidates candidates(1);
    candidates.offer({1, nan_value, nan_value});
    candidates.offer({2, 1, 1});
    candidates.offer({3, 0, 0});
    std::vector<Id> kept;
    for (const Candidate& each : candidates.take()) {
        kept.push_back(each.id);
    }
    std::sort(kept.begin(), kept.end());
    require(std::count(kept.begin(), kept.end(), Id{2}) == 1, "candidates lose the best");
}

template <class M>
void check_search() {
    using namespace firth;
    EmbeddingTable<float> table = test::random_table(3000, 37, 2);
    for (const std::size_t zero : {5u, 1000u}) {
        for (float& x : table[zero]) {
            x = 0;
        }
    }
    for (float& x : table[77]) {
        x *= 1e-25f; // its squares leave float32's range
    }
    EmbeddingTable<float> queries = test::random_table(20, 37, 3);
    for (float& x : queries[4]) {
        x = 0;
    }
    const ExactIndex<M> exact(table);
    const CertifiedIndex<M> certified(table);
    const auto found = exact.search_batch(queries, 10);
    const auto screened = certified.search_batch(queries, {.k = 10});
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        std::vector<std::pair<double, Id>> all;
        for (Id id = 0; id < table.rows(); ++id) {
            double dot = 0;
            double aa = 0;
            double bb = 0;
            double apart = 0;
            for (std::size_t i = 0; i < table.dim(); ++i) {
                const double x = static_cast<double>(queries[q][i]);
                const double y = static_cast<double>(table[id][i]);
                dot += x * y;
                aa += x * x;
                bb += y * y;
                apart += (x - y) * (x - y);
            }
            const double size = std::sqrt(aa) * std::sqrt(bb);
            const double score = std::is_same_v<M, Cosine>         ? (size == 0 ? 0 : dot / size)
                                 : std::is_same_v<M, InnerProduct> ? dot
                                                                   : -apart;
            all.emplace_back(-score, id);
        }
        std::sort(all.begin(), all.end());
        for (const auto* answers : {&found[q], &screened[q]}) {
            require(answers->size() == 10, "an answer is short");
            for (std::size_t i = 0; i < answers->size(); ++i) {
                const double score = static_cast<double>((*answers)[i].score);
                require(std::fabs(score + all[i].first) <= 1e-5, "a score is wrong");
                require(i == 0 || ranks_before((*answers)[i - 1], (*answers)[i]),
                        "an answer is out of order");
            }
        }
        require(exact.within(queries[q], found[q][5].score).size() >= 6, "a radius is too small");
    }
}

void check_kernels() {
    using namespace firth;
    for (const std::size_t n : {1u, 7u, 16u, 50u}) {
        std::vector<float> ones(n, 1.0f);
        const std::vector<float> zeros(n);
        require(simd::cosine(ones, zeros) == 0.0f, "a cosine with zeros");
        require(simd::cosine(zeros, zeros) == 0.0f, "a cosine of zeros");
        require(std::fabs(simd::cosine(ones, ones) - 1) < 1e-6f, "a cosine");
        for (std::size_t place = 0; place < n; ++place) {
            std::vector<float> bad = ones;
            bad[place] = nan_value;
            require(holds_nan(simd::dot(bad, ones)), "dot swallows NaN");
            require(holds_nan(simd::norm(bad)), "norm swallows NaN");
            require(holds_nan(simd::cosine(bad, ones)), "cosine swallows NaN");
            require(holds_nan(simd::cosine(bad, zeros)), "cosine swallows NaN beside zeros");
        }
        for (const float size : {1e-30f, 1e-20f, 1e20f, 1e37f}) {
            std::vector<float> x(n, size);
            require(std::fabs(simd::cosine(x, ones) - 1) < 1e-5f, "a cosine of an extreme vector");
            simd::normalize(x);
            require(std::fabs(simd::norm(x) - 1) < 1e-5f, "an extreme vector of norm 1");
        }
    }
    std::vector<float> from{1e-30f, 4.0f, 1e30f};
    from.resize(40, 1.0f);
    std::vector<float> to(from.size());
    simd::rsqrt(from, to);
    for (std::size_t i = 0; i < from.size(); ++i) {
        require(std::fabs(to[i] * std::sqrt(from[i]) - 1) < 1e-6f, "rsqrt");
    }
    for (int i = -800; i <= 800; ++i) {
        const std::vector<float> x(20, static_cast<float>(i) * 0.1f);
        std::vector<float> y(20);
        simd::exp(x, y);
        const double expected = std::exp(static_cast<double>(x[0]));
        for (const float value : y) {
            require(std::fabs(static_cast<double>(value) / expected - 1) < 2e-5, "exp");
        }
        simd::sigmoid(x, y);
        for (const float value : y) {
            require(std::fabs(static_cast<double>(value) - expected / (1 + expected)) < 4e-6,
                    "sigmoid");
        }
    }
    const EmbeddingTable<float> table = test::random_table(100, 50, 5);
    const QuantizedTable codes(table.view());
    std::vector<float> row(50);
    for (std::size_t id = 0; id < 100; ++id) {
        codes.dequantize(id, row);
        for (std::size_t i = 0; i < 50; ++i) {
            require(std::fabs(row[i] - table[id][i]) <= 0.501f * codes.scale(id), "codes");
        }
    }
}

} // namespace

int main() {
    check_refusals();
    check_order();
    check_search<firth::Cosine>();
    check_search<firth::InnerProduct>();
    check_search<firth::SquaredL2>();
    check_kernels();
    if (failures != 0) std::fprintf(stderr, "%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
