#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_scorer.hpp>

namespace firth {

/// How well predictions meet what is true. Where there is nothing to divide by, shares are 0.
struct PredictionCounts {
    std::uint64_t gold = 0;      ///< labels that examples have
    std::uint64_t predicted = 0; ///< labels that were predicted
    std::uint64_t hits = 0;      ///< both

    /// hits / predicted: `P@k` where k labels were predicted.
    [[nodiscard]] double precision() const noexcept { return share(hits, predicted); }
    /// hits / gold: `R@k`.
    [[nodiscard]] double recall() const noexcept { return share(hits, gold); }
    /// The harmonic mean of both, 2 hits / (gold + predicted).
    [[nodiscard]] double f1() const noexcept { return share(2 * hits, gold + predicted); }

private:
    [[nodiscard]] static double share(std::uint64_t part, std::uint64_t whole) noexcept {
        return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    }
};

/// What holds for predictions of at least a probability.
struct OperatingPoint {
    /// The least probability that counts; infinity where no threshold does what is wanted.
    float threshold = std::numeric_limits<float>::infinity();
    double precision = 0;
    double recall = 0;
};

/// Examples that were given about the same probability.
struct CalibrationBin {
    std::uint64_t examples = 0;
    double probability = 0; ///< their mean
    double accuracy = 0;    ///< the share of them whose likeliest label is right
};

/// Tests a classifier: takes what examples are labelled with and what was predicted, and gives
/// scores of all that was added. For `P@k` predict k labels without a threshold, for precision and
/// recall at a threshold all that reach it, for curves all labels.
///
///     firth::ClassificationScores scores(labels.size());
///     for (...) scores.add(example.labels, found);
///     scores.all().precision();
///
/// Memory: 8 bytes a prediction, and what is in the confusion matrix.
class ClassificationScores {
public:
    /// Ids of labels are below `labels`.
    explicit ClassificationScores(std::size_t labels) : labels_(labels), predictions_(labels) {}

    /// Adds an example: all its labels, and its predictions, best first, each label once. Throws
    /// `Error` for ids that there are not.
    void add(std::span<const Id> gold, std::span<const LabelPrediction> predicted) {
        const auto check = [&](Id label) {
            if (label < labels_.size()) return;
            throw Error("label " + std::to_string(label) + " of an example, expected one below " +
                        std::to_string(labels_.size()));
        };
        std::ranges::for_each(gold, check);
        for (const LabelPrediction& prediction : predicted) {
            check(prediction.label);
        }
        ++examples_;
        for (const Id label : gold) {
            ++labels_[label].gold;
            if (!predicted.empty()) ++confusion_[{label, predicted[0].label}];
        }
        for (const auto& [label, probability] : predicted) {
            const bool hit = std::ranges::find(gold, label) != gold.end();
            ++labels_[label].predicted;
            labels_[label].hits += hit;
            predictions_[label].push_back({probability, hit});
        }
        if (!predicted.empty()) {
            const bool hit = std::ranges::find(gold, predicted[0].label) != gold.end();
            best_.push_back({predicted[0].probability, hit});
        }
    }

    [[nodiscard]] std::uint64_t examples() const noexcept { return examples_; }

    /// The number of labels, those that never occurred included.
    [[nodiscard]] std::size_t labels() const noexcept { return labels_.size(); }

    /// Of one label.
    [[nodiscard]] const PredictionCounts& label(Id label) const { return labels_.at(label); }

    /// Of all labels together: `P@k` and `R@k` as `fasttext test` prints them, and micro F1.
    [[nodiscard]] PredictionCounts all() const noexcept {
        PredictionCounts sum;
        for (const PredictionCounts& label : labels_) {
            sum.gold += label.gold;
            sum.predicted += label.predicted;
            sum.hits += label.hits;
        }
        return sum;
    }

    /// The mean F1 of the labels that an example has or that were predicted.
    [[nodiscard]] double macro_f1() const noexcept {
        double sum = 0;
        std::size_t count = 0;
        for (const PredictionCounts& label : labels_) {
            if (label.gold + label.predicted == 0) continue;
            sum += label.f1();
            ++count;
        }
        return count == 0 ? 0 : sum / static_cast<double>(count);
    }

    /// How many examples have label `gold` and were taken for `predicted`, their likeliest label.
    [[nodiscard]] std::uint64_t confusion(Id gold, Id predicted) const {
        const auto found = confusion_.find({gold, predicted});
        return found == confusion_.end() ? 0 : found->second;
    }

    /// All of these that are not 0, by (gold, predicted).
    [[nodiscard]] const std::map<std::pair<Id, Id>, std::uint64_t>& confusions() const noexcept {
        return confusion_;
    }

    /// The threshold of the best precision at which at least this share of what is true is found,
    /// the highest of them. Of all labels together, at one threshold. O(predictions * log).
    [[nodiscard]] OperatingPoint precision_at_recall(double recall) const {
        return best_precision(everything(), all().gold, recall);
    }
    /// The same of one label.
    [[nodiscard]] OperatingPoint precision_at_recall(double recall, Id label) const {
        return best_precision(predictions_.at(label), labels_.at(label).gold, recall);
    }

    /// The threshold of the best recall at which at least this share of what is found is right, the
    /// highest of them.
    [[nodiscard]] OperatingPoint recall_at_precision(double precision) const {
        return best_recall(everything(), all().gold, precision);
    }
    /// The same of one label.
    [[nodiscard]] OperatingPoint recall_at_precision(double precision, Id label) const {
        return best_recall(predictions_.at(label), labels_.at(label).gold, precision);
    }

    /// Examples by the probability of their likeliest label, in `bins` of the same width over 0 to
    /// 1; those without a prediction are in none. Throws `OptionError` for no bins.
    [[nodiscard]] std::vector<CalibrationBin> calibration(std::size_t bins = 15) const {
        if (bins == 0) throw OptionError("bins is 0, expected 1 or more");
        std::vector<CalibrationBin> result(bins);
        for (const Scored& best : best_) {
            const double place =
                std::clamp(double{best.probability}, 0.0, 1.0) * static_cast<double>(bins);
            CalibrationBin& bin = result[(std::min)(static_cast<std::size_t>(place), bins - 1)];
            ++bin.examples;
            bin.probability += double{best.probability};
            bin.accuracy += best.hit ? 1 : 0;
        }
        for (CalibrationBin& bin : result) {
            if (bin.examples == 0) continue;
            bin.probability /= static_cast<double>(bin.examples);
            bin.accuracy /= static_cast<double>(bin.examples);
        }
        return result;
    }

    /// How far probabilities are from the truth (Naeini et al. 2015): the mean over examples of the
    /// distance between their bin's probability and accuracy.
    [[nodiscard]] double expected_calibration_error(std::size_t bins = 15) const {
        double sum = 0;
        for (const CalibrationBin& bin : calibration(bins)) {
            sum += static_cast<double>(bin.examples) * std::fabs(bin.probability - bin.accuracy);
        }
        return best_.empty() ? 0 : sum / static_cast<double>(best_.size());
    }

private:
    struct Scored {
        float probability = 0;
        bool hit = false;
    };

    [[nodiscard]] std::vector<Scored> everything() const {
        std::vector<Scored> all;
        for (const std::vector<Scored>& label : predictions_) {
            all.insert(all.end(), label.begin(), label.end());
        }
        return all;
    }

    /// Calls `use(point)` for each threshold that tells predictions apart, the highest first.
    template <class Use>
    static void for_each_threshold(std::vector<Scored> predictions, std::uint64_t gold, Use&& use) {
        std::ranges::sort(predictions, std::greater<>(), &Scored::probability);
        PredictionCounts counts{.gold = gold};
        for (std::size_t i = 0; i < predictions.size(); ++i) {
            const float threshold = predictions[i].probability;
            ++counts.predicted;
            counts.hits += predictions[i].hit;
            if (i + 1 == predictions.size() || predictions[i + 1].probability != threshold) {
                use(OperatingPoint{threshold, counts.precision(), counts.recall()});
            }
        }
    }

    [[nodiscard]] static OperatingPoint best_precision(std::vector<Scored> predictions,
                                                       std::uint64_t gold, double recall) {
        OperatingPoint best;
        for_each_threshold(std::move(predictions), gold, [&](const OperatingPoint& point) {
            if (point.recall >= recall && point.precision > best.precision) best = point;
        });
        return best;
    }

    [[nodiscard]] static OperatingPoint best_recall(std::vector<Scored> predictions,
                                                    std::uint64_t gold, double precision) {
        OperatingPoint best;
        for_each_threshold(std::move(predictions), gold, [&](const OperatingPoint& point) {
            if (point.precision >= precision && point.recall > best.recall) best = point;
        });
        return best;
    }

    std::uint64_t examples_ = 0;
    std::vector<PredictionCounts> labels_;
    std::vector<std::vector<Scored>> predictions_; ///< by label
    std::vector<Scored> best_;                     ///< of each example, its likeliest label
    std::map<std::pair<Id, Id>, std::uint64_t> confusion_;
};

} // namespace firth
