/// Learning from counts of co-occurrence: against a naive GloVe in doubles, and what is promised of
/// threads, checkpoints and settings.

#include <firth/train.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include <firth/corpus/cooccurrence_file.hpp>
#include <firth/query/similarity.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

/// Words of ten groups, seen with words of their own group twenty times as often as with others.
CountedCorpus grouped_counts() {
    Random random(12);
    CountedCorpus counted;
    std::vector<std::vector<SparseEntry>> rows(50);
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
    std::vector<std::vector<SparseEntry>> rows(symbols);
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
        for (std::size_t i = 0; i < counts.rows() * width; ++i) {
            side->values.push_back((static_cast<double>(random.uniform()) - 0.5) /
                                   static_cast<double>(dim));
        }
        side->squares.assign(side->values.size(), 1.0);
    }
    std::vector<Count> order;
    for (Id i = 0; i < counts.rows(); ++i) {
        for (const SparseEntry& entry : counts[i]) {
            order.push_back({i, entry.column, static_cast<double>(entry.value)});
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

namespace {

/// What a pair of symbols that meets no other learns, in doubles: GloVe's published algorithm.
struct NaivePair {
    std::vector<double> word;
    std::vector<double> context;
    double word_bias = 0;
    double context_bias = 0;
    std::vector<double> costs; ///< of its count, by epoch

    void train(double count, const GloVeOptions& options) {
        std::vector<double> word_squares(word.size(), 1.0);
        std::vector<double> context_squares(word.size(), 1.0);
        double word_bias_square = 1;
        double context_bias_square = 1;
        const auto x_max = static_cast<double>(options.x_max);
        const double weight =
            count < x_max ? std::pow(count / x_max, static_cast<double>(options.alpha)) : 1.0;
        const auto clipped = [](double gradient) { return std::clamp(gradient, -100.0, 100.0); };
        for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
            double error = word_bias + context_bias - std::log(count);
            for (std::size_t k = 0; k < word.size(); ++k) {
                error += word[k] * context[k];
            }
            costs.push_back(0.5 * weight * error * error);
            const double gradient = weight * error;
            for (std::size_t k = 0; k < word.size(); ++k) {
                const auto rate = static_cast<double>(options.learning_rate);
                const double word_step = rate * clipped(gradient * context[k]);
                const double context_step = rate * clipped(gradient * word[k]);
                word[k] -= word_step / std::sqrt(word_squares[k]);
                context[k] -= context_step / std::sqrt(context_squares[k]);
                word_squares[k] += word_step * word_step;
                context_squares[k] += context_step * context_step;
            }
            // Biases: as in GloVe's own program without the learning rate.
            word_bias -= clipped(gradient) / std::sqrt(word_bias_square);
            context_bias -= clipped(gradient) / std::sqrt(context_bias_square);
            word_bias_square += clipped(gradient) * clipped(gradient);
            context_bias_square += clipped(gradient) * clipped(gradient);
        }
    }
};

/// Symbol i was seen with symbol partner(i) alone, counts[i] times, and with nobody where that is
/// 0.
CooccurrenceCounts pairs_of(const std::vector<float>& counts) {
    std::vector<std::vector<SparseEntry>> rows(counts.size());
    for (Id i = 0; i < counts.size(); ++i) {
        const Id partner = (i + 3) % static_cast<Id>(counts.size());
        if (counts[i] > 0) rows[i].push_back({partner, counts[i]});
    }
    return CooccurrenceCounts(rows);
}

} // namespace

TEST_CASE("every step is that of the published algorithm", "[naive]") {
    // Pairs that share no symbol learn nothing from each other: no order of counts matters.
    const std::vector<float> counts{0.01f, 0.5f, 1, 2, 3, 0, 9.99f, 10, 10.01f, 50, 1e6f};
    const CooccurrenceCounts matrix = pairs_of(counts);
    for (const GloVeOptions& options :
         std::vector<GloVeOptions>{{.dim = 7, .epochs = 1},
                                   {.dim = 7, .epochs = 6},
                                   {.dim = 17, .epochs = 4, .x_max = 3},
                                   {.dim = 17, .epochs = 4, .alpha = 0.25f},
                                   {.dim = 17, .epochs = 4, .alpha = 0},
                                   {.dim = 16, .epochs = 5, .learning_rate = 0.1f},
                                   {.dim = 1, .epochs = 5, .threads = 3, .seed = 5},
                                   {.dim = 300, .epochs = 2, .x_max = 1e5f}}) {
        INFO("dim " << options.dim << ", epochs " << options.epochs << ", x-max " << options.x_max
                    << ", alpha " << options.alpha << ", rate " << options.learning_rate);
        GloVe trainer = make_glove(matrix, options);
        const EmbeddingTable<float> words_before = trainer.words();
        const EmbeddingTable<float> contexts_before = trainer.contexts();
        const std::vector<float> word_biases_before = trainer.word_biases();
        const std::vector<float> context_biases_before = trainer.context_biases();
        const TrainingStats stats = trainer.train();
        REQUIRE(stats.steps == options.epochs * matrix.size());
        REQUIRE_FALSE(stats.cancelled);
        const EmbeddingTable<float> words = trainer.words();
        const EmbeddingTable<float> contexts = trainer.contexts();
        std::vector<double> costs(options.epochs);
        const auto near = [](double want, float got) {
            return std::fabs(want - static_cast<double>(got)) < 2e-5 * (1 + std::fabs(want));
        };
        for (Id i = 0; i < counts.size(); ++i) {
            const Id j = (i + 3) % static_cast<Id>(counts.size());
            NaivePair pair;
            pair.word.assign(words_before[i].begin(), words_before[i].end());
            pair.context.assign(contexts_before[j].begin(), contexts_before[j].end());
            pair.word_bias = static_cast<double>(word_biases_before[i]);
            pair.context_bias = static_cast<double>(context_biases_before[j]);
            if (counts[i] > 0) pair.train(static_cast<double>(counts[i]), options);
            for (std::size_t epoch = 0; epoch < pair.costs.size(); ++epoch) {
                costs[epoch] += pair.costs[epoch];
            }
            bool same = near(pair.word_bias, trainer.word_biases()[i]) &&
                        near(pair.context_bias, trainer.context_biases()[j]);
            for (std::size_t k = 0; k < options.dim; ++k) {
                same = same && near(pair.word[k], words[i][k]) &&
                       near(pair.context[k], contexts[j][k]);
            }
            INFO("count " << counts[i]);
            REQUIRE(same);
        }
        REQUIRE(stats.epoch_loss.size() == options.epochs);
        for (std::size_t epoch = 0; epoch < costs.size(); ++epoch) {
            const double mean = costs[epoch] / static_cast<double>(matrix.size());
            REQUIRE(std::fabs(stats.epoch_loss[epoch] / mean - 1) < 1e-4);
        }
    }
}

TEST_CASE("embeddings and biases start at random within 0.5 / dim", "[naive]") {
    for (const std::size_t dim : {1u, 20u, 100u}) {
        const CooccurrenceCounts counts = many_counts(1500);
        const GloVe trainer = make_glove(counts, {.dim = dim});
        const auto check = [&](std::vector<float> values) {
            double sum = 0;
            double squares = 0;
            float most = 0;
            for (const float value : values) {
                const float part = value * static_cast<float>(dim);
                most = std::max(most, std::fabs(part));
                sum += static_cast<double>(part);
                squares += static_cast<double>(part) * static_cast<double>(part);
            }
            const auto count = static_cast<double>(values.size());
            REQUIRE(most <= 0.5f);
            REQUIRE(most > 0.49f);
            REQUIRE(std::fabs(sum / count) < 0.03);
            REQUIRE(std::fabs(squares / count - 1.0 / 12) < 0.01);
            std::sort(values.begin(), values.end()); // hardly any value twice
            const auto last = std::unique(values.begin(), values.end());
            REQUIRE(static_cast<double>(last - values.begin()) > 0.97 * count);
        };
        const auto values = [](const EmbeddingTable<float>& table) {
            std::vector<float> all;
            for (std::size_t row = 0; row < table.rows(); ++row) {
                all.insert(all.end(), table[row].begin(), table[row].end());
            }
            return all;
        };
        check(values(trainer.words()));
        check(values(trainer.contexts()));
        check(trainer.word_biases());
        check(trainer.context_biases());
        REQUIRE(values(trainer.words()) != values(trainer.contexts()));
        REQUIRE(trainer.word_biases() != trainer.context_biases());
        REQUIRE(bytes_of(make_glove(counts, {.dim = dim, .seed = 2})) != bytes_of(trainer));
    }
}

TEST_CASE("GloVe's defaults are those of its demo, and each option changes what is learnt",
          "[options]") {
    const CooccurrenceCounts counts = many_counts(100);
    const auto bytes = [&](GloVeOptions options) {
        options.dim = 8;
        options.threads = 1;
        GloVe trainer = make_glove(counts, options);
        trainer.train();
        return bytes_of(trainer);
    };
    const std::string defaults = bytes({});
    REQUIRE(defaults == bytes({.epochs = 15,
                               .x_max = 10,
                               .alpha = 0.75f,
                               .learning_rate = 0.05f,
                               .memory = 1000,
                               .seed = 1}));
    REQUIRE(GloVeOptions().dim == 100);
    REQUIRE(GloVeOptions().vectors == VectorChoice::sum);
    REQUIRE(defaults != bytes({.epochs = 14}));
    REQUIRE(defaults != bytes({.x_max = 11}));
    REQUIRE(defaults != bytes({.alpha = 0.7f}));
    REQUIRE(defaults != bytes({.learning_rate = 0.04f}));
    REQUIRE(defaults != bytes({.seed = 2}));
    // No epochs: as it started.
    GloVe none = make_glove(counts, {.dim = 8, .epochs = 0});
    const std::string start = bytes_of(none);
    const TrainingStats stats = none.train();
    REQUIRE(stats.epoch_loss.empty());
    REQUIRE(stats.steps == 0);
    REQUIRE(bytes_of(none) == start);
}

TEST_CASE("vectors are made of words and contexts as was chosen", "[options]") {
    const CountedCorpus counted = grouped_counts();
    GloVeOptions options{.dim = 6, .epochs = 3, .threads = 1};
    GloVe trainer = make_glove(counted.counts, options);
    trainer.train();
    const EmbeddingTable<float> words = trainer.words();
    const EmbeddingTable<float> contexts = trainer.contexts();
    const auto table = [&](VectorChoice choice) {
        options.vectors = choice;
        const TrainedVectors trained = train_glove(counted.vocabulary, counted.counts, options);
        REQUIRE(test::bytes_of(trained.output) == test::bytes_of(contexts));
        REQUIRE(trained.vectors.word(7) == counted.vocabulary[7]);
        REQUIRE(trained.stats.epoch_loss.size() == 3);
        return trained.vectors.table();
    };
    REQUIRE(test::bytes_of(table(VectorChoice::input)) == test::bytes_of(words));
    REQUIRE(test::bytes_of(table(VectorChoice::output)) == test::bytes_of(contexts));
    const EmbeddingTable<float> sum = table(VectorChoice::sum);
    const EmbeddingTable<float> both = table(VectorChoice::both);
    REQUIRE(both.dim() == 12);
    bool same = true;
    for (std::size_t row = 0; row < words.rows(); ++row) {
        for (std::size_t k = 0; k < 6; ++k) {
            same = same && sum[row][k] == words[row][k] + contexts[row][k] &&
                   both[row][k] == words[row][k] && both[row][6 + k] == contexts[row][k];
        }
    }
    REQUIRE(same);
}

TEST_CASE("SGD steps along the gradient, clipped", "[naive]") {
    // One pair, one step: gradients are worked out by hand.
    for (const float count : {5.0f, 1e30f}) {
        for (const float clip : {100.0f, 0.001f}) {
            CooccurrenceTrainer<WeightedLeastSquares, Sgd> trainer(
                pairs_of({0, count, 0, 0, 0}), {.dim = 3, .epochs = 1}, {},
                {.rate = 0.02f, .bias_rate = 0.03f, .clip = clip});
            const EmbeddingTable<float> words = trainer.words();
            const EmbeddingTable<float> contexts = trainer.contexts();
            const float word_bias = trainer.word_biases()[1];
            const float context_bias = trainer.context_biases()[4];
            trainer.train();
            float error = word_bias + context_bias - std::log(count);
            for (std::size_t k = 0; k < 3; ++k) {
                error += words[1][k] * contexts[4][k];
            }
            const float gradient = std::min(1.0f, std::pow(count / 10, 0.75f)) * error;
            const auto step = [&](float rate, float slope) {
                return rate * std::clamp(slope, -clip, clip);
            };
            for (std::size_t k = 0; k < 3; ++k) {
                REQUIRE(std::fabs(trainer.words()[1][k] - words[1][k] +
                                  step(0.02f, gradient * contexts[4][k])) < 1e-6f);
                REQUIRE(std::fabs(trainer.contexts()[4][k] - contexts[4][k] +
                                  step(0.02f, gradient * words[1][k])) < 1e-6f);
            }
            REQUIRE(std::fabs(trainer.word_biases()[1] - word_bias + step(0.03f, gradient)) <
                    1e-5f);
            REQUIRE(std::fabs(trainer.context_biases()[4] - context_bias + step(0.03f, gradient)) <
                    1e-5f);
            REQUIRE(trainer.words()[0][0] == words[0][0]); // seen with nobody
        }
    }
    // AdaGrad clips as well, before the learning rate.
    CooccurrenceTrainer<WeightedLeastSquares, AdaGrad> clipped(
        pairs_of({0, 1e6f, 0, 0, 0}), {.dim = 3, .epochs = 1, .threads = 1}, {},
        {.rate = 0.05f, .bias_rate = 0.5f, .clip = 0.25f});
    const float word_bias = clipped.word_biases()[1];
    const float element = clipped.words()[1][0];
    clipped.train();
    REQUIRE(std::fabs(clipped.word_biases()[1] - word_bias - 0.125f) < 1e-6f);
    REQUIRE(std::fabs(std::fabs(clipped.words()[1][0] - element) - 0.0125f) < 1e-6f);
    REQUIRE(AdaGrad().bias_rate == 1);
    REQUIRE(AdaGrad().clip == 100);
}

TEST_CASE("weights rise with counts up to x-max", "[naive]") {
    const WeightedLeastSquares objective{.x_max = 4, .alpha = 0.5f};
    for (const auto& [count, weight] : std::vector<std::pair<float, float>>{{0.01f, 0.05f},
                                                                            {1.0f, 0.5f},
                                                                            {2.25f, 0.75f},
                                                                            {3.9999f, 1.0f},
                                                                            {4.0f, 1.0f},
                                                                            {9.0f, 1.0f}}) {
        const auto target = objective.target(count);
        REQUIRE(std::fabs(target.weight - weight) < 1e-4f);
        REQUIRE(target.log_count == std::log(count));
        const PairCost cost = objective.cost(target.log_count + 2, target);
        REQUIRE(std::fabs(cost.cost - 2 * static_cast<double>(weight)) < 1e-3);
        REQUIRE(std::fabs(cost.gradient - 2 * weight) < 1e-3f);
        REQUIRE(objective.cost(target.log_count, target).cost == 0);
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
                    const float count = counts.value(row, column);
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
        // What no training costs, for messages and for telling what diverges.
        double zero = 0;
        for (Id i = 0; i < counts.rows(); ++i) {
            for (const SparseEntry& entry : counts[i]) {
                const double log_count = std::log(static_cast<double>(entry.value));
                zero += 0.5 * log_count * log_count *
                        std::min(1.0, std::sqrt(static_cast<double>(entry.value) / 20));
            }
        }
        REQUIRE(std::fabs(tiles.cost_of_zero() / zero - 1) < 1e-5);
        // No side of a tile is longer than was asked for, and none has the most of all counts.
        for (std::size_t r = 1; r < tiles.row_blocks(); ++r) {
            REQUIRE(tiles.row_begin(r) - tiles.row_begin(r - 1) <= 100);
        }
        for (std::size_t c = 1; c < tiles.column_blocks(); ++c) {
            REQUIRE(tiles.column_begin(c) - tiles.column_begin(c - 1) <= 100);
        }
        // The longest side counts where counts are few.
        const CooccurrenceCounts sparse = pairs_of(std::vector<float>(600, 2.0f));
        const CooccurrenceTiles<WeightedLeastSquares> narrow(sparse, objective, {.max_side = 5});
        REQUIRE(narrow.row_blocks() == 120);
        REQUIRE(narrow.column_blocks() == 120);
        // Counts of a tile lie in random order.
        std::pair<std::size_t, std::size_t> most{0, 0};
        for (std::size_t r = 0; r < tiles.row_blocks(); ++r) {
            for (std::size_t c = 0; c < tiles.column_blocks(); ++c) {
                const bool larger =
                    tiles.tile_size(r, c) > tiles.tile_size(most.first, most.second);
                if (larger) most = {r, c};
            }
        }
        const auto tile = tiles.tile(most.first, most.second, 0,
                                     tiles.tile_size(most.first, most.second), buffer);
        REQUIRE(tile.size() > 20);
        REQUIRE_FALSE(std::is_sorted(tile.begin(), tile.end(), [](const auto& a, const auto& b) {
            return std::pair(a.row, a.column) < std::pair(b.row, b.column);
        }));
        const CooccurrenceTiles<WeightedLeastSquares> wide(counts, objective, {.max_side = 65536});
        REQUIRE(wide.row_blocks() > 30);
        // The same counts have the same checksum, others another.
        REQUIRE(wide.checksum() != 0);
        REQUIRE(many_counts(899, symmetric).size() != 0);
        const auto checksum = [&](const CooccurrenceCounts& of, std::size_t threads) {
            return CooccurrenceTiles<WeightedLeastSquares>(of, objective,
                                                           {.max_side = 100, .threads = threads})
                .checksum();
        };
        REQUIRE(checksum(counts, 1) == tiles.checksum());
        REQUIRE(checksum(many_counts(899, symmetric), 1) != tiles.checksum());
    }
}

TEST_CASE("an epoch goes through every tile, three times through a part", "[naive]") {
    // An objective that notes what it is asked: each count once an epoch, whatever the tiles.
    struct Noting {
        struct Target {
            float count;
        };
        std::vector<float>* noted;
        [[nodiscard]] Target target(float count) const { return {count}; }
        [[nodiscard]] PairCost cost(float product, const Target& target) const {
            if (product != 0) noted->push_back(target.count); // tiles ask for zeros
            return {1, 0};
        }
        [[nodiscard]] std::string settings() const { return "noting"; }
    };
    for (const bool symmetric : {true, false}) {
        const CooccurrenceCounts counts = many_counts(700, symmetric);
        std::vector<float> want;
        for (Id i = 0; i < counts.rows(); ++i) {
            for (const SparseEntry& entry : counts[i]) {
                want.push_back(entry.value);
            }
        }
        std::vector<float> noted;
        CooccurrenceTrainer<Noting, Sgd> trainer(counts, {.dim = 300, .epochs = 1, .threads = 1},
                                                 Noting{&noted});
        REQUIRE(trainer.size() == want.size());
        const TrainingStats stats = trainer.train();
        REQUIRE(stats.epoch_loss == std::vector<double>{1.0});
        std::vector<float> sorted = noted;
        std::sort(sorted.begin(), sorted.end());
        std::sort(want.begin(), want.end());
        REQUIRE(sorted == want);
        // Another order in each epoch.
        const std::vector<float> first = noted;
        noted.clear();
        CooccurrenceTrainer<Noting, Sgd> two(counts, {.dim = 300, .epochs = 2, .threads = 1},
                                             Noting{&noted});
        two.train();
        REQUIRE(noted.size() == 2 * first.size());
        REQUIRE(std::equal(first.begin(), first.end(), noted.begin()));
        REQUIRE_FALSE(std::equal(first.begin(), first.end(),
                                 noted.begin() + static_cast<std::ptrdiff_t>(first.size())));
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

    options.checkpoint = {.path = folder / "checkpoint", .seconds = 1e-9, .resume = true};
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
    refused({.dim = 16, .epochs = 4, .alpha = 0.5f}, counts);
    refused({.dim = 16, .epochs = 4, .learning_rate = 0.04f}, counts);
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
    // Also where zeros would cost nothing, and where numbers stay finite until the last epoch.
    std::vector<std::vector<SparseEntry>> rows(100);
    Random random(3);
    for (Id i = 0; i < 100; ++i) {
        for (Id j = 0; j < 100; ++j) {
            if (random.below(10) != 0) rows[i].push_back({j, 1.0f});
        }
    }
    GloVe ones = make_glove(CooccurrenceCounts(rows),
                            {.dim = 10, .epochs = 1, .x_max = 0.5f, .learning_rate = 10});
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(ones.train()); }),
                           "diverged in epoch 1"));
    // A step that lies beyond float32 at once.
    CooccurrenceTrainer<WeightedLeastSquares, Sgd> huge(
        counts, {.dim = 10, .epochs = 1}, {},
        {.rate = 1e30f, .bias_rate = 1e30f, .clip = std::numeric_limits<float>::infinity()});
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(huge.train()); }),
                           "diverged in epoch 1"));
}

TEST_CASE("a training where zeros would cost next to nothing is sound", "[diverge]") {
    // Counts of 1 have a logarithm of 0, from which random starts are further away than zeros are.
    const auto counts_of = [](std::size_t symbols, double density, auto&& count) {
        Random random(5);
        std::vector<std::vector<SparseEntry>> rows(symbols);
        for (Id i = 0; i < symbols; ++i) {
            for (Id j = 0; j < symbols; ++j) {
                if (static_cast<double>(random.uniform()) < density) {
                    rows[i].push_back({j, count(random)});
                }
            }
        }
        return CooccurrenceCounts(rows);
    };
    const auto one = [](Random&) { return 1.0f; };
    const auto nearly_one = [](Random&) { return 1.01f; };
    // Targets of either sign, for which zeros are as good as anything that few numbers can hold.
    const auto either = [](Random& random) { return random.below(2) == 0 ? 2.0f : 0.5f; };
    const auto single = [](Random&) { return 3.0f; };
    for (const std::size_t dim : {1u, 10u, 100u}) {
        for (const float x_max : {0.5f, 10.0f}) {
            for (const float rate : {0.05f, 0.2f}) {
                const GloVeOptions options{
                    .dim = dim, .epochs = 12, .x_max = x_max, .learning_rate = rate};
                INFO("dim " << dim << ", x-max " << x_max << ", rate " << rate);
                for (const CooccurrenceCounts& counts :
                     {counts_of(1, 1, one), counts_of(1, 1, single), counts_of(200, 0.01, one),
                      counts_of(40, 0.9, one), counts_of(200, 0.01, nearly_one),
                      counts_of(200, 0.01, either), counts_of(60, 0.9, either)}) {
                    GloVe trainer = make_glove(counts, options);
                    const TrainingStats stats = trainer.train();
                    REQUIRE(stats.epoch_loss.size() == 12);
                    // Where all weights are 1 biases swing to the other side of the target.
                    if (x_max > 1) {
                        REQUIRE(stats.epoch_loss.back() <= 1.01 * stats.epoch_loss.front());
                    }
                }
            }
        }
    }
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
    for (Id i = 0; i < counts.rows(); ++i) {
        for (const SparseEntry& entry : counts[i]) {
            double product = static_cast<double>(trainer.word_biases()[i]) +
                             static_cast<double>(trainer.context_biases()[entry.column]);
            for (std::size_t k = 0; k < 40; ++k) {
                product += static_cast<double>(words[i][k]) *
                           static_cast<double>(contexts[entry.column][k]);
            }
            const double error = product - std::sqrt(static_cast<double>(entry.value));
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
    REQUIRE_THROWS_AS(make_glove(counts, {.learning_rate = 10.01f}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.learning_rate = -0.01f}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.x_max = std::numeric_limits<float>::infinity()}),
                      OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.alpha = 10.01f}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.dim = max_dim / 4 + 1}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.epochs = 1000001}), OptionError);
    REQUIRE_THROWS_AS(make_glove(counts, {.checkpoint = {.seconds = -1}}), OptionError);
    REQUIRE_NOTHROW(make_glove(counts, {.alpha = 10, .learning_rate = 10}));
    REQUIRE_NOTHROW(make_glove(counts, {.alpha = 0}));
    REQUIRE_THROWS_AS(make_glove(counts, {.threads = 5000}), OptionError);
    REQUIRE(
        test::contains(test::message_of<Error>([&] {
                           static_cast<void>(make_glove(
                               CooccurrenceCounts(std::vector<std::vector<SparseEntry>>(3)), {}));
                       }),
                       "no counts"));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(train_glove(Vocabulary(), counts)); }),
        "as in the counts"));
}
