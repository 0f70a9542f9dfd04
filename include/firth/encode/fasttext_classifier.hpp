#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/fasttext_quantized.hpp>
#include <firth/io/fasttext_writer.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/vocabulary.hpp>

/// Classifiers as fastText 0.9.2 has them in its files: read, dense and quantised, and written.
namespace firth {

namespace detail {

[[nodiscard]] inline std::int32_t fasttext_loss(ClassifierLoss loss) noexcept {
    switch (loss) {
    case ClassifierLoss::hierarchical_softmax:
        return FastTextArguments::hierarchical_softmax;
    case ClassifierLoss::negative_sampling:
        return FastTextArguments::negative_sampling;
    case ClassifierLoss::one_vs_all:
        return FastTextArguments::one_versus_all;
    case ClassifierLoss::softmax:
        break;
    }
    return FastTextArguments::softmax;
}

[[nodiscard]] inline ClassifierLoss classifier_loss(std::int32_t loss) noexcept {
    for (const ClassifierLoss known :
         {ClassifierLoss::hierarchical_softmax, ClassifierLoss::negative_sampling,
          ClassifierLoss::one_vs_all}) {
        if (fasttext_loss(known) == loss) return known;
    }
    return ClassifierLoss::softmax;
}

/// The arguments with those that the model itself decides.
[[nodiscard]] inline FastTextArguments classifier_arguments(const ClassifierModel& model,
                                                            FastTextArguments arguments) {
    const TextNgrams& ngrams = model.ngrams;
    const bool characters = ngrams.characters.max_length != 0;
    arguments.model = FastTextArguments::supervised;
    arguments.loss = fasttext_loss(model.loss);
    arguments.dim = static_cast<std::int32_t>(model.dim());
    arguments.word_ngrams = static_cast<std::int32_t>(ngrams.words);
    arguments.buckets = static_cast<std::int32_t>(ngrams.any() ? ngrams.characters.buckets : 0);
    arguments.min_length = static_cast<std::int32_t>(characters ? ngrams.characters.min_length : 0);
    arguments.max_length = static_cast<std::int32_t>(ngrams.characters.max_length);
    return arguments;
}

/// Labels as they stand in texts and in files of fastText.
[[nodiscard]] inline Vocabulary prefixed_labels(const ClassifierModel& model) {
    Vocabulary labels;
    for (Id id = 0; id < model.labels.size(); ++id) {
        labels.add(model.label_prefix + std::string(model.labels[id]), model.labels.count(id));
    }
    return labels;
}

} // namespace detail

/// The weights of a classifier as a quantised file of fastText has them, to be cut by
/// `keep_largest` and quantised: n-grams whose buckets have no row are skipped there, whatever the
/// model does with them. Throws `Error` where the parts of the model do not fit each other.
[[nodiscard]] inline FastTextWeights fasttext_weights(const ClassifierModel& model,
                                                      const FastTextArguments& arguments = {}) {
    check_model(model);
    FastTextWeights weights{.arguments = detail::classifier_arguments(model, arguments),
                            .words = model.words,
                            .labels = detail::prefixed_labels(model),
                            .input = model.input,
                            .output = model.output};
    if (model.ngrams.any() && model.buckets.size() != model.buckets.buckets()) {
        weights.kept = model.buckets;
    }
    return weights;
}

/// Writes a classifier so that fastText reads it and predicts the same. `arguments` are what a file
/// says of the training beside what the model decides. The file has a row for every bucket, zeros
/// where the model has none: 4 * dim * buckets bytes. Throws `Error` for a model that skips n-grams
/// it has no row for, which only quantised files can say, and what `write_fasttext` throws for
/// words.
inline void write_fasttext(ByteSink& sink, const ClassifierModel& model,
                           const FastTextArguments& arguments = {}) {
    check_model(model);
    const bool all = model.buckets.size() == model.buckets.buckets();
    if (model.ngrams.any() && !all && model.unseen == UnseenNgram::skipped) {
        throw Error("the classifier skips n-grams that it has no row for, which only quantised "
                    "models of fastText can say");
    }
    if (model.ngrams.any()) detail::check_fasttext_buckets(model.ngrams.characters.buckets);
    const FastTextArguments written = detail::classifier_arguments(model, arguments);
    const Vocabulary labels = detail::prefixed_labels(model);
    const std::size_t words = model.words.size();
    detail::FastTextWriter writer(sink);
    writer.begin(written);
    writer.dictionary(model.words, labels, nullptr);
    const auto copy = [](std::span<const float> row, std::span<float> to) {
        std::copy(row.begin(), row.end(), to.begin());
    };
    writer.matrix(words + static_cast<std::size_t>(written.buckets), model.dim(),
                  [&](std::size_t row, std::span<float> to) {
                      if (row < words) return copy(model.input[row], to);
                      const auto bucket = static_cast<std::uint32_t>(row - words);
                      const std::optional<std::uint32_t> own = model.buckets.find(bucket);
                      if (own) return copy(model.input[words + *own], to);
                      std::fill(to.begin(), to.end(), 0.0f);
                  });
    writer.matrix(labels.size(), model.dim(), [&](std::size_t row, std::span<float> to) {
        if (row < model.output.rows()) return copy(model.output[row], to);
        std::fill(to.begin(), to.end(), 0.0f); // hierarchical softmax has a row less
    });
    sink.commit();
}

/// The same to a file, which appears when it is whole.
inline void write_fasttext(const std::string& path, const ClassifierModel& model,
                           const FastTextArguments& arguments = {}) {
    check_fasttext_size(path, model.words.size(), model.labels.size(),
                        model.ngrams.any() ? model.ngrams.characters.buckets : 0, model.dim());
    AtomicFile file(path);
    write_fasttext(file, model, arguments);
}

namespace detail {

/// The classifier of what a file holds beside its rows, with these.
template <class Rows, class Weights>
[[nodiscard]] BasicClassifierModel<Rows> made_classifier(Weights weights, Rows input, Rows output,
                                                         const std::string& name,
                                                         std::string_view prefix) {
    const FastTextArguments& arguments = weights.arguments;
    if (arguments.model != FastTextArguments::supervised || weights.labels.empty()) {
        const std::string found = arguments.model == FastTextArguments::supervised ? "has no labels"
                                  : weights.labels.empty()
                                      ? "is one of words, without labels"
                                      : "is one of words, though its dictionary holds labels";
        throw FormatError(name + ": the model " + found +
                          ", expected one of text classification (fasttext supervised)");
    }
    BasicClassifierModel<Rows> model;
    model.loss = classifier_loss(arguments.loss);
    const auto all_have = [&](std::string_view begin) {
        for (Id id = 0; id < weights.labels.size(); ++id) {
            if (!weights.labels[id].starts_with(begin)) return false;
        }
        return true;
    };
    constexpr std::string_view usual = "__label__";
    model.label_prefix = all_have(prefix) ? prefix : all_have(usual) ? usual : std::string_view();
    for (Id id = 0; id < weights.labels.size(); ++id) {
        model.labels.add(weights.labels[id].substr(model.label_prefix.size()),
                         weights.labels.count(id));
    }
    const auto buckets = static_cast<std::uint32_t>(arguments.buckets);
    if (buckets != 0) {
        model.ngrams = {
            .characters = {.min_length =
                               static_cast<std::uint32_t>((std::max)(1, arguments.min_length)),
                           .max_length = static_cast<std::uint32_t>(arguments.max_length),
                           .buckets = buckets},
            .words = static_cast<std::uint32_t>((std::max)(1, arguments.word_ngrams))};
    }
    model.words = std::move(weights.words);
    if (model.loss == ClassifierLoss::hierarchical_softmax) {
        output.truncate(model.labels.size() - 1); // the last one has no node
    }
    if (weights.kept) {
        model.buckets = std::move(*weights.kept);
        model.unseen = UnseenNgram::skipped;
    } else if (model.ngrams.any()) {
        AlignedBuffer<std::uint32_t> used(buckets, Uninitialized());
        std::iota(used.data(), used.data() + buckets, 0u);
        model.buckets = BucketRows(std::move(used), buckets);
    } else {
        input.truncate(model.words.size()); // no n-gram uses the others
    }
    model.input = std::move(input);
    model.output = std::move(output);
    try {
        check_model(model);
    } catch (const Error& error) {
        throw FormatError(name + ": " + error.what());
    }
    return model;
}

} // namespace detail

/// The classifier of a supervised model. Files of fastText do not say what its labels begin with
/// (its `-label`): they lose `prefix` where all have it, else "__label__" where all have that; else
/// they are kept as they are, and texts are taken to hold no labels. Throws `FormatError` for a
/// model of words, and for one whose parts do not fit each other.
[[nodiscard]] inline ClassifierModel classifier_model(FastTextWeights weights,
                                                      const std::string& name = "the model",
                                                      std::string_view prefix = "__label__") {
    EmbeddingTable<float> input = std::move(weights.input);
    EmbeddingTable<float> output = std::move(weights.output);
    return detail::made_classifier(std::move(weights), std::move(input), std::move(output), name,
                                   prefix);
}

/// The same of a quantised one, whose codes stay codes.
[[nodiscard]] inline StoredClassifierModel classifier_model(QuantizedFastText weights,
                                                            const std::string& name = "the model",
                                                            std::string_view prefix = "__label__") {
    ClassifierRows input(std::move(weights.input));
    ClassifierRows output =
        std::visit([](auto& rows) { return ClassifierRows(std::move(rows)); }, weights.output);
    return detail::made_classifier(std::move(weights), std::move(input), std::move(output), name,
                                   prefix);
}

/// The classifier in the bytes of a .bin or .ftz file of fastText, with rows as they are stored.
/// `prefix` as `classifier_model` takes it. Throws `FormatError`.
[[nodiscard]] inline StoredClassifierModel
parse_fasttext_classifier(std::string_view bytes, const std::string& name = "the model",
                          std::string_view prefix = "__label__") {
    if (detail::FastTextFile(bytes, name).input().is_quantized()) {
        return classifier_model(parse_quantized_fasttext(bytes, name), name, prefix);
    }
    return with_stored_rows(classifier_model(parse_fasttext_weights(bytes, name), name, prefix));
}

/// The same from a file. Throws `IoError`, too.
[[nodiscard]] inline StoredClassifierModel
read_fasttext_classifier(const std::string& path, std::string_view prefix = "__label__") {
    const MappedFile file(path);
    return parse_fasttext_classifier(file.bytes(), path, prefix);
}

} // namespace firth
