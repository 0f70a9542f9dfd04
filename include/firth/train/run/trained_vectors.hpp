#pragma once

#include <cstddef>
#include <utility>

#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/run/training_state.hpp>

namespace firth {

/// Word vectors and how they were trained.
struct TrainedVectors {
    WordVectors<float> vectors;
    EmbeddingTable<float> output; ///< the other side of the products: of a word each, but for
                                  ///< hierarchical softmax
    TrainingStats stats;
};

/// Which of a word's two embeddings make its vector.
enum class VectorChoice {
    input,  ///< that of the word as itself
    output, ///< that of the word as a context
    sum,    ///< both added, the output times a weight
    both,   ///< one after the other, twice as long
};

/// The chosen vectors, from two tables of the same shape. `output_weight` is of the output in a
/// sum.
[[nodiscard]] inline EmbeddingTable<float> choose_vectors(EmbeddingTable<float> input,
                                                          const EmbeddingTable<float>& output,
                                                          VectorChoice choice,
                                                          float output_weight = 1) {
    if (choice == VectorChoice::output) return output;
    if (choice == VectorChoice::sum) {
        for (std::size_t row = 0; row < input.rows(); ++row) {
            simd::axpy(output_weight, output[row], input[row]);
        }
    }
    if (choice != VectorChoice::both) return input;
    EmbeddingTable<float> result(input.rows(), 2 * input.dim());
    for (std::size_t row = 0; row < input.rows(); ++row) {
        for (std::size_t i = 0; i < input.dim(); ++i) {
            result[row][i] = input[row][i];
            result[row][input.dim() + i] = output[row][i];
        }
    }
    return result;
}

} // namespace firth
