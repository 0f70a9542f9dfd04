/// Compiled for any x86-64: calls a kernel of every kind, checks the results, and prints the
/// instruction set that was chosen.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <vector>

#include <firth/firth.hpp>

namespace {

void require(bool right, const char* what) {
    if (right) return;
    std::cerr << what << " is wrong\n";
    std::exit(1);
}

} // namespace

int main() {
    using namespace firth;
    try {
        simd::select_arch();
    } catch (const OptionError& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
    constexpr std::size_t dim = 101;
    const std::vector<float> ones(dim, 1.0f);
    const std::vector<float> twos(dim, 2.0f);
    require(simd::dot(ones, twos) == 202.0f, "dot");
    require(simd::dot(ones, twos, simd::precise) == 202.0, "precise dot");
    require(simd::dot(std::vector<double>(dim, 3.0), std::vector<double>(dim, 1.0)) == 303.0,
            "double");
    require(simd::squared_l2(ones, twos) == 101.0f, "squared_l2");
    require(simd::l1(ones, twos) == 101.0f, "l1");
    require(std::fabs(simd::cosine(ones, twos) - 1) < 1e-6f, "cosine");
    require(simd::dot(std::vector<std::int8_t>(dim, -128), std::vector<std::int8_t>(dim, 127)) ==
                -128 * 127 * 101,
            "int8");

    EmbeddingTable<float> table(100, dim);
    Random random(1);
    for (std::size_t id = 0; id < table.rows(); ++id) {
        for (float& x : table[id]) {
            x = random.uniform() - 0.5f;
        }
    }
    const EmbeddingTable<float16> halves = convert_table<float16>(table);
    const EmbeddingTable<bfloat16> brains = convert_table<bfloat16>(table);
    const QuantizedTable codes(table);
    const BitTable bits(table);
    require(std::fabs(simd::cosine(halves[3], halves[3]) - 1) < 1e-6f, "float16");
    require(std::fabs(simd::cosine(brains[3], brains[3]) - 1) < 1e-6f, "bfloat16");
    require(std::fabs(codes.cosine(3, 3) - 1) < 0.01f, "quantised table");
    require(bits.hamming(3, 3) == 0 && bits.hamming(3, 4) > 20, "table of bits");

    const ExactIndex<Cosine> index(table);
    require(index.search(table[7], 1)[0].id == 7, "search");
    const auto batch = index.search_batch(table, 1);
    for (std::size_t id = 0; id < table.rows(); ++id) {
        require(batch[id][0].id == id, "batch search");
    }

    std::vector<std::vector<std::string>> sentences(
        50, std::vector<std::string>{"one", "two", "three", "four"});
    const TrainedVectors trained = train_sgns(encode_sequences(sentences, {.min_count = 1}),
                                              {.dim = 20, .sample = 0, .epochs = 2});
    require(std::isfinite(trained.stats.loss()), "training");
    std::cout << simd::selected_arch() << '\n';
}
