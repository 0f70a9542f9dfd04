#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/random.hpp>
#include <firth/simd/window_tile.hpp>
#include <firth/table/id.hpp>
#include <firth/train/sequence/output_sampler.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sentence_worker.hpp>
#include <firth/train/sequence/whole_words.hpp>

namespace firth {

/// How far the contexts of a centre reach.
enum class WindowSize {
    dynamic, ///< each window draws 1 to `window` at random: near contexts count more (word2vec)
    fixed,   ///< always `window`
};

/// One thread's part of a `SequenceTrainer`: goes over sentences window by window. A
/// `SentenceWorker`. The rows and the policies are shared with other workers and outlive it.
template <WindowPrediction Prediction, OutputSampler Sampler, class SymbolAccess, RowAccess Rows,
          class Arch = simd::default_arch>
class alignas(row_alignment) WindowWorker {
public:
    /// `max_sentence_rows` is that of the composition. One step in `loss_interval` is asked for its
    /// loss, the first one always.
    WindowWorker(Prediction prediction, const Sampler& sampler, SymbolAccess symbols, Rows outputs,
                 std::size_t window, WindowSize window_size, std::size_t max_sentence_rows,
                 std::size_t loss_interval)
        : prediction_(prediction), sampler_(&sampler), symbols_(std::move(symbols)),
          outputs_(std::move(outputs)), reach_(window), window_size_(window_size),
          max_sentence_rows_(max_sentence_rows), loss_interval_(loss_interval),
          max_draws_(draws_for(steps_for(2 * window + max_sentence_rows))),
          contexts_(2 * window + max_sentence_rows), weights_(weighted ? contexts_.size() : 0),
          step_rows_(step_contexts() + sampler.max_outputs(), outputs_.stride()),
          scratch_(
              prediction_.scratch_size(step_contexts(), sampler.max_outputs(), outputs_.stride())),
          vectors_(std::bit_ceil(span(window))), output_rows_(sampler.max_outputs()) {}

    /// The positions of a sentence that are in reach of one window at most.
    [[nodiscard]] static constexpr std::size_t span(std::size_t window) noexcept {
        return 2 * window + 1;
    }

    void add(const Sentence& sentence, float learning_rate, Random& random) {
        const std::size_t first = ids_.size();
        ids_.insert(ids_.end(), sentence.ids.begin(), sentence.ids.end());
        if (windows_.size() < ids_.size()) {
            windows_.resize(ids_.size());
            outputs_drawn_.resize(ids_.size() * max_draws());
            output_ids_.resize(ids_.size() * max_draws() * sampler_->max_outputs());
        }
        planned_.push_back({first, ids_.size(), sentence.number, learning_rate, random()});
        if constexpr (Rows::announced) {
            symbols_.announce(sentence);
            Drawing drawing(planned_.back(), *sampler_);
            for (std::size_t i = first; i < ids_.size(); ++i) {
                draw_window(planned_.back(), i, drawing);
                for (std::size_t draw = 0; draw < draws_for(windows_[i].steps); ++draw) {
                    for (const Id output : outputs_of(draw_place(i, draw))) {
                        outputs_.announce(output);
                    }
                }
            }
        }
    }

    /// Steps on all windows of the sentences that were added.
    void train() {
        for (const Planned& sentence : planned_) {
            train_sentence(sentence);
        }
        planned_.clear();
        ids_.clear();
    }

    LossSum take_loss() { return std::exchange(loss_sum_, LossSum()); }

private:
    /// Windows between the prefetching of a window's rows and its step.
    static constexpr std::size_t lookahead = 3;

    struct Planned {
        std::size_t begin; ///< in `ids_`
        std::size_t end;
        std::uint64_t number;
        float learning_rate;
        std::uint64_t seed; ///< of its windows
    };

    /// What a sentence's windows are drawn with.
    struct Drawing {
        Drawing(const Planned& planned, const Sampler& sampler)
            : random(planned.seed), outputs(sampler, random) {}

        Random random;
        typename Sampler::Draw outputs;
    };

    struct Window {
        std::uint32_t radius = 0;
        std::uint32_t steps = 0; ///< 1, or more where there are many contexts
    };

    /// Steps in a row that meet the same outputs: two, so that windows up to twice as wide as one
    /// step takes cost no more than if they were one.
    static constexpr std::size_t steps_a_draw = 2;
    static constexpr bool always_one_step =
        detail::max_contexts<Prediction> == (std::numeric_limits<std::size_t>::max)();

    [[nodiscard]] static constexpr std::size_t draws_for(std::size_t steps) noexcept {
        return (steps + steps_a_draw - 1) / steps_a_draw;
    }
    [[nodiscard]] std::size_t max_draws() const noexcept {
        return always_one_step ? 1 : max_draws_;
    }

    /// Contexts count differently in means.
    static constexpr bool weighted = requires(const SymbolAccess& symbols, std::size_t position) {
        { symbols.weight(position) } -> std::convertible_to<float>;
    };

    /// The number of steps that this many contexts take, at least 1.
    [[nodiscard]] static constexpr std::size_t steps_for(std::size_t contexts) noexcept {
        return contexts == 0 ? 1 : 1 + (contexts - 1) / detail::max_contexts<Prediction>;
    }

    /// The most contexts of one step.
    [[nodiscard]] std::size_t step_contexts() const noexcept {
        return (std::min)(contexts_.size(), detail::max_contexts<Prediction>);
    }

    void train_sentence(const Planned& planned) {
        const std::span<const Id> ids(ids_.data() + planned.begin, planned.end - planned.begin);
        symbols_.begin({ids, planned.number});
        const std::size_t length = ids.size();
        if (length == 0 || length + symbols_.sentence_rows().size() < 2) return;
        Drawing drawing(planned, *sampler_);
        const std::size_t at_once = (std::min)(reach_ + 1, length);
        for (std::size_t i = 0; i < at_once; ++i) {
            symbols_.prefetch(i);
        }
        std::size_t entered = 0;
        for (std::size_t i = 0; i < length + lookahead; ++i) {
            if (i < length) {
                // Drawn here, the numbers cost little: the processor waits for rows meanwhile.
                if constexpr (!Rows::announced) draw_window(planned, planned.begin + i, drawing);
                prefetch_outputs(draw_place(planned.begin + i, 0));
            }
            if (i + reach_ + 1 < length) symbols_.prefetch(i + reach_ + 1);
            if (i < lookahead) continue;
            const std::size_t centre = i - lookahead;
            for (; entered < length && entered <= centre + reach_; ++entered) {
                vectors_[entered & (vectors_.size() - 1)] = symbols_.enter(entered);
            }
            step(planned, length, centre);
            if (centre >= reach_) symbols_.leave(centre - reach_);
        }
        for (std::size_t i = length - (std::min)(length, reach_); i < length; ++i) {
            symbols_.leave(i);
        }
    }

    /// Where the outputs of a window lie that were drawn as its first, second and so on.
    [[nodiscard]] std::size_t draw_place(std::size_t window, std::size_t draw) const noexcept {
        return window * max_draws() + draw;
    }
    [[nodiscard]] Id* output_ids(std::size_t place) noexcept {
        return output_ids_.data() + place * sampler_->max_outputs();
    }
    [[nodiscard]] std::span<const Id> outputs_of(std::size_t place) noexcept {
        return {output_ids(place), outputs_drawn_[place].count};
    }

    /// Draws what is random in the window at place `at` of all planned ids.
    void draw_window(const Planned& sentence, std::size_t at, Drawing& drawing) {
        std::size_t radius = reach_;
        if (window_size_ == WindowSize::dynamic) {
            radius = 1 + drawing.random.below(static_cast<std::uint32_t>(reach_));
        }
        std::size_t steps = 1;
        if constexpr (!always_one_step) {
            steps = steps_for((std::min)(radius, at - sentence.begin) +
                              (std::min)(radius, sentence.end - 1 - at) + max_sentence_rows_);
        }
        windows_[at] = {static_cast<std::uint32_t>(radius), static_cast<std::uint32_t>(steps)};
        for (std::size_t draw = 0; draw < draws_for(steps); ++draw) {
            const std::size_t place = draw_place(at, draw);
            outputs_drawn_[place] = drawing.outputs(ids_[at], output_ids(place));
        }
    }

    FIRTH_ALWAYS_INLINE void prefetch_outputs(std::size_t place) {
        for (const Id output : outputs_of(place)) {
            outputs_.prefetch(output);
        }
    }

    /// All steps of a window: its contexts are shared out evenly among them.
    void step(const Planned& planned, std::size_t length, std::size_t centre) {
        const std::size_t at = planned.begin + centre;
        const Window window = windows_[at];
        const std::size_t begin = centre - (std::min)(centre, std::size_t{window.radius});
        const std::size_t end = (std::min)(length, centre + window.radius + 1);
        std::size_t count = 0;
        for (float* const row : symbols_.sentence_rows()) {
            if constexpr (weighted) weights_[count] = 1;
            contexts_[count++] = row;
        }
        for (std::size_t i = begin; i < end; ++i) {
            contexts_[count] = vectors_[i & (vectors_.size() - 1)];
            if constexpr (weighted) weights_[count] = symbols_.weight(i);
            count += i != centre;
        }
        if (always_one_step || window.steps == 1) {
            step_on(draw_place(at, 0), 0, count, planned.learning_rate);
            return;
        }
        std::size_t first = 0;
        for (std::size_t i = 0; i < window.steps; ++i) {
            const std::size_t place = draw_place(at, i / steps_a_draw);
            if (i % steps_a_draw == 0 && i + steps_a_draw < window.steps) {
                prefetch_outputs(place + 1);
            }
            const std::size_t next = count * (i + 1) / window.steps;
            step_on(place, first, next, planned.learning_rate);
            first = next;
        }
    }

    /// Steps on contexts [begin, end) of a window and the outputs at `place`.
    FIRTH_ALWAYS_INLINE void step_on(std::size_t place, std::size_t begin, std::size_t end,
                                     float learning_rate) {
        const Outputs outputs = outputs_drawn_[place];
        if (begin == end || outputs.count == 0) return;
        const Id* const ids = output_ids(place);
        for (std::size_t o = 0; o < outputs.count; ++o) {
            output_rows_[o] = outputs_.take(ids[o]);
        }
        simd::WindowRows rows{contexts_.data() + begin, end - begin,
                              output_rows_.data(),      outputs.count,
                              outputs_.stride(),        outputs.positives};
        if constexpr (weighted) rows.context_weights = weights_.data() + begin;
        step_rows_(rows, [&](const simd::WindowRows& reached) {
            prediction_.template step<Arch>(reached, learning_rate, scratch_.data());
        });
        if (--steps_to_loss_ == 0) {
            steps_to_loss_ = loss_interval_;
            loss_sum_ +=
                {prediction_.loss(rows, learning_rate, scratch_.data()),
                 prediction_.predictions(end - begin), detail::zero_loss(prediction_, rows)};
        }
    }

    Prediction prediction_;
    const Sampler* sampler_;
    SymbolAccess symbols_;
    Rows outputs_;
    std::size_t reach_;
    WindowSize window_size_;
    std::size_t max_sentence_rows_;
    std::size_t loss_interval_;
    std::size_t max_draws_;        ///< of a window
    std::vector<float*> contexts_; ///< of the window that is stepped on
    std::vector<float> weights_;   ///< of these, where they have weights
    typename Rows::Step step_rows_;
    AlignedBuffer<float> scratch_;
    std::vector<float*> vectors_; ///< of the positions in reach, a ring
    std::vector<float*> output_rows_;
    std::vector<Planned> planned_;
    std::vector<Id> ids_;                ///< of all planned sentences
    std::vector<Window> windows_;        ///< by place in `ids_`
    std::vector<Outputs> outputs_drawn_; ///< `max_draws` a window
    std::vector<Id> output_ids_;         ///< of all draws, `max_outputs` each
    LossSum loss_sum_;
    std::size_t steps_to_loss_ = 1;
};

} // namespace firth
