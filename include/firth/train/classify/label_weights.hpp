#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <firth/corpus/labelled_corpus.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Weights for `ClassifierOptions::label_weights` by which all labels count the same in sum,
/// however many examples they have: labels of all examples / (labels * those of this one), at most
/// 1000. A label that no example has weighs 1.
[[nodiscard]] inline std::vector<float> balanced_label_weights(const LabelledCorpus& corpus) {
    std::vector<std::size_t> counts(corpus.labels().size());
    for (const Id label : corpus.example_labels()) {
        ++counts[label];
    }
    std::vector<float> weights;
    for (const std::size_t count : counts) {
        const double share = static_cast<double>(count * counts.size()) /
                             static_cast<double>(corpus.example_labels().size());
        weights.push_back(count == 0 ? 1.0f : (std::min)(1000.0f, static_cast<float>(1 / share)));
    }
    return weights;
}

} // namespace firth
