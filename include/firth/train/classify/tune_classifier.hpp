#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/math/classification_metric.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/train/classify/score_classifier.hpp>
#include <firth/train/classify/train_classifier.hpp>
#include <firth/train/classify/tune_space.hpp>
#include <firth/train/run/divergence.hpp>

namespace firth {

/// Says how good a model is on the validation texts.
using ModelScore = std::function<double(const ClassifierModel&)>;

/// How the settings of a classifier are searched for.
struct TuneOptions {
    /// What is not searched for: loss, threads, seed, label weights. Its other settings, brought
    /// into the space, are the first trial.
    ClassifierOptions base{};
    ClassifierSearchSpace space{};
    ClassificationMetric metric{};
    std::size_t trials = 0; ///< trainings in all; 0: as many as there is time for
    double seconds = 0;     ///< of the search, which then cannot be repeated exactly; 0: no limit
    std::uint64_t seed = 1; ///< of the settings that are tried
    /// What becomes of each model before it is scored, or nothing: makes it smaller, say. Throws
    /// `Error` for one that will not do, which then is a bad trial.
    std::function<ClassifierModel(ClassifierModel, const ModelScore&)> finish{};
};

/// A training of the search, and what came of it.
struct TuneTrial {
    std::size_t number = 0;        ///< from 1
    std::size_t bracket = 0;       ///< from 1
    std::size_t rung = 0;          ///< of the bracket, from 1
    ClassifierOptions options{};   ///< as for `train_classifier`
    std::optional<double> score{}; ///< none for a bad trial
    std::string failure{};         ///< why it is a bad one
    double seconds = 0;
    bool best = false; ///< of all until then
};

/// Called after each trial; false ends the search.
using TuneCallback = std::function<bool(const TuneTrial&)>;

/// The result of a search.
struct TunedSettings {
    ClassifierOptions options{}; ///< the best ones, for `train_classifier`
    double score = 0;            ///< theirs on the validation texts
    std::vector<TuneTrial> trials{};
    bool cancelled = false; ///< by a callback
};

namespace detail {

/// One search.
template <class Arch>
class ClassifierSearch {
public:
    ClassifierSearch(const LabelledCorpus& corpus, const LabelledCorpus& validation,
                     const TuneOptions& options, const TuneCallback& on_trial,
                     const ProgressCallback& progress)
        : corpus_(&corpus), validation_(&validation), options_(&options), on_trial_(&on_trial),
          progress_(&progress), random_(options.seed, 0x74756E65) {
        require_option(options.trials != 0 || options.seconds > 0, "the budget",
                       std::string_view("0 trials and 0 seconds"), "more of one of them");
        require_option(options.base.validation == nullptr && options.base.checkpoint.path.empty(),
                       "validation or checkpoint of the trials", std::string_view("given"),
                       "none: trials are scored at their end");
        options.space.check();
        check_options(options.space.clamp(options.base));
        static_cast<void>(options.metric.find_label(corpus.labels()));
        if (validation.labels().symbols() != corpus.labels().symbols() || validation.empty()) {
            throw OptionError("the validation texts are none or have other labels than those to "
                              "learn from, expected texts that were read like these");
        }
    }

    TunedSettings run() {
        const std::size_t depth = depth_of(options_->space.epochs);
        for (std::size_t bracket = 0; goes_on(); ++bracket) {
            std::size_t steps = depth == 0 ? 0 : 1 + bracket % depth;
            while (steps > 0 && trials_of(steps) > trials_left()) {
                --steps;
            }
            run_bracket(bracket, steps);
        }
        if (!best_ && !result_.cancelled) {
            throw Error(
                result_.trials.empty()
                    ? "no trial ended within " + float_text(static_cast<float>(options_->seconds)) +
                          " seconds"
                    : "none of " + std::to_string(result_.trials.size()) +
                          " trials gave a model; the last one: " + result_.trials.back().failure);
        }
        if (best_) {
            result_.options = result_.trials[*best_].options;
            result_.score = *result_.trials[*best_].score;
            if (options_->space.epochs.fixed()) {
                result_.options.epochs = options_->space.epochs.high;
            }
        }
        return std::move(result_);
    }

private:
    static constexpr std::size_t shrinkage = 3; ///< of settings, from rung to rung

    /// How many rungs a bracket has at most, beside the first.
    static std::size_t depth_of(const TuneRange<std::uint32_t>& epochs) noexcept {
        const std::uint32_t lowest = epochs.fixed() ? 1 : epochs.low;
        std::size_t depth = 0;
        for (std::uint32_t most = epochs.high / 3; most >= lowest && depth < 3; most /= 3) {
            ++depth;
        }
        return depth;
    }

    /// The trials of a bracket: 1, 4, 13 or 40.
    static std::size_t trials_of(std::size_t steps) noexcept {
        std::size_t all = 1;
        for (; steps > 0; --steps) {
            all = all * shrinkage + 1;
        }
        return all;
    }

    [[nodiscard]] std::size_t trials_left() const noexcept {
        if (options_->trials == 0) return ~std::size_t{0};
        return options_->trials - result_.trials.size();
    }

    [[nodiscard]] bool out_of_time() const {
        return options_->seconds > 0 && watch_.seconds() >= options_->seconds;
    }

    [[nodiscard]] bool goes_on() const {
        return !result_.cancelled && !stopped_ && trials_left() != 0 && !out_of_time();
    }

    /// Trains many settings for few epochs, and from rung to rung the best third of them for three
    /// times as many, until one is left.
    void run_bracket(std::size_t bracket, std::size_t steps) {
        std::vector<std::size_t> last; // numbers of trials in the rung before
        std::size_t width = 1;
        for (std::size_t i = 0; i < steps; ++i) {
            width *= shrinkage;
        }
        std::uint32_t divisor = static_cast<std::uint32_t>(width);
        for (std::size_t rung = 0; rung <= steps; ++rung, width /= shrinkage, divisor /= 3) {
            std::vector<ClassifierOptions> settings;
            if (rung == 0) {
                for (std::size_t i = 0; i < width; ++i) {
                    settings.push_back(next_settings());
                }
            } else {
                std::stable_sort(last.begin(), last.end(), [&](std::size_t a, std::size_t b) {
                    return score_of(a) > score_of(b);
                });
                for (const std::size_t trial : last) {
                    if (settings.size() < width && result_.trials[trial].score) {
                        settings.push_back(result_.trials[trial].options);
                    }
                }
            }
            last.clear();
            for (ClassifierOptions& options : settings) {
                if (!goes_on()) return;
                const std::uint32_t most = options_->space.epochs.high;
                options.epochs =
                    (std::max)(options_->space.epochs.fixed() ? 1 : options_->space.epochs.low,
                               (most + divisor / 2) / divisor);
                run_trial({.number = result_.trials.size() + 1,
                           .bracket = bracket + 1,
                           .rung = rung + 1,
                           .options = options},
                          rung == steps);
                last.push_back(result_.trials.size() - 1);
            }
        }
    }

    /// The settings to begin with, then every other time some near the best, else any.
    ClassifierOptions next_settings() {
        const std::size_t drawn = drawn_++;
        if (drawn == 0) return options_->space.clamp(options_->base);
        if (best_ && drawn % 2 == 0) {
            return options_->space.draw_near(result_.trials[*best_].options, random_);
        }
        return options_->space.draw(options_->base, random_);
    }

    void run_trial(TuneTrial trial, bool last_rung) {
        const Stopwatch watch;
        try {
            TrainedClassifier trained =
                train_classifier<Arch>(*corpus_, trial.options, [&](const Progress& progress) {
                    if (*progress_ && !(*progress_)(progress)) result_.cancelled = true;
                    return !result_.cancelled && !out_of_time();
                });
            if (trained.stats.cancelled) {
                stopped_ = true;
                return;
            }
            const ModelScore score = [&](const ClassifierModel& model) {
                return score_classifier(model, *validation_, options_->metric,
                                        options_->base.threads);
            };
            trial.score = scored(std::move(trained.model), score, trial.failure);
        } catch (const DivergenceError& error) {
            trial.failure = error.what();
        } catch (const std::bad_alloc&) {
            trial.failure = "there is not enough memory";
        }
        trial.seconds = watch.seconds();
        // With fixed epochs, scores after fewer of them only choose what goes on.
        const bool full = last_rung || !options_->space.epochs.fixed();
        trial.best = trial.score && (!best_ || full > best_is_full_ ||
                                     (full == best_is_full_ && *trial.score > score_of(*best_)));
        if (trial.best) {
            best_ = result_.trials.size();
            best_is_full_ = full;
        }
        result_.trials.push_back(std::move(trial));
        if (*on_trial_ && !(*on_trial_)(result_.trials.back())) result_.cancelled = true;
    }

    [[nodiscard]] std::optional<double> scored(ClassifierModel model, const ModelScore& score,
                                               std::string& failure) const {
        if (!options_->finish) return score(model);
        try {
            model = options_->finish(std::move(model), score);
        } catch (const Error& error) {
            failure = error.what();
            return std::nullopt;
        }
        return score(model);
    }

    [[nodiscard]] double score_of(std::size_t trial) const {
        return result_.trials[trial].score.value_or(-1.0);
    }

    const LabelledCorpus* corpus_;
    const LabelledCorpus* validation_;
    const TuneOptions* options_;
    const TuneCallback* on_trial_;
    const ProgressCallback* progress_;
    Random random_;
    Stopwatch watch_;
    TunedSettings result_;
    std::size_t drawn_ = 0;
    std::optional<std::size_t> best_; ///< a place in `result_.trials`
    bool best_is_full_ = false;       ///< it ran for as many epochs as wanted
    bool stopped_ = false;            ///< a trial was cut short
};

} // namespace detail

/// Searches for the settings with which a classifier does best on texts that it does not learn
/// from, by successive halving (Karnin, Koren, Somekh 2013; Jamieson and Talwalkar 2016) in
/// brackets as in Hyperband (Li et al. 2017): 3, 9, then 27 settings begin with a 3rd, 9th or 27th
/// of the epochs, and the best third goes on to the next rung with three times as many, until one
/// is left. Each rung trains anew, since the learning rate's way depends on where it ends, and what
/// does best on any rung wins: a model may be best after few epochs. Half of the settings are drawn
/// near the best so far.
///
///     const firth::SplitExamples parts = firth::split_examples(corpus, 0.1);
///     const firth::TunedSettings tuned =
///         firth::tune_classifier(parts.training, parts.validation, {.trials = 50});
///     const firth::ClassifierModel model = firth::train_classifier(corpus, tuned.options).model;
///
/// The texts are read once: words and labels are those of `corpus`, and n-grams are hashed anew for
/// each trial. With a budget in trials, and one thread or `deterministic`, the same seed tries the
/// same settings with the same scores, and training with the result gives the bytes of its trial. A
/// trial that diverges, or for which there is no memory, is a bad one and is reported as such.
///
/// Cost: a bracket takes as long as 2, 3 or 4 trainings with the most epochs. Throws `OptionError`,
/// and `Error` where no trial gave a model.
template <class Arch = simd::default_arch>
[[nodiscard]] TunedSettings
tune_classifier(const LabelledCorpus& corpus, const LabelledCorpus& validation,
                const TuneOptions& options, const TuneCallback& on_trial = {},
                const ProgressCallback& progress = {}) {
    return detail::ClassifierSearch<Arch>(corpus, validation, options, on_trial, progress).run();
}

} // namespace firth
