/// Optimisers of a user's own for learning from counts: the example of the docstring, and Adam
/// against the same in doubles.

#include <firth/train/counts/cooccurrence_trainer.hpp>

#include <atomic>
#include <cmath>
#include <vector>

#include "../support.hpp"

using namespace firth;

namespace {

/// The example of `PairOptimizer`.
struct Momentum {
    float rate = 0.01f;
    float bias_rate = 0.01f;
    static constexpr std::size_t states = 1;
    static constexpr float initial_state = 0;
    template <class Arch>
    void step(const firth::PairRows& rows, float gradient) const {
        for (std::size_t i = 0; i < rows.size; ++i) {
            rows.a_states[i] = 0.9f * rows.a_states[i] + gradient * rows.b[i];
            rows.b_states[i] = 0.9f * rows.b_states[i] + gradient * rows.a[i];
            rows.a[i] -= rows.a_rates[i] * rows.a_states[i];
            rows.b[i] -= rows.b_rates[i] * rows.b_states[i];
        }
    }
    std::string settings() const { return "momentum"; }
};

/// Adam (Kingma and Ba 2015): two moments and the number of steps of each weight.
struct Adam {
    float rate = 0.02f;
    float bias_rate = 0.05f;
    static constexpr std::size_t states = 3;
    static constexpr float initial_state = 0;

    template <class Arch>
    void step(const PairRows& rows, float gradient) const {
        for (std::size_t i = 0; i < rows.size; ++i) {
            const float a_gradient = gradient * rows.b[i];
            const float b_gradient = gradient * rows.a[i];
            rows.a[i] -= rows.a_rates[i] * direction(rows.a_states + i, rows.size, a_gradient);
            rows.b[i] -= rows.b_rates[i] * direction(rows.b_states + i, rows.size, b_gradient);
        }
    }
    static float direction(float* state, std::size_t size, float gradient) {
        float& first = state[0];
        float& second = state[size];
        float& steps = state[2 * size];
        first = 0.9f * first + 0.1f * gradient;
        second = 0.999f * second + 0.001f * gradient * gradient;
        steps += 1;
        const float mean = first / (1 - std::pow(0.9f, steps));
        return mean / (std::sqrt(second / (1 - std::pow(0.999f, steps))) + 1e-8f);
    }
    [[nodiscard]] static std::string settings() { return "Adam"; }
};

static_assert(PairOptimizer<Momentum> && PairOptimizer<Adam>);

struct NoInitialState : Adam {
    static constexpr const char* initial_state = "zero";
};
static_assert(!PairOptimizer<NoInitialState>);

/// Throws after so many steps.
template <class Optimizer>
struct Stopping : Optimizer {
    static inline std::atomic<int> left{0};

    template <class Arch>
    void step(const PairRows& rows, float gradient) const {
        if (--left < 0) throw Error("stopped");
        Optimizer::template step<Arch>(rows, gradient);
    }
};

/// A weight that follows Adam, in doubles.
struct Weight {
    double value = 0;
    double first = 0;
    double second = 0;

    void step(double rate, double gradient, int step) {
        first = 0.9 * first + 0.1 * gradient;
        second = 0.999 * second + 0.001 * gradient * gradient;
        const double mean = first / (1 - std::pow(0.9, step));
        value -= rate * mean / (std::sqrt(second / (1 - std::pow(0.999, step))) + 1e-8);
    }
};

} // namespace

TEST_CASE("Adam of a user's own learns as it does in doubles", "[optimizers]") {
    // Pairs that share no symbol learn nothing from each other: no order of counts matters.
    const std::vector<float> seen{0.5f, 2, 9, 40};
    std::vector<std::vector<SparseEntry>> rows(seen.size());
    for (Id i = 0; i < rows.size(); ++i) {
        rows[i].push_back({(i + 1) % static_cast<Id>(rows.size()), seen[i]});
    }
    const CooccurrenceCounts counts(rows);
    for (const std::size_t dim : {3u, 16u, 40u}) {
        constexpr int epochs = 12;
        CooccurrenceTrainer<WeightedLeastSquares, Adam> trainer(
            counts, {.dim = dim, .epochs = epochs, .threads = 2});
        const EmbeddingTable<float> words = trainer.words();
        const EmbeddingTable<float> contexts = trainer.contexts();
        const std::vector<float> word_biases = trainer.word_biases();
        const std::vector<float> context_biases = trainer.context_biases();
        const TrainingStats stats = trainer.train();
        REQUIRE(stats.epoch_loss.back() < 0.9 * stats.epoch_loss.front());
        for (Id i = 0; i < rows.size(); ++i) {
            const Id j = rows[i][0].column;
            std::vector<Weight> word(dim + 1);
            std::vector<Weight> context(dim + 1);
            for (std::size_t k = 0; k < dim; ++k) {
                word[k].value = static_cast<double>(words[i][k]);
                context[k].value = static_cast<double>(contexts[j][k]);
            }
            word[dim].value = static_cast<double>(word_biases[i]);
            context[dim].value = static_cast<double>(context_biases[j]);
            const auto count = static_cast<double>(seen[i]);
            for (int step = 1; step <= epochs; ++step) {
                double error = word[dim].value + context[dim].value - std::log(count);
                for (std::size_t k = 0; k < dim; ++k) {
                    error += word[k].value * context[k].value;
                }
                const double gradient = std::min(1.0, std::pow(count / 10, 0.75)) * error;
                for (std::size_t k = 0; k < dim; ++k) {
                    const double old = word[k].value;
                    word[k].step(0.02, gradient * context[k].value, step);
                    context[k].step(0.02, gradient * old, step);
                }
                word[dim].step(0.05, gradient, step);
                context[dim].step(0.05, gradient, step);
            }
            INFO("dim " << dim << ", symbol " << i);
            for (std::size_t k = 0; k < dim; ++k) {
                REQUIRE(std::fabs(static_cast<double>(trainer.words()[i][k]) - word[k].value) <
                        2e-4);
                REQUIRE(std::fabs(static_cast<double>(trainer.contexts()[j][k]) -
                                  context[k].value) < 2e-4);
            }
            REQUIRE(std::fabs(static_cast<double>(trainer.word_biases()[i]) - word[dim].value) <
                    2e-4);
            REQUIRE(std::fabs(static_cast<double>(trainer.context_biases()[j]) -
                              context[dim].value) < 2e-4);
        }
    }
}

TEST_CASE("an optimiser's states are part of a checkpoint", "[optimizers]") {
    Random random(3);
    std::vector<std::vector<SparseEntry>> rows(200); // tiles of nine counts
    for (Id i = 0; i < rows.size(); ++i) {
        for (Id j = 0; j < rows.size(); ++j) {
            rows[i].push_back({j, 0.5f + 20 * random.uniform()});
        }
    }
    const CooccurrenceCounts counts(rows);
    const auto check = [&](auto optimizer) {
        using Optimizer = Stopping<decltype(optimizer)>;
        using Trainer = CooccurrenceTrainer<WeightedLeastSquares, Optimizer>;
        const test::TemporaryFolder folder;
        CooccurrenceTrainerOptions options{.dim = 10, .epochs = 4, .threads = 2};
        Optimizer::left = 1 << 30;
        Trainer whole(counts, options);
        const TrainingStats stats = whole.train();
        REQUIRE(stats.epoch_loss.back() < stats.epoch_loss.front());
        options.checkpoint = {.path = folder / "checkpoint", .seconds = 1e-9, .resume = true};
        // At the first step of the second epoch, and twice on the way.
        for (const int steps : {static_cast<int>(counts.size()), 3000, 3000}) {
            Optimizer::left = steps;
            Trainer part(counts, options);
            REQUIRE(test::message_of<Error>([&] { part.train(); }) == "stopped");
        }
        Optimizer::left = 1 << 30;
        Trainer rest(counts, options);
        REQUIRE(rest.train().steps < 3 * counts.size());
        REQUIRE(test::bytes_of(rest.words()) == test::bytes_of(whole.words()));
        REQUIRE(rest.context_biases() == whole.context_biases());
    };
    check(Momentum());
    check(Adam());
}

TEST_CASE("states leave less room for a dim", "[optimizers]") {
    const CooccurrenceCounts counts(std::vector<std::vector<SparseEntry>>{{{0, 1}}});
    REQUIRE(test::contains(test::message_of<OptionError>([&] {
                               CooccurrenceTrainer<WeightedLeastSquares, Adam>(
                                   counts, {.dim = max_dim / 8 + 1});
                           }),
                           "expected 1 to " + std::to_string(max_dim / 8)));
    REQUIRE(test::contains(test::message_of<OptionError>([&] {
                               CooccurrenceTrainer<WeightedLeastSquares, Sgd>(
                                   counts, {.dim = max_dim / 4 + 1});
                           }),
                           "expected 1 to " + std::to_string(max_dim / 4)));
}
