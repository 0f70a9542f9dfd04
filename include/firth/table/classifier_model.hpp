#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// How a classifier turns scores into probabilities, and what it is trained by.
enum class ClassifierLoss {
    softmax,              ///< exactly one label; all compete
    hierarchical_softmax, ///< the same as turns in a tree: for many labels
    negative_sampling,    ///< a label against a few others; each has a probability of its own
    one_vs_all,           ///< any number of labels; each has a probability of its own
};

[[nodiscard]] inline std::string_view name(ClassifierLoss loss) noexcept {
    switch (loss) {
    case ClassifierLoss::hierarchical_softmax:
        return "hierarchical softmax";
    case ClassifierLoss::negative_sampling:
        return "negative sampling";
    case ClassifierLoss::one_vs_all:
        return "one-vs-all";
    case ClassifierLoss::softmax:
        break;
    }
    return "softmax";
}

/// True where a label's probability does not depend on those of others: they need not add up to 1.
[[nodiscard]] constexpr bool labels_are_independent(ClassifierLoss loss) noexcept {
    return loss == ClassifierLoss::negative_sampling || loss == ClassifierLoss::one_vs_all;
}

/// What a text classifier has learnt (fastText: Joulin et al. 2016): a text is the mean of the
/// input rows of its words and n-grams, and labels are scored by their output rows.
///
/// A row of `input` belongs to word id i, and row words.size() + i to the bucket buckets.used()[i].
/// A row of `output` belongs to label i, or, with hierarchical softmax, to inner node i of the
/// `LabelTree` of the labels' counts. `Rows` holds rows() of dim() elements, as floats or in
/// another way.
template <class Rows>
struct BasicClassifierModel {
    Vocabulary words{};
    Vocabulary labels{}; ///< without the prefix
    std::string label_prefix = "__label__";
    TextNgrams ngrams{};
    BucketRows buckets{};                   ///< empty where there are no n-grams
    UnseenNgram unseen = UnseenNgram::zero; ///< what becomes of n-grams whose bucket has no row
    ClassifierLoss loss = ClassifierLoss::softmax;
    Rows input{};
    Rows output{};

    [[nodiscard]] std::size_t dim() const noexcept { return input.dim(); }
};

/// One with rows of floats: what training makes.
using ClassifierModel = BasicClassifierModel<EmbeddingTable<float>>;

/// A model with other rows in the place of its own.
template <class Rows, class Old>
[[nodiscard]] BasicClassifierModel<Rows> with_rows(BasicClassifierModel<Old> model, Rows input,
                                                   Rows output) {
    return {.words = std::move(model.words),
            .labels = std::move(model.labels),
            .label_prefix = std::move(model.label_prefix),
            .ngrams = model.ngrams,
            .buckets = std::move(model.buckets),
            .unseen = model.unseen,
            .loss = model.loss,
            .input = std::move(input),
            .output = std::move(output)};
}

/// Throws `Error` where the parts of a model do not fit each other. Which buckets have rows is
/// looked at where they are in memory; in a mapped file they are left alone, so that it opens at
/// once.
template <class Rows>
void check_model(const BasicClassifierModel<Rows>& model) {
    const auto require = [](bool fits, const std::string& what, std::size_t found,
                            std::size_t expected) {
        if (fits) return;
        throw Error("a classifier with " + std::to_string(found) + " " + what + ", expected " +
                    std::to_string(expected));
    };
    if (model.labels.empty()) throw Error("a classifier without labels, expected at least one");
    const std::size_t input_rows = model.words.size() + model.buckets.size();
    require(model.input.rows() == input_rows, "input rows", model.input.rows(), input_rows);
    const std::size_t output_rows =
        model.labels.size() - (model.loss == ClassifierLoss::hierarchical_softmax ? 1 : 0);
    require(model.output.rows() == output_rows, "output rows", model.output.rows(), output_rows);
    require(model.output.rows() == 0 || model.output.dim() == model.input.dim(),
            "numbers in an output row", model.output.dim(), model.input.dim());
    if (model.ngrams.any()) {
        require(model.buckets.buckets() == model.ngrams.characters.buckets, "buckets with rows",
                model.buckets.buckets(), model.ngrams.characters.buckets);
        if (!model.buckets.is_mapped()) model.buckets.check();
    }
}

} // namespace firth
