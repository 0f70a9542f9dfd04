#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/base/room.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/classify/early_stopping.hpp>
#include <firth/train/classify/example_rows.hpp>
#include <firth/train/classify/example_worker.hpp>
#include <firth/train/classify/label_outputs.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/schedule.hpp>
#include <firth/train/run/table_sharing.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/sequence_loop.hpp>

namespace firth {

/// Settings of a text classifier; the defaults are those of `fasttext supervised`.
struct ClassifierOptions {
    std::size_t dim = 100; ///< length of an embedding, 1 to `max_dim`
    ClassifierLoss loss = ClassifierLoss::softmax;
    std::uint32_t word_ngrams = 1; ///< n-grams of up to so many words, 1 to 10; 1: words alone
    /// n-grams of characters: none by default. The buckets are those of word n-grams, too.
    SubwordOptions characters{.max_length = 0};
    std::uint32_t epochs = 5;   ///< times through the examples, at most 1,000,000
    float learning_rate = 0.1f; ///< at the start, more than 0, at most 10
    Schedule schedule = Schedule::linear;
    std::size_t negative = 5;   ///< negative samples an example, 1 to 1000
    std::size_t threads = 0;    ///< 0: all of the machine's
    bool deterministic = false; ///< the same bytes every time, for one number of threads
    std::uint64_t seed = 1;
    CheckpointOptions checkpoint{};
    /// Vectors to start from, or null: words that they have start with their rows, others at
    /// random. Read the examples with `LabelledOptions::known` to have rows for all their words.
    const WordVectors<float>* start = nullptr;
    /// How much an example of a label counts, by label; empty: all 1. The learning rate is
    /// multiplied by it.
    std::vector<float> label_weights{};
    /// Texts to stop early by, read with `LabelledOptions::like` the corpus, or null: the result is
    /// the model after the epoch whose P@1 on them was best, and the training ends after `patience`
    /// epochs, 1 or more, that were no better.
    const LabelledCorpus* validation = nullptr;
    std::uint32_t patience = 3;
};

/// A classifier and how it was trained.
struct TrainedClassifier {
    ClassifierModel model;
    TrainingStats stats;
    std::vector<double> validation{}; ///< P@1 on the validation texts, by epoch of this run
    std::uint32_t best_epoch = 0;     ///< with them: how many epochs the model was trained for
};

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const ClassifierOptions& options) {
    using detail::require_option;
    require_option(options.dim >= 1 && options.dim <= max_dim, "dim", options.dim, "1 to ",
                   max_dim);
    require_option(options.word_ngrams >= 1 && options.word_ngrams <= 10, "word n-grams",
                   options.word_ngrams, "1 to 10");
    const SubwordOptions& characters = options.characters;
    require_option(characters.max_length <= 255, "longest n-gram", characters.max_length,
                   "0 to 255");
    require_option(characters.max_length == 0 || (characters.min_length >= 1 &&
                                                  characters.min_length <= characters.max_length),
                   "shortest n-gram", characters.min_length, "1 to ", characters.max_length);
    constexpr std::uint32_t most_buckets = 1000000000;
    const bool any = TextNgrams{characters, options.word_ngrams}.any();
    require_option(!any || (characters.buckets >= 1 && characters.buckets <= most_buckets),
                   "buckets", characters.buckets, "1 to ", most_buckets);
    require_option(options.epochs <= 1000000, "epochs", options.epochs, "0 to 1000000");
    require_option(options.learning_rate > 0 && options.learning_rate <= 10, "learning rate",
                   float_text(options.learning_rate), "more than 0, at most 10");
    require_option(options.negative >= 1 && options.negative <= 1000, "negative", options.negative,
                   "1 to 1000");
    require_option(options.checkpoint.seconds >= 0, "seconds between checkpoints",
                   float_text(options.checkpoint.seconds), "0 or more");
    require_option(options.patience >= 1, "patience", options.patience, "1 or more");
    for (const float weight : options.label_weights) {
        require_option(weight >= 0 && weight <= 1000, "label weight", float_text(weight),
                       "0 to 1000");
    }
    static_cast<void>(resolve_threads(options.threads));
}

namespace detail {

/// Trains a model in place.
template <class Arch>
class ClassifierTraining {
public:
    ClassifierTraining(const LabelledCorpus& corpus, const ClassifierOptions& options)
        : corpus_(&corpus), options_(&options), threads_(resolve_threads(options.threads)),
          rows_(corpus, {options.characters, options.word_ngrams}) {
        check_options(options);
        if (corpus.empty()) throw Error("the corpus is empty, expected at least one example");
        require_option(options.label_weights.empty() ||
                           options.label_weights.size() == corpus.labels().size(),
                       "number of label weights", options.label_weights.size(),
                       corpus.labels().size(), ", one a label");
        if (options.start != nullptr) {
            require_option(options.dim == options.start->dim(), "dim", options.dim,
                           options.start->dim(), " as in the vectors to start from");
        }
        model_.words = corpus.words();
        model_.labels = corpus.labels();
        model_.ngrams = {options.characters, options.word_ngrams};
        model_.loss = options.loss;
        model_.buckets = rows_.used_buckets(threads_);
        rows_.set_rows(model_.buckets);
        const std::size_t rows = model_.words.size() + model_.buckets.size();
        require_memory(EmbeddingTable<float>::bytes_of(rows + model_.labels.size(), options.dim),
                       "vectors of dim " + std::to_string(options.dim) + " for " +
                           std::to_string(model_.words.size()) + " words, " +
                           std::to_string(model_.buckets.size()) + " buckets of n-grams and " +
                           std::to_string(model_.labels.size()) + " labels",
                       "a smaller dim, fewer buckets or fewer words");
        model_.input = EmbeddingTable<float>(rows, options.dim);
        fill_input();
    }

    TrainedClassifier train(const ProgressCallback& callback) {
        const std::span<const std::uint64_t> counts = model_.labels.counts();
        TrainingStats stats;
        switch (options_->loss) {
        case ClassifierLoss::softmax:
            stats = train_by(CompetingLabels{counts.size()}, callback);
            break;
        case ClassifierLoss::hierarchical_softmax:
            stats = train_by(LabelPaths(counts), callback);
            break;
        case ClassifierLoss::negative_sampling:
            stats = train_by(SampledLabels(counts, options_->negative, options_->seed), callback);
            break;
        case ClassifierLoss::one_vs_all:
            stats = train_by(IndependentLabels{counts.size()}, callback);
            break;
        }
        if (!watch_) return {std::move(model_), std::move(stats)};
        watch_->restore();
        return {std::move(model_), std::move(stats), watch_->precisions(), watch_->best_epoch()};
    }

private:
    /// As fastText: random in (-1, 1) / dim.
    void fill_input() {
        Random random(options_->seed, 0x696E6974);
        for (std::size_t row = 0; row < model_.input.rows(); ++row) {
            for (float& value : model_.input[row]) {
                value = (2 * random.uniform() - 1) / static_cast<float>(options_->dim);
            }
        }
        if (options_->start == nullptr) return;
        for (Id word = 0; word < model_.words.size(); ++word) {
            if (const auto from = options_->start->find(model_.words[word])) {
                const std::span<const float> row = (*options_->start)[*from];
                std::copy(row.begin(), row.end(), model_.input[word].begin());
            }
        }
    }

    template <class Outputs>
    TrainingStats train_by(const Outputs& outputs, const ProgressCallback& callback) {
        model_.output = EmbeddingTable<float>(outputs.output_rows(), options_->dim);
        const std::vector<TableView<float>> tables{model_.input, model_.output};
        if (options_->deterministic && threads_ > 1) {
            return train_with(outputs, PrivateTables(tables, threads_), callback);
        }
        return train_with(outputs, SharedTables(tables), callback);
    }

    template <class Outputs, class Sharing>
    TrainingStats train_with(const Outputs& outputs, Sharing sharing,
                             const ProgressCallback& callback) {
        using Worker = ExampleWorker<Outputs, typename Sharing::Rows, Arch>;
        std::vector<std::uint64_t> counts(corpus_->words().size() + corpus_->unknown().size(), 1);
        std::size_t longest = 1;
        for (std::size_t i = 0; i < corpus_->size(); ++i) {
            longest = (std::max)(longest, (*corpus_)[i].tokens.size());
        }
        const typename Worker::Shared shared{
            *corpus_,         rows_,
            outputs,          options_->label_weights,
            rows_.max_rows(), std::clamp<std::size_t>(corpus_->size() / 256, 1, 64)};
        SequenceLoop<Worker, Sharing, CorpusView> loop(
            corpus_->tokens(), counts,
            {.epochs = options_->epochs,
             .learning_rate = options_->learning_rate,
             .schedule = options_->schedule,
             .sample = 0,
             .max_sentence = longest,
             .whole_sentences = true,
             .threads = threads_,
             .seed = options_->seed},
            sharing, [&](std::size_t worker) {
                return Worker(shared, sharing.rows(0, worker), sharing.rows(1, worker));
            });
        std::vector<TrainedNumbers> numbers{trained_table("input", model_.input),
                                            trained_table("output", model_.output)};
        std::function<bool(std::uint32_t)> after_epoch;
        if (options_->validation != nullptr) {
            watch_.emplace(*options_->validation, model_, options_->patience, threads_);
            after_epoch = [&](std::uint32_t epochs) { return watch_->after_epoch(epochs); };
            for (TrainedNumbers& part : watch_->numbers()) {
                numbers.push_back(std::move(part));
            }
        }
        Checkpoint checkpoint;
        if (!options_->checkpoint.path.empty()) {
            checkpoint =
                Checkpoint(options_->checkpoint, settings(outputs.settings(), Sharing::in_rounds),
                           std::move(numbers));
        }
        return loop.run(callback, std::move(checkpoint), after_epoch);
    }

    /// Everything that a training that goes on must have in common with the one that was stopped.
    [[nodiscard]] TrainingSettings settings(const std::string& outputs, bool rounds) const {
        Checksum labels;
        labels.add(bytes_of_ids(corpus_->example_labels()));
        for (const Vocabulary* symbols :
             {&corpus_->words(), &corpus_->unknown(), &corpus_->labels()}) {
            for (const std::string_view symbol : symbols->symbols()) {
                labels.add(symbol);
                labels.add({"", 1});
            }
        }
        Checksum weights;
        weights.add({reinterpret_cast<const char*>(options_->label_weights.data()),
                     options_->label_weights.size() * sizeof(float)});
        const SubwordOptions& characters = options_->characters;
        return {{"version", version_name()},
                {"instruction set", std::string(simd::selected_arch<Arch>())},
                {"model", "classifier, " + outputs},
                {"dim", std::to_string(options_->dim)},
                {"n-grams", std::to_string(options_->word_ngrams) + " words, " +
                                std::to_string(characters.min_length) + " to " +
                                std::to_string(characters.max_length) + " characters, " +
                                std::to_string(characters.buckets) + " buckets"},
                {"epochs", std::to_string(options_->epochs)},
                {"learning rate", float_text(options_->learning_rate) + ", schedule " +
                                      std::to_string(static_cast<int>(options_->schedule))},
                {"label weights", std::to_string(weights.value())},
                {"validation", options_->validation == nullptr
                                   ? std::string("none")
                                   : "patience " + std::to_string(options_->patience) + ", " +
                                         options_->validation->tokens().settings()},
                {"seed", std::to_string(options_->seed)},
                {"threads", rounds          ? std::to_string(threads_) + " in rounds"
                            : threads_ == 1 ? std::string("1")
                                            : std::string("several")},
                {"corpus", std::to_string(corpus_->size()) + " examples, " +
                               corpus_->tokens().settings() + ", labels and spellings " +
                               std::to_string(labels.value())}};
    }

    [[nodiscard]] static std::string_view bytes_of_ids(std::span<const Id> ids) noexcept {
        return {reinterpret_cast<const char*>(ids.data()), ids.size_bytes()};
    }

    const LabelledCorpus* corpus_;
    const ClassifierOptions* options_;
    std::size_t threads_;
    ExampleRows rows_;
    ClassifierModel model_;
    std::optional<EarlyStopping> watch_;
};

} // namespace detail

/// Learns to classify texts, as `fasttext supervised` does (Joulin et al. 2016, "Bag of Tricks for
/// Efficient Text Classification"): the mean of the rows of a text's words and n-grams predicts its
/// label. Of several labels one is drawn at each visit; one-vs-all learns all of them.
///
/// Rows exist for words of the corpus and for the buckets that its n-grams use. Input rows start at
/// random, output rows at zero. One thread and one seed give the same bytes every time; several
/// threads race on rows, or with `deterministic` go in rounds, as in `SequenceTrainer`.
///
/// Cost: O(epochs * (rows of all examples + examples * labels) * dim). Memory: the tables. Throws
/// `OptionError`, `Error` for an empty corpus and where the training diverges (`DivergenceCheck`),
/// and what `TrainingRun` throws.
template <class Arch = simd::default_arch>
[[nodiscard]] TrainedClassifier train_classifier(const LabelledCorpus& corpus,
                                                 const ClassifierOptions& options = {},
                                                 const ProgressCallback& callback = {}) {
    return detail::ClassifierTraining<Arch>(corpus, options).train(callback);
}

} // namespace firth
