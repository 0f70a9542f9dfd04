/// Kernels and search over memory of your own: nothing is copied, and rows may have any stride and
/// alignment.

#include <cstdlib>
#include <iostream>
#include <span>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/search.hpp>
#include <firth/simd.hpp>

int main() {
    // Records of 40 floats, the first 32 of which are an embedding, as another library may hand
    // them out.
    constexpr std::size_t rows = 10000;
    constexpr std::size_t dim = 32;
    constexpr std::size_t stride = 40;
    std::vector<float> memory(rows * stride);
    firth::Random random(1);
    for (float& value : memory) {
        value = random.uniform() - 0.5f;
    }

    const std::span<const float> first(memory.data(), dim);
    const std::span<const float> second(memory.data() + stride, dim);
    std::cout << "kernels: " << firth::simd::selected_arch() << '\n'
              << "dot        " << firth::simd::dot(first, second) << '\n'
              << "cosine     " << firth::simd::cosine(first, second) << '\n'
              << "squared L2 " << firth::simd::squared_l2(first, second) << '\n';

    const firth::TableView<const float> view(memory.data(), rows, dim, stride);
    const firth::ExactIndex<firth::Cosine> index(view);
    const std::vector<firth::Id> itself{0};
    std::cout << "nearest to row 0:\n";
    for (const auto& [id, score] : index.search(first, {.k = 3, .excluded = itself})) {
        std::cout << "  row " << id << "  " << score << '\n';
    }

    // Many queries at once share the reading of the rows.
    const auto answers = index.search_batch(view.first(100), 1);
    for (firth::Id query = 0; query < 100; ++query) {
        if (answers[query].at(0).id != query) return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
