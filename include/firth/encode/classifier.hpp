#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/encode/word_table.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_scorer.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/text/labelled_line.hpp>

namespace firth {

/// A label by its name, and how likely it is.
struct NamedPrediction {
    std::string_view label; ///< without a prefix; good as long as the classifier
    float probability = 0;

    friend bool operator==(const NamedPrediction&, const NamedPrediction&) = default;
};

/// What to answer about a text.
struct PredictOptions {
    std::size_t k = 1;       ///< at most so many labels
    float threshold = 0;     ///< and only those that are at least so likely
    std::size_t threads = 1; ///< of a batch; 0: all of the machine's
    /// Threads that are there already, instead of `threads` that are started for each batch.
    ThreadPool* pool = nullptr;
};

/// Labels texts by a model that was trained or read. Any number of threads may ask one at once.
///
/// A text is a line, as `read_labelled` reads them: words between white space, and then the word
/// "</s>". Newlines within it are white space; words that begin with the model's label prefix are
/// left out. Unknown words have their n-grams, where the model has any. A text of which nothing has
/// a row has no labels.
class Classifier {
public:
    /// Memory that is kept between calls, so that they allocate nothing; one a thread.
    class Scratch {
    public:
        Scratch() = default;

    private:
        friend Classifier;
        explicit Scratch(std::pmr::memory_resource* memory)
            : hashes(memory), rows(memory), vector(memory), scorer(memory) {}

        std::pmr::vector<std::uint32_t> hashes;
        std::pmr::vector<simd::WeightedRow> rows;
        std::pmr::vector<float> vector;
        LabelScorer::Scratch scorer;
    };

    /// Throws `Error` where the parts of the model do not fit each other. O(words + labels +
    /// buckets / 64); words and buckets in a mapped file cost nothing.
    explicit Classifier(StoredClassifierModel model) : model_(std::move(model)) {
        check_model(model_);
        words_ = WordTable(model_.words);
        if (model_.ngrams.any() && !model_.buckets.is_mapped()) model_.buckets.make_lookup();
        scorer_ = LabelScorer(model_.loss, model_.labels.counts());
    }

    explicit Classifier(ClassifierModel model) : Classifier(with_stored_rows(std::move(model))) {}

    Classifier(Classifier&&) noexcept = default;
    Classifier& operator=(Classifier&&) noexcept = default;

    [[nodiscard]] const StoredClassifierModel& model() const noexcept { return model_; }

    /// The likeliest labels of a text, best first. A short text takes no memory from the heap but
    /// for the answer.
    [[nodiscard]] std::vector<NamedPrediction> predict(std::string_view text, std::size_t k = 1,
                                                       float threshold = 0) const {
        alignas(row_alignment) std::array<std::byte, stack_bytes> on_stack;
        std::pmr::monotonic_buffer_resource memory(on_stack.data(), on_stack.size());
        Scratch scratch(&memory);
        scratch.rows.reserve(stack_rows);
        if (model_.ngrams.words > 1) scratch.hashes.reserve(stack_rows);
        std::pmr::vector<LabelPrediction> found(&memory);
        find_labels(text, k, threshold, scratch, found);
        return named(found);
    }

    /// The same by ids of model().labels, in the place of what is in `found`.
    void predict(std::string_view text, std::size_t k, float threshold, Scratch& scratch,
                 std::vector<LabelPrediction>& found) const {
        find_labels(text, k, threshold, scratch, found);
    }

    /// The labels of many texts: a batch on several threads. Answers do not depend on their number.
    /// Throws `OptionError` for too many threads.
    [[nodiscard]] std::vector<std::vector<NamedPrediction>>
    predict(std::span<const std::string_view> texts, const PredictOptions& options = {}) const {
        std::vector<std::vector<NamedPrediction>> answers(texts.size());
        constexpr std::size_t share = 64;
        const auto work = [&](std::size_t task) {
            Scratch scratch;
            std::vector<LabelPrediction> found;
            const std::size_t end = (std::min)(texts.size(), (task + 1) * share);
            for (std::size_t i = task * share; i < end; ++i) {
                predict(texts[i], options.k, options.threshold, scratch, found);
                answers[i] = named(found);
            }
        };
        const std::size_t tasks = (texts.size() + share - 1) / share;
        if (options.pool != nullptr) {
            options.pool->run(tasks, work);
        } else {
            ThreadPool(
                (std::min)(resolve_threads(options.threads), (std::max)(tasks, std::size_t{1})))
                .run(tasks, work);
        }
        return answers;
    }

    /// Writes the mean of a text's rows to `vector`, dim() elements, and returns how many rows
    /// there are. With 0 the vector is all zeros.
    std::size_t text_vector(std::string_view text, std::span<float> vector) const {
        Scratch scratch;
        const std::size_t rows = compose(text, scratch);
        std::copy_n(scratch.vector.data(), model_.dim(), vector.begin());
        return rows;
    }

private:
    /// What a call without a caller's memory takes from the stack, and its rows of that.
    static constexpr std::size_t stack_bytes = 4096;
    static constexpr std::size_t stack_rows = 64;

    template <class Found>
    void find_labels(std::string_view text, std::size_t k, float threshold, Scratch& scratch,
                     Found& found) const {
        found.clear();
        if (compose(text, scratch) == 0) return;
        scorer_(model_.output, {scratch.vector.data(), model_.dim()}, k, threshold, scratch.scorer,
                found);
    }

    /// Puts the text's vector into scratch memory, with its padding, and returns the number of its
    /// rows.
    std::size_t compose(std::string_view text, Scratch& scratch) const {
        scratch.rows.clear();
        scratch.hashes.clear();
        std::size_t unseen = 0;
        for_each_hashed_word(text,
                             [&](std::string_view word, std::uint32_t hash) FIRTH_INLINE_LAMBDA {
                                 if (!label_of(word, model_.label_prefix).empty()) return;
                                 add_word(word, hash, scratch, unseen);
                             });
        constexpr std::uint32_t line_end_hash = subword_hash(line_end_word);
        add_word(line_end_word, line_end_hash, scratch, unseen);
        if (model_.ngrams.words > 1) {
            for_each_word_ngram(scratch.hashes, model_.ngrams.words,
                                model_.ngrams.characters.buckets,
                                [&](std::uint32_t bucket)
                                    FIRTH_INLINE_LAMBDA { add_bucket(bucket, scratch, unseen); });
        }
        scratch.vector.resize(padded_dim<float>(model_.dim()));
        const std::size_t rows = scratch.rows.size();
        if (model_.unseen == UnseenNgram::skipped) unseen = 0;
        const float share = rows == 0 ? 0.0f : 1.0f / static_cast<float>(rows + unseen);
        for (simd::WeightedRow& row : scratch.rows) {
            row.weight = share;
        }
        model_.input.weighted_sum(scratch.rows, scratch.vector);
        return rows;
    }

    /// `for_each_line_word` with the `subword_hash` of each word, made on the way.
    template <class OnWord>
    static void for_each_hashed_word(std::string_view line, OnWord&& on_word) {
        const char* at = line.data();
        const char* const end = at + line.size();
        for (;;) {
            while (at != end && is_word_space(*at)) {
                ++at;
            }
            if (at == end) return;
            const char* const begin = at;
            std::uint32_t hash = subword_hash({});
            do {
                hash = subword_hash({at, 1}, hash);
                ++at;
            } while (at != end && !is_word_space(*at));
            on_word(std::string_view(begin, static_cast<std::size_t>(at - begin)), hash);
        }
    }

    FIRTH_ALWAYS_INLINE void add_word(std::string_view word, std::uint32_t hash, Scratch& scratch,
                                      std::size_t& unseen) const {
        if (const Id id = words_.find(model_.words, word, hash); id != no_id) add_row(id, scratch);
        if (model_.ngrams.words > 1) scratch.hashes.push_back(hash);
        if (model_.ngrams.characters.max_length == 0) return;
        for_each_ngram(word, model_.ngrams.characters, [&](std::string_view, std::uint32_t ngram) {
            add_bucket(ngram % model_.ngrams.characters.buckets, scratch, unseen);
        });
    }

    FIRTH_ALWAYS_INLINE void add_bucket(std::uint32_t bucket, Scratch& scratch,
                                        std::size_t& unseen) const {
        if (const std::optional<std::uint32_t> row = model_.buckets.find(bucket)) {
            add_row(static_cast<Id>(model_.words.size() + *row), scratch);
        } else {
            ++unseen;
        }
    }

    FIRTH_ALWAYS_INLINE void add_row(Id row, Scratch& scratch) const {
        model_.input.prefetch(row);
        scratch.rows.push_back({row, 0.0f});
    }

    [[nodiscard]] std::vector<NamedPrediction>
    named(std::span<const LabelPrediction> predictions) const {
        std::vector<NamedPrediction> result;
        result.reserve(predictions.size());
        for (const LabelPrediction& prediction : predictions) {
            result.push_back({model_.labels[prediction.label], prediction.probability});
        }
        return result;
    }

    StoredClassifierModel model_;
    WordTable words_;
    LabelScorer scorer_;
};

} // namespace firth
