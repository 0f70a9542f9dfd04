/// Learning from counts of co-occurrence: against a naive GloVe in doubles, and what is promised of
/// threads, checkpoints and settings.

#include <firth/train.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <firth/query/similarity.hpp>
#include <firth/text/cooccurrence_file.hpp>

#include "support.hpp"

using namespace firth;

namespace {

/// Words of ten groups, seen with words of their own group twenty times as often as with others.
CountedCorpus grouped_counts() {
    Random random(12);
    CountedCorpus counted;
    std::vector<std::vector<Cooccurrence>> rows(50);
    for (Id i = 0; i < 50; ++i) {
        counted.vocabulary.add("g" + std::to_string(i / 5) + "w" + std::to_string(i % 5), 1);
        for (Id j = 0; j < 50; ++j) {
            rows[i].push_back({j, (i / 5 == j / 5 ? 20.0f : 1.0f) * (0.5f + random.uniform())});
        }
    }
    counted.counts = CooccurrenceCounts(rows);
    return counted;
}

/// Counts of many symbols, more than one tile's.
CooccurrenceCounts many_counts(std::size_t symbols, bool symmetric = true) {
    Random random(6);
    std::vector<std::vector<Cooccurrence>> rows(symbols);
    for (Id i = 0; i < symbols; ++i) {
        for (Id j = 0; j < symbols; ++j) {
            const double chance = 2000.0 / static_cast<double>((i + 1) * (symmetric ? j + 1 : 8));
            if (static_cast<double>(random.uniform()) < chance) {
                rows[i].push_back({j, 0.1f + 50 * random.uniform() * random.uniform()});
            }
        }
    }
    return CooccurrenceCounts(rows);
}

/// Mean cost of a count after each epoch of GloVe's published algorithm, in doubles, one count
/// after the other in random order.
std::vector<double> naive_costs(const CooccurrenceCounts& counts, std::size_t dim, int epochs) {
    struct Side {
        std::vector<double> values;
        std::vector<double> squares;
    };
    struct Count {
        std::size_t i;
        std::size_t j;
        double count;
    };
    Random random(77);
    const std::size_t width = dim + 1;
    Side words;
    Side contexts;
    for (Side* const side : {&words, &contexts}) {
        for (std::size_t i = 0; i < counts.symbols() * width; ++i) {
            side->values.push_back((static_cast<double>(random.uniform()) - 0.5) /
                                   static_cast<double>(dim));
        }
        side->squares.assign(side->values.size(), 1.0);
    }
    std::vector<Count> order;
    for (Id i = 0; i < counts.symbols(); ++i) {
        for (const Cooccurrence& entry : counts[i]) {
            order.push_back({i, entry.column, static_cast<double>(entry.count)});
        }
    }
    std::shuffle(order.begin(), order.end(), random);
    std::vector<double> costs;
    for (int epoch = 0; epoch < epochs; ++epoch) {
        double sum = 0;
        for (const Count& count : order) {
            double* const w = &words.values[count.i * width];
            double* const c = &contexts.values[count.j * width];
            double* const ws = &words.squares[count.i * width];
            double* const cs = &contexts.squares[count.j * width];
            double error = w[dim] + c[dim] - std::log(count.count);
            for (std::size_t k = 0; k < dim; ++k) {
                error += w[k] * c[k];
            }
            const double gradient = std::min(1.0, std::pow(count.count / 10, 0.75)) * error;
            sum += 0.5 * gradient * error;
            for (std::size_t k = 0; k < dim; ++k) {
                const double w_step = 0.05 * gradient * c[k];
                const double c_step = 0.05 * gradient * w[k];
                w[k] -= w_step / std::sqrt(ws[k]);
                c[k] -= c_step / std::sqrt(cs[k]);
                ws[k] += w_step * w_step;
                cs[k] += c_step * c_step;
            }
            w[dim] -= gradient / std::sqrt(ws[dim]);
            c[dim] -= gradient / std::sqrt(cs[dim]);
            ws[dim] += gradient * gradient;
            cs[dim] += gradient * gradient;
        }
        costs.push_back(sum / static_cast<double>(order.size()));
    }
    return costs;
}

std::string bytes_of(const GloVe& trainer) {
    return test::bytes_of(trainer.words()) + test::bytes_of(trainer.contexts());
}

} // namespace

TEST_CASE("costs fall as those of a naive GloVe") {
    for (const std::size_t dim : {5u, 20u}) {
        const CooccurrenceCounts counts = many_counts(1500);
        GloVe trainer = make_glove(counts, {.dim = dim, .epochs = 8, .threads = 2});
        const TrainingStats stats = trainer.train();
        const std::vector<double> naive = naive_costs(counts, dim, 8);
        REQUIRE(stats.epoch_loss.size() == naive.size());
        for (std::size_t epoch = 0; epoch < naive.size(); ++epoch) {
            INFO("dim " << dim << ", epoch " << epoch);
            REQUIRE(stats.epoch_loss[epoch] < 1.03 * naive[epoch]);
            REQUIRE(stats.epoch_loss[epoch] > 0.9 * naive[epoch]);
        }
        REQUIRE(stats.steps == 8 * counts.size());
    }
}

TEST_CASE("every count is in one tile, once") {
    for (const bool symmetric : {true, false}) {
        const CooccurrenceCounts counts = many_counts(900, symmetric);
        const WeightedLeastSquares objective{.x_max = 20, .alpha = 0.5f};
        const CooccurrenceTiles<WeightedLeastSquares> tiles(
            counts, objective, {.max_side = 100, .threads = 3, .seed = 4});
        REQUIRE(tiles.size() == counts.size());
        std::vector<CooccurrenceTiles<WeightedLeastSquares>::Entry> buffer;
        std::size_t found = 0;
        bool same = true;
        for (std::size_t r = 0; r < tiles.row_blocks(); ++r) {
            for (std::size_t c = 0; c < tiles.column_blocks(); ++c) {
                for (const auto& entry : tiles.tile(r, c, 0, tiles.tile_size(r, c), buffer)) {
                    const Id row = static_cast<Id>(tiles.row_begin(r) + entry.row);
                    const Id column = static_cast<Id>(tiles.column_begin(c) + entry.column);
                    const float count = counts.count(row, column);
                    const float weight = count < 20 ? std::pow(count / 20, 0.5f) : 1.0f;
                    same = same && count > 0 && entry.target.log_count == std::log(count) &&
                           std::fabs(entry.target.weight - weight) < 1e-6f;
                    ++found;
                }
            }
        }
        REQUIRE(same);
        REQUIRE(found == counts.size());
        REQUIRE(tiles.row_blocks() >= 9);
    }
}

TEST_CASE("counts give the same bytes with any number of threads, and in little memory") {
    const test::TemporaryFolder folder;
    for (const bool symmetric : {true, false}) {
        const CooccurrenceCounts counts = many_counts(1200, symmetric);
        std::string first;
        for (const std::size_t threads : {1u, 2u, 5u}) {
            for (const std::uint64_t memory : {std::uint64_t{1} << 30, std::uint64_t{0}}) {
                GloVe trainer = make_glove(counts, {.dim = 30,
                                                    .epochs = 3,
                                                    .memory = memory,
                                                    .folder = folder / "",
                                                    .threads = threads});
                trainer.train();
                if (first.empty()) first = bytes_of(trainer);
                REQUIRE(bytes_of(trainer) == first);
            }
        }
        GloVe other = make_glove(counts, {.dim = 30, .epochs = 3, .threads = 2, .seed = 2});
        other.train();
        REQUIRE(bytes_of(other) != first);
    }
    REQUIRE(folder.files() == 0);
}

TEST_CASE("words of a group become alike") {
    const CountedCorpus counted = grouped_counts();
    for (const VectorChoice choice :
         {VectorChoice::input, VectorChoice::output, VectorChoice::sum, VectorChoice::both}) {
        const TrainedVectors trained = train_glove(counted.vocabulary, counted.counts,
                                                   {.dim = 20, .epochs = 60, .vectors = choice});
        REQUIRE(trained.vectors.dim() == (choice == VectorChoice::both ? 40 : 20));
        REQUIRE(similarity(trained.vectors, "g1w0", "g1w1") >
                similarity(trained.vectors, "g1w0", "g2w1") + 0.2f);
    }
}

TEST_CASE("a training on counts that was stopped goes on to the same bytes") {
    const test::TemporaryFolder folder;
    const CooccurrenceCounts counts = many_counts(1200);
    GloVeOptions options{.dim = 16, .epochs = 4, .threads = 2};
    GloVe whole = make_glove(counts, options);
    const TrainingStats all = whole.train();

    options.checkpoint = {.path = folder / "checkpoint", .seconds = 0, .resume = true};
    std::vector<double> costs;
    std::string bytes;
    int runs = 0;
    for (bool cancelled = true; cancelled; ++runs) {
        REQUIRE(runs < 10000);
        // Threads may change on the way.
        options.threads = 1 + static_cast<std::size_t>(runs % 3);
        GloVe part = make_glove(counts, options);
        int reports = 0;
        const TrainingStats stats = part.train([&](const Progress&) { return ++reports < 2; });
        cancelled = stats.cancelled;
        costs = stats.epoch_loss;
        bytes = bytes_of(part);
        if (runs == 3) options.checkpoint.seconds = 1e9; // only when cancelled
    }
    REQUIRE(bytes == bytes_of(whole));
    REQUIRE(costs == all.epoch_loss);

    const auto refused = [&](GloVeOptions other, const CooccurrenceCounts& from) {
        other.checkpoint = options.checkpoint;
        GloVe trainer = make_glove(from, other);
        REQUIRE_THROWS_AS(trainer.train(), OptionError);
    };
    refused({.dim = 17, .epochs = 4}, counts);
    refused({.dim = 16, .epochs = 5}, counts);
    refused({.dim = 16, .epochs = 4, .x_max = 11}, counts);
    refused({.dim = 16, .epochs = 4, .seed = 2}, counts);
    refused({.dim = 16, .epochs = 4}, many_counts(1200, false));
    test::write_file(folder / "checkpoint", "nonsense");
    GloVe trainer = make_glove(counts, options);
    REQUIRE_THROWS_AS(trainer.train(), FormatError);
}

TEST_CASE("a training that diverges says so") {
    const CooccurrenceCounts counts = many_counts(300);
    CooccurrenceTrainer<WeightedLeastSquares, Sgd> trainer(counts, {.dim = 10, .epochs = 50}, {},
                                                           {.rate = 9, .bias_rate = 9});
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(trainer.train()); }),
                           "diverged in epoch 1"));
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(trainer.train()); }),
                           "learning rate"));
    GloVe fast = make_glove(counts, {.dim = 10, .epochs = 50, .learning_rate = 10});
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(fast.train()); }),
                           "diverged"));
}

namespace {

struct SquareRoots {
    struct Target {
        float root;
    };
    [[nodiscard]] Target target(float count) const { return {std::sqrt(count)}; }
    [[nodiscard]] PairCost cost(float product, const Target& target) const {
        const float error = product - target.root;
        return {0.5 * static_cast<double>(error) * static_cast<double>(error), error};
    }
    [[nodiscard]] std::string settings() const { return "square roots"; }
};

} // namespace

TEST_CASE("objectives and optimizers can be the user's own") {
    const CooccurrenceCounts counts = many_counts(200);
    CooccurrenceTrainer<SquareRoots, Sgd> trainer(counts, {.dim = 40, .epochs = 60}, {},
                                                  {.rate = 0.02f, .bias_rate = 0.02f});
    const TrainingStats stats = trainer.train();
    REQUIRE(stats.epoch_loss.back() < 0.2 * stats.epoch_loss.front());
    // What was learnt is what the cost speaks of: products and biases near the roots.
    const EmbeddingTable<float> words = trainer.words();
    const EmbeddingTable<float> contexts = trainer.contexts();
    double sum = 0;
    for (Id i = 0; i < counts.symbols(); ++i) {
        for (const Cooccurrence& entry : counts[i]) {
            double product = static_cast<double>(trainer.word_biases()[i]) +
                             static_cast<double>(trainer.context_biases()[entry.column]);
            for (std::size_t k = 0; k < 40; ++k) {
                product += static_cast<double>(words[i][k]) *
                           static_cast<double>(contexts[entry.column][k]);
            }
            const double error = product - std::sqrt(static_cast<double>(entry.count));
            sum += 0.5 * error * error;
        }
        if (i == 20) break;
    }
    REQUIRE(sum / static_cast<double>(counts.size()) < stats.epoch_loss.back() * 1.1);
}

TEST_CASE("wrong settings are refused with their range") {
    const CooccurrenceCounts counts = many_counts(50);
    REQUIRE_THROWS_AS(make_glove(counts, {.dim = 0}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.x_max = 0}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.alpha = -1}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.learning_rate = 0}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.learning_rate = 11}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.threads = 5000}), OptionError);
    REQUIRE(
        test::contains(test::message_of<Error>([&] {
                           static_cast<void>(make_glove(
                               CooccurrenceCounts(std::vector<std::vector<Cooccurrence>>(3)), {}));
                       }),
                       "no counts"));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(train_glove(Vocabulary(), counts)); }),
        "as in the counts"));
}
