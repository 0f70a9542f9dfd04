#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/math/product_table.hpp>
#include <firth/table/classifier_model.hpp>

namespace test {

inline firth::EmbeddingTable<float> rows_of_six(std::size_t rows, firth::Random& random) {
    firth::EmbeddingTable<float> table(rows, 6);
    for (std::size_t row = 0; row < rows; ++row) {
        for (float& value : table[row]) {
            value = 4 * random.uniform() - 2;
        }
    }
    return table;
}

/// Three labels, four words; with n-grams of two words and characters in every third of 60 buckets.
inline firth::ClassifierModel made(firth::ClassifierLoss loss, bool ngrams,
                                   firth::UnseenNgram unseen = firth::UnseenNgram::zero) {
    firth::Random random(7);
    firth::ClassifierModel model;
    for (const auto& [word, count] :
         {std::pair{"</s>", 9u}, {"tea", 5u}, {"coffee", 4u}, {"jam", 1u}}) {
        model.words.add(word, count);
    }
    for (const auto& [label, count] : {std::pair{"drink", 6u}, {"food", 3u}, {"other", 1u}}) {
        model.labels.add(label, count);
    }
    model.loss = loss;
    if (ngrams) {
        model.ngrams = {.characters = {.min_length = 2, .max_length = 3, .buckets = 60},
                        .words = 2};
        firth::AlignedBuffer<std::uint32_t> used(20);
        for (std::uint32_t i = 0; i < 20; ++i) {
            used.data()[i] = 3 * i + 1;
        }
        model.buckets = firth::BucketRows(std::move(used), 60);
    }
    model.unseen = unseen;
    model.input = rows_of_six(model.words.size() + model.buckets.size(), random);
    model.output = rows_of_six(loss == firth::ClassifierLoss::hierarchical_softmax ? 2 : 3, random);
    return model;
}

/// The same with codes: of four elements and then two, lengths apart or not, outputs too or not.
inline firth::StoredClassifierModel made_of_codes(firth::ClassifierModel model,
                                                  firth::RowNorms norms, bool output) {
    const firth::ProductQuantizerOptions options{.part_dim = 4, .iterations = 2, .threads = 1};
    firth::ClassifierRows input(*firth::quantize_rows(model.input, options, norms));
    firth::ClassifierRows of_output(std::move(model.output));
    if (output) {
        of_output = *firth::quantize_rows(*of_output.floats(), options, norms);
    }
    return firth::with_rows(std::move(model), std::move(input), std::move(of_output));
}

inline constexpr firth::ClassifierLoss all_losses[] = {
    firth::ClassifierLoss::softmax, firth::ClassifierLoss::hierarchical_softmax,
    firth::ClassifierLoss::negative_sampling, firth::ClassifierLoss::one_vs_all};

} // namespace test
