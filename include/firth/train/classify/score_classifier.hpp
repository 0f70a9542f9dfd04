#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/corpus/split_examples.hpp>
#include <firth/math/classification_metric.hpp>
#include <firth/math/classification_scores.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/label_scorer.hpp>
#include <firth/train/classify/example_rows.hpp>

namespace firth {

namespace detail {

/// Calls `use(example, predictions)` for each example, on all threads at once: its `k` likeliest
/// labels, best first. `rows` are of the corpus and have those of the model.
template <class Use>
void predict_examples(const LabelledCorpus& texts, const ExampleRows& rows,
                      const ClassifierModel& model, std::size_t k, std::size_t threads, Use&& use) {
    const LabelScorer scorer(model.loss, model.labels.counts());
    parallel_for(texts.size(), 256, threads, [&](std::size_t begin, std::size_t end) {
        LabelScorer::Scratch scratch;
        ExampleRows::Scratch row_scratch;
        std::vector<LabelPrediction> found;
        std::vector<simd::WeightedRow> weighted;
        std::vector<float> mean(model.dim());
        for (std::size_t i = begin; i < end; ++i) {
            weighted.clear();
            std::size_t count = rows.for_each_row(i, row_scratch, [&](Id row) {
                weighted.push_back({row, 0.0f});
            });
            count = weighted.size() + (model.unseen == UnseenNgram::zero ? count : 0);
            for (simd::WeightedRow& row : weighted) {
                row.weight = 1.0f / static_cast<float>(count);
            }
            found.clear();
            if (!weighted.empty()) {
                simd::weighted_sum(model.input.data(), model.input.stride(),
                                   std::span<const simd::WeightedRow>(weighted), std::span(mean));
                scorer(model.output, mean, k, 0, scratch, found);
            }
            use(i, std::span<const LabelPrediction>(found));
        }
    });
}

} // namespace detail

/// Tests a model with texts that were read already: what it predicts, `k` labels a text, against
/// what they are labelled with. The answers are those of `Classifier` for the same texts. The words
/// of the model may be others than those of the texts; labels are the same. The result does not
/// depend on the number of threads (0: all of the machine's). Throws `Error` for other labels.
[[nodiscard]] inline ClassificationScores score_classifier(const ClassifierModel& model,
                                                           const LabelledCorpus& texts,
                                                           std::size_t k = 1,
                                                           std::size_t threads = 0) {
    if (texts.labels().symbols() != model.labels.symbols()) {
        throw Error("the texts have other labels than the model, expected texts that were read "
                    "like those it learnt from");
    }
    if (texts.words().symbols() != model.words.symbols()) {
        return score_classifier(model, with_words(texts, model.words), k, threads);
    }
    ExampleRows rows(texts, model.ngrams);
    rows.set_rows(model.buckets);
    std::vector<std::vector<LabelPrediction>> predicted(texts.size());
    detail::predict_examples(texts, rows, model, k, resolve_threads(threads),
                             [&](std::size_t i, std::span<const LabelPrediction> found) {
                                 predicted[i].assign(found.begin(), found.end());
                             });
    ClassificationScores scores(model.labels.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        scores.add(texts[i].labels, predicted[i]);
    }
    return scores;
}

/// The same as one number, by a metric. Throws `OptionError`, too, for a metric of a label that
/// there is not.
[[nodiscard]] inline double score_classifier(const ClassifierModel& model,
                                             const LabelledCorpus& texts,
                                             const ClassificationMetric& metric,
                                             std::size_t threads = 0) {
    const std::size_t k = metric.predictions(model.labels.size());
    return metric(score_classifier(model, texts, k, threads), model.labels);
}

} // namespace firth
