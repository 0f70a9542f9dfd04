#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/label_scorer.hpp>
#include <firth/train/classify/example_rows.hpp>
#include <firth/train/classify/score_classifier.hpp>
#include <firth/train/run/checkpoint.hpp>

namespace firth {

/// Watches the training of a classifier by texts that it does not learn from: keeps the tables of
/// the epoch after which most of them were given a right label first, and says when there has been
/// nothing better for some epochs. Memory: a copy of the tables.
class EarlyStopping {
public:
    /// The model outlives it, as does the corpus, which has the words and labels of the model.
    /// Throws `OptionError` where it has others.
    EarlyStopping(const LabelledCorpus& texts, ClassifierModel& model, std::uint32_t patience,
                  std::size_t threads)
        : texts_(&texts), model_(&model), patience_(patience), threads_(threads),
          rows_(texts, model.ngrams), best_input_(model.input), best_output_(model.output) {
        if (texts.words().symbols() != model.words.symbols() ||
            texts.labels().symbols() != model.labels.symbols()) {
            throw OptionError("the validation texts have other words or labels than those to learn "
                              "from, expected texts that were read like these");
        }
        rows_.set_rows(model.buckets);
    }

    /// Takes the tables as they are after so many epochs. False where training should end.
    bool after_epoch(std::uint32_t epochs) {
        const double share = precision();
        precisions_.push_back(share);
        if (epochs == 1 || static_cast<float>(share) > best_[0]) {
            best_ = {static_cast<float>(share), static_cast<float>(epochs)};
            best_input_ = model_->input;
            best_output_ = model_->output;
        }
        return static_cast<float>(epochs) - best_[1] < static_cast<float>(patience_);
    }

    /// Puts the best tables into the model, if there was an epoch.
    void restore() {
        if (best_epoch() == 0) return;
        model_->input = best_input_;
        model_->output = best_output_;
    }

    /// P@1 after each epoch of this run.
    [[nodiscard]] const std::vector<double>& precisions() const noexcept { return precisions_; }

    /// The number of epochs after which the best tables were reached.
    [[nodiscard]] std::uint32_t best_epoch() const noexcept {
        return static_cast<std::uint32_t>(best_[1]);
    }

    /// What a checkpoint keeps of it.
    [[nodiscard]] std::vector<TrainedNumbers> numbers() {
        return {trained_table("best input", best_input_),
                trained_table("best output", best_output_),
                {"best", best_}};
    }

private:
    /// The share of the texts whose likeliest label is one of theirs.
    [[nodiscard]] double precision() const {
        std::atomic<std::size_t> hits{0};
        detail::predict_examples(*texts_, rows_, *model_, 1, threads_,
                                 [&](std::size_t i, std::span<const LabelPrediction> found) {
                                     for (const Id label : (*texts_)[i].labels) {
                                         hits += !found.empty() && found[0].label == label;
                                     }
                                 });
        return static_cast<double>(hits) / static_cast<double>(texts_->size());
    }

    const LabelledCorpus* texts_;
    ClassifierModel* model_;
    std::uint32_t patience_;
    std::size_t threads_;
    ExampleRows rows_;
    EmbeddingTable<float> best_input_;
    EmbeddingTable<float> best_output_;
    std::array<float, 2> best_{}; ///< its P@1, and after how many epochs
    std::vector<double> precisions_;
};

} // namespace firth
