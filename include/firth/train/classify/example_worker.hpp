#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/simd/window_tile.hpp>
#include <firth/table/id.hpp>
#include <firth/train/classify/example_rows.hpp>
#include <firth/train/classify/label_outputs.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sentence_worker.hpp>

namespace firth {

/// One thread's part of the training of a classifier: a `SentenceWorker` whose sentences are
/// examples. A step on an example is one of CBOW: the mean of its rows meets the output rows of its
/// label and of others, and the gradient is shared out among its rows.
template <LabelOutputs LabelRows, RowAccess Rows, class Arch = simd::default_arch>
class alignas(row_alignment) ExampleWorker {
public:
    /// What is shared with other workers and outlives them.
    struct Shared {
        const LabelledCorpus& corpus;
        const ExampleRows& rows;
        const LabelRows& outputs;
        std::span<const float> label_weights; ///< by label; empty: all 1
        std::size_t max_rows = 1;             ///< of an example
        std::size_t loss_interval = 1;        ///< examples between two whose loss is looked at
    };

    ExampleWorker(const Shared& shared, Rows input, Rows output)
        : shared_(shared), input_(std::move(input)), output_(std::move(output)),
          step_(shared.max_rows + shared.outputs.max_outputs(), input_.stride()),
          scratch_(prediction_.scratch_size(1, shared.outputs.max_outputs(), output_.stride())),
          output_ids_(shared.outputs.max_outputs()), output_rows_(shared.outputs.max_outputs()) {}

    void add(const Sentence& example, float learning_rate, Random& random) {
        planned_.push_back({example.number, learning_rate, random()});
        if constexpr (Rows::announced) {
            find_rows(example.number);
            for (const Id row : row_ids_) {
                input_.announce(row);
            }
            const Outputs outputs = draw(planned_.back()).outputs;
            for (std::size_t o = 0; o < outputs.count; ++o) {
                output_.announce(output_ids_[o]);
            }
        }
    }

    void train() {
        for (const Planned& example : planned_) {
            step(example);
        }
        planned_.clear();
    }

    LossSum take_loss() { return std::exchange(loss_sum_, LossSum()); }

private:
    struct Planned {
        std::uint64_t number;
        float learning_rate;
        std::uint64_t seed;
    };

    struct Drawn {
        Id label = no_id;
        Outputs outputs;
    };

    /// Draws one of the labels and the outputs it is scored against.
    Drawn draw(const Planned& example) {
        Random random(example.seed);
        typename LabelRows::Draw draw_outputs(shared_.outputs, random);
        const std::span<const Id> labels = shared_.corpus[example.number].labels;
        const auto count = static_cast<std::uint32_t>(labels.size());
        const Id label = labels[count == 1 ? 0 : random.below(count)];
        return {label, draw_outputs(labels, label, output_ids_.data())};
    }

    /// Puts the rows of an example into `row_ids_` and brings them near.
    FIRTH_ALWAYS_INLINE void find_rows(std::uint64_t example) {
        row_ids_.clear();
        shared_.rows.for_each_row(example, row_scratch_, [&](Id row) FIRTH_INLINE_LAMBDA {
            input_.prefetch(row);
            row_ids_.push_back(row);
        });
    }

    void step(const Planned& example) {
        find_rows(example.number);
        const Drawn drawn = draw(example);
        if (row_ids_.empty() || drawn.outputs.count == 0) return;
        input_rows_.clear();
        for (const Id row : row_ids_) {
            input_rows_.push_back(input_.take(row));
        }
        for (std::size_t o = 0; o < drawn.outputs.count; ++o) {
            output_rows_[o] = output_.take(output_ids_[o]);
        }
        const simd::WindowRows rows{input_rows_.data(),  input_rows_.size(),
                                    output_rows_.data(), drawn.outputs.count,
                                    input_.stride(),     drawn.outputs.positives};
        const float weight =
            shared_.label_weights.empty() ? 1.0f : shared_.label_weights[drawn.label];
        const float rate = example.learning_rate * weight;
        step_(rows, [&](const simd::WindowRows& reached) {
            prediction_.template step<Arch>(reached, rate, scratch_.data());
        });
        if (--steps_to_loss_ == 0) {
            steps_to_loss_ = shared_.loss_interval;
            loss_sum_ +=
                {prediction_.loss(rows, rate, scratch_.data()), 1, prediction_.zero_loss(rows)};
        }
    }

    Shared shared_;
    CbowWith<typename LabelRows::Link> prediction_{.gradient = CbowGradient::exact};
    Rows input_;
    Rows output_;
    typename Rows::Step step_;
    AlignedBuffer<float> scratch_;
    std::vector<Planned> planned_;
    ExampleRows::Scratch row_scratch_;
    std::vector<Id> row_ids_;
    std::vector<float*> input_rows_;
    std::vector<Id> output_ids_;
    std::vector<float*> output_rows_;
    LossSum loss_sum_;
    std::size_t steps_to_loss_ = 1;
};

} // namespace firth
