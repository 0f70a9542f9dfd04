/// Text classifiers: held to a plain double-precision training, and what options do.

#include <firth/train/classify/train_classifier.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <firth/table/label_scorer.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

/// Texts of `labels` topics, each with words of its own among common ones.
LabelledCorpus topics(std::size_t labels, std::size_t examples, std::uint64_t seed = 1) {
    Vocabulary words;
    for (std::size_t word = 0; word < 10 * labels + 20; ++word) {
        words.add("w" + std::to_string(word), 1);
    }
    Vocabulary unknown;
    unknown.add("unknown", 1);
    Vocabulary names;
    for (std::size_t label = 0; label < labels; ++label) {
        names.add("label" + std::to_string(label), 1 + labels - label);
    }
    LabelledCorpus corpus(words, unknown, names);
    Random random(seed);
    for (std::size_t i = 0; i < examples; ++i) {
        const Id label = random.below(static_cast<std::uint32_t>(labels));
        std::vector<Id> tokens;
        for (std::uint32_t n = 2 + random.below(6); n > 0; --n) {
            tokens.push_back(10 * label + random.below(10));
            tokens.push_back(static_cast<Id>(10 * labels) + random.below(21)); // or the unknown one
        }
        corpus.add(tokens, std::vector<Id>{label});
    }
    return corpus;
}

/// The share of examples whose likeliest label is one of theirs.
double accuracy(const ClassifierModel& model, const LabelledCorpus& corpus) {
    ExampleRows rows(corpus, model.ngrams);
    rows.set_rows(model.buckets);
    const LabelScorer scorer(model.loss, model.labels.counts());
    LabelScorer::Scratch scratch;
    ExampleRows::Scratch row_scratch;
    std::vector<LabelPrediction> found;
    std::size_t hits = 0;
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        std::vector<float> mean(model.dim());
        float count = 0;
        rows.for_each_row(i, row_scratch, [&](Id row) {
            for (std::size_t k = 0; k < mean.size(); ++k) {
                mean[k] += model.input[row][k];
            }
            ++count;
        });
        for (float& value : mean) {
            value /= count;
        }
        scorer(model.output, mean, 1, 0, scratch, found);
        for (const Id label : corpus[i].labels) {
            hits += found[0].label == label;
        }
    }
    return static_cast<double>(hits) / static_cast<double>(corpus.size());
}

using Matrix = std::vector<std::vector<double>>;

Matrix matrix(const EmbeddingTable<float>& table) {
    Matrix result;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        result.emplace_back(table[row].begin(), table[row].end());
    }
    return result;
}

/// What training should do, in doubles and one number after the other: for examples of one label.
void train_plainly(Matrix& input, Matrix& output, const LabelledCorpus& corpus,
                   const ExampleRows& rows, const ClassifierOptions& options) {
    const LabelTree tree(corpus.labels().counts());
    ExampleRows::Scratch scratch;
    const double total = static_cast<double>(corpus.tokens().ids.size()) * options.epochs;
    double done = 0;
    for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
        for (std::size_t i = 0; i < corpus.size(); ++i) {
            const double share = options.schedule == Schedule::linear ? 1 - done / total : 1;
            double rate = double{options.learning_rate} * std::max(share, 1e-4);
            done += static_cast<double>(corpus[i].tokens.size());
            const Id label = corpus[i].labels[0];
            if (!options.label_weights.empty()) rate *= double{options.label_weights[label]};
            std::vector<Id> ids;
            rows.for_each_row(i, scratch, [&](Id row) { ids.push_back(row); });
            std::vector<double> hidden(options.dim);
            for (const Id id : ids) {
                for (std::size_t k = 0; k < options.dim; ++k) {
                    hidden[k] += input[id][k] / static_cast<double>(ids.size());
                }
            }
            const auto score = [&](std::size_t row) {
                double sum = 0;
                for (std::size_t k = 0; k < options.dim; ++k) {
                    sum += hidden[k] * output[row][k];
                }
                return sum;
            };
            // The gradient of each output row's score.
            std::vector<double> gradient(output.size());
            if (options.loss == ClassifierLoss::softmax) {
                double sum = 0;
                for (std::size_t row = 0; row < output.size(); ++row) {
                    sum += std::exp(score(row));
                }
                for (std::size_t row = 0; row < output.size(); ++row) {
                    gradient[row] = (row == label) - std::exp(score(row)) / sum;
                }
            } else if (options.loss == ClassifierLoss::one_vs_all) {
                for (std::size_t row = 0; row < output.size(); ++row) {
                    gradient[row] = (row == label) - 1 / (1 + std::exp(-score(row)));
                }
            } else {
                tree.for_each_turn(label, [&](Id row, bool turn) {
                    gradient[row] = turn - 1 / (1 + std::exp(-score(row)));
                });
            }
            std::vector<double> change(options.dim);
            for (std::size_t row = 0; row < output.size(); ++row) {
                for (std::size_t k = 0; k < options.dim; ++k) {
                    change[k] += rate * gradient[row] * output[row][k];
                    output[row][k] += rate * gradient[row] * hidden[k];
                }
            }
            for (const Id id : ids) {
                for (std::size_t k = 0; k < options.dim; ++k) {
                    input[id][k] += change[k] / static_cast<double>(ids.size());
                }
            }
        }
    }
}

double largest_difference(const Matrix& expected, const EmbeddingTable<float>& table) {
    double most = 0;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t k = 0; k < table.dim(); ++k) {
            most = std::max(most, std::fabs(expected[row][k] - double{table[row][k]}));
        }
    }
    return most;
}

std::string bytes_of(const ClassifierModel& model) {
    return test::bytes_of(model.input) + test::bytes_of(model.output);
}

constexpr ClassifierLoss all_losses[] = {
    ClassifierLoss::softmax, ClassifierLoss::hierarchical_softmax,
    ClassifierLoss::negative_sampling, ClassifierLoss::one_vs_all};

} // namespace

TEST_CASE("training follows the gradient, one number after the other") {
    for (const std::size_t labels : {2u, 5u, 30u}) {
        const LabelledCorpus corpus = topics(labels, 60);
        for (const ClassifierLoss loss :
             {ClassifierLoss::softmax, ClassifierLoss::hierarchical_softmax,
              ClassifierLoss::one_vs_all}) {
            for (const bool ngrams : {false, true}) {
                INFO(name(loss) << ", " << labels << " labels, n-grams " << ngrams);
                ClassifierOptions options{
                    .dim = 20, .loss = loss, .epochs = 0, .learning_rate = 0.4f, .threads = 1};
                if (ngrams) {
                    options.word_ngrams = 3;
                    options.characters = {.min_length = 2, .max_length = 3, .buckets = 500};
                    options.schedule = Schedule::constant;
                    options.label_weights.assign(labels, 1);
                    options.label_weights[1] = 0.25f;
                }
                const ClassifierModel begun = train_classifier(corpus, options).model;
                options.epochs = 3;
                const ClassifierModel model = train_classifier(corpus, options).model;
                ExampleRows rows(corpus, model.ngrams);
                rows.set_rows(model.buckets);
                Matrix input = matrix(begun.input);
                Matrix output = matrix(begun.output);
                train_plainly(input, output, corpus, rows, options);
                CHECK(largest_difference(input, model.input) < 2e-5);
                CHECK(largest_difference(output, model.output) < 2e-5);
                CHECK(largest_difference(matrix(begun.output), model.output) > 0.01);
            }
        }
    }
}

TEST_CASE("rows of an example: words, their n-grams of characters, n-grams of words") {
    Vocabulary words;
    words.add("ab", 1);
    words.add(std::string(line_end_word), 1);
    Vocabulary unknown;
    unknown.add("cd", 1);
    Vocabulary labels;
    labels.add("a", 1);
    LabelledCorpus corpus(words, unknown, labels);
    corpus.add(std::vector<Id>{2, 0, 1}, std::vector<Id>{0});
    const TextNgrams ngrams{{.min_length = 3, .max_length = 3, .buckets = 1000}, 2};
    ExampleRows rows(corpus, ngrams);
    const BucketRows buckets = rows.used_buckets(2);
    rows.set_rows(buckets);
    const auto bucket_row = [&](std::uint32_t bucket) { return 2 + *buckets.find(bucket); };
    const auto characters = [&](std::string_view text) {
        return bucket_row(subword_hash(text) % 1000);
    };
    const auto pair = [&](std::string_view first, std::string_view second) {
        const auto widened = [](std::string_view word) {
            return static_cast<std::uint64_t>(
                std::int64_t{static_cast<std::int32_t>(subword_hash(word))});
        };
        return bucket_row(
            static_cast<std::uint32_t>((widened(first) * 116049371u + widened(second)) % 1000));
    };
    std::vector<Id> found;
    ExampleRows::Scratch scratch;
    CHECK(rows.for_each_row(0, scratch, [&](Id row) { found.push_back(row); }) == 0);
    CHECK(found == std::vector<Id>{characters("<cd"), characters("cd>"), 0, characters("<ab"),
                                   characters("ab>"), 1, pair("cd", "ab"), pair("ab", "</s>")});
    CHECK(rows.max_rows() >= found.size());
    CHECK(buckets.size() == 6);
}

TEST_CASE("every loss learns topics, and other texts of them") {
    const LabelledCorpus corpus = topics(8, 2000);
    const LabelledCorpus other = topics(8, 500, 2);
    for (const ClassifierLoss loss : all_losses) {
        INFO(name(loss));
        for (const bool deterministic : {false, true}) {
            const TrainedClassifier trained =
                train_classifier(corpus, {.dim = 10,
                                          .loss = loss,
                                          .word_ngrams = 2,
                                          .epochs = 10,
                                          .learning_rate = 0.5f,
                                          .threads = 3,
                                          .deterministic = deterministic});
            CHECK(trained.stats.epoch_loss.size() == 10);
            CHECK(trained.stats.loss() < trained.stats.epoch_loss[0]);
            CHECK(accuracy(trained.model, other) > 0.99);
        }
    }
}

TEST_CASE("one thread, or deterministic threads: the same bytes; other seeds: others") {
    const LabelledCorpus corpus = topics(5, 700);
    for (const ClassifierLoss loss : all_losses) {
        for (const std::size_t threads : {1u, 3u}) {
            const ClassifierOptions options{.dim = 16,
                                            .loss = loss,
                                            .word_ngrams = 2,
                                            .epochs = 2,
                                            .threads = threads,
                                            .deterministic = true,
                                            .seed = 7};
            const std::string first = bytes_of(train_classifier(corpus, options).model);
            CHECK(bytes_of(train_classifier(corpus, options).model) == first);
            ClassifierOptions other = options;
            other.seed = 8;
            CHECK(bytes_of(train_classifier(corpus, other).model) != first);
        }
    }
}

TEST_CASE("of several labels each visit learns one; one-vs-all learns all") {
    Vocabulary words;
    words.add("x", 1);
    words.add("y", 1);
    Vocabulary labels;
    for (const char* const label : {"a", "b", "c"}) {
        labels.add(label, 1);
    }
    LabelledCorpus corpus(words, {}, labels);
    for (int i = 0; i < 200; ++i) {
        corpus.add(std::vector<Id>{0}, std::vector<Id>{0, 1});
        corpus.add(std::vector<Id>{1}, std::vector<Id>{2});
    }
    LabelScorer::Scratch scratch;
    std::vector<LabelPrediction> found;
    const auto probability = [&](const ClassifierModel& model, Id label) {
        LabelScorer(model.loss, model.labels.counts())(model.output, model.input[0], 3, 0, scratch,
                                                       found);
        for (const LabelPrediction& prediction : found) {
            if (prediction.label == label) return prediction.probability;
        }
        return -1.0f;
    };
    const ClassifierOptions options{.dim = 10, .epochs = 20, .learning_rate = 0.5f, .threads = 1};
    const ClassifierModel competing = train_classifier(corpus, options).model;
    for (const Id label : {0u, 1u}) {
        CHECK(probability(competing, label) > 0.35f);
        CHECK(probability(competing, label) < 0.65f);
    }
    ClassifierOptions all = options;
    all.loss = ClassifierLoss::one_vs_all;
    const ClassifierModel independent = train_classifier(corpus, all).model;
    CHECK(probability(independent, 0) > 0.95f);
    CHECK(probability(independent, 1) > 0.95f);
    CHECK(probability(independent, 2) < 0.05f);
}

TEST_CASE("classifiers start from vectors") {
    const LabelledCorpus corpus = topics(3, 20);
    Vocabulary words;
    words.add("w3");
    words.add("elsewhere");
    EmbeddingTable<float> table(2, 8);
    table[0][5] = 0.75f;
    const WordVectors<float> start(std::move(words), std::move(table));
    const ClassifierModel model =
        train_classifier(corpus, {.dim = 8, .epochs = 0, .start = &start}).model;
    CHECK(model.input[3][5] == 0.75f);
    CHECK(model.input[3][4] == 0.0f);
    CHECK(model.input[4][5] != 0.0f);
    CHECK_THROWS_WITH(train_classifier(corpus, {.dim = 9, .start = &start}),
                      "dim is 9, expected 8 as in the vectors to start from");
}

TEST_CASE("a training that was stopped ends with the bytes of one that was not") {
    const LabelledCorpus corpus = topics(4, 3000);
    const test::TemporaryFolder folder;
    // Long enough for progress to be reported.
    ClassifierOptions options{.dim = 8, .epochs = 600, .threads = 1};
    const std::string whole = bytes_of(train_classifier(corpus, options).model);
    options.checkpoint = {.path = folder / "run.checkpoint", .resume = true};
    const TrainedClassifier stopped =
        train_classifier(corpus, options, [](const Progress&) { return false; });
    REQUIRE(stopped.stats.cancelled);
    CHECK(bytes_of(stopped.model) != whole);
    CHECK(bytes_of(train_classifier(corpus, options).model) == whole);
    // It belongs to these labels, words and settings.
    options.learning_rate = 0.2f;
    CHECK_THROWS_AS(train_classifier(corpus, options), OptionError);
    options.learning_rate = 0.1f;
    CHECK_THROWS_AS(train_classifier(topics(5, 3000), options), OptionError);
    LabelledCorpus relabelled(corpus.words(), corpus.unknown(), corpus.labels());
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        relabelled.add(corpus[i].tokens, std::vector<Id>{(corpus[i].labels[0] + 1) % 4});
    }
    CHECK_THROWS_AS(train_classifier(relabelled, options), OptionError);
}

TEST_CASE("training stops early, with the best epoch's tables") {
    // Few texts to learn from and labels that say nothing: more epochs are no better.
    const LabelledCorpus corpus = topics(4, 40);
    LabelledCorpus texts(corpus.words(), {}, corpus.labels());
    Random random(11);
    for (int i = 0; i < 200; ++i) {
        texts.add(std::vector<Id>{random.below(60)}, std::vector<Id>{random.below(4)});
    }
    ClassifierOptions options{.dim = 8,
                              .word_ngrams = 2,
                              .epochs = 50,
                              .schedule = Schedule::constant,
                              .threads = 1,
                              .validation = &texts,
                              .patience = 4};
    const TrainedClassifier stopped = train_classifier(corpus, options);
    const std::size_t run = stopped.validation.size();
    REQUIRE(run < 50);
    CHECK(stopped.best_epoch == run - 4);
    CHECK_FALSE(stopped.stats.cancelled);
    const auto best = std::max_element(stopped.validation.begin(), stopped.validation.end());
    CHECK(static_cast<std::size_t>(best - stopped.validation.begin()) + 1 == stopped.best_epoch);
    CHECK(*best == Approx(accuracy(stopped.model, texts)));
    // The same as training for so many epochs.
    ClassifierOptions plain = options;
    plain.validation = nullptr;
    plain.epochs = stopped.best_epoch;
    CHECK(bytes_of(train_classifier(corpus, plain).model) == bytes_of(stopped.model));
    options.patience = 0;
    CHECK_THROWS_WITH(train_classifier(corpus, options), "patience is 0, expected 1 or more");
    options.patience = 1;
    Vocabulary more_words = corpus.words();
    more_words.add("another");
    LabelledCorpus others(more_words, {}, corpus.labels());
    others.add(std::vector<Id>{0}, std::vector<Id>{0});
    options.validation = &others;
    CHECK_THROWS_WITH(train_classifier(corpus, options),
                      "the validation texts have other words or labels than those to learn from, "
                      "expected texts that were read like these");
}

TEST_CASE("a rate that diverges, and options out of range, are refused") {
    const LabelledCorpus corpus = topics(4, 5000);
    CHECK_THROWS_WITH(train_classifier(corpus, {.epochs = 50,
                                                .learning_rate = 10,
                                                .schedule = Schedule::constant,
                                                .threads = 1,
                                                .label_weights = {1000, 1000, 1000, 1000}}),
                      Catch::Matchers::StartsWith("the training diverged in epoch "));
    const auto refuses = [&](ClassifierOptions options, const std::string& message) {
        CHECK_THROWS_WITH(train_classifier(corpus, options), message);
    };
    refuses({.dim = 0}, "dim is 0, expected 1 to 1048576");
    refuses({.word_ngrams = 11}, "word n-grams is 11, expected 1 to 10");
    refuses({.characters = {.min_length = 4, .max_length = 3}},
            "shortest n-gram is 4, expected 1 to 3");
    refuses({.word_ngrams = 2, .characters = {.max_length = 0, .buckets = 0}},
            "buckets is 0, expected 1 to 1000000000");
    refuses({.learning_rate = 0}, "learning rate is 0, expected more than 0, at most 10");
    refuses({.negative = 0}, "negative is 0, expected 1 to 1000");
    refuses({.label_weights = {1, 1}}, "number of label weights is 2, expected 4, one a label");
    refuses({.label_weights = {1, 1, 1, -1}}, "label weight is -1, expected 0 to 1000");
    CHECK_THROWS_WITH(train_classifier(LabelledCorpus()),
                      "the corpus is empty, expected at least one example");
}

TEST_CASE("ten thousand labels, and a single one") {
    const LabelledCorpus many = topics(10000, 300);
    for (const ClassifierLoss loss : all_losses) {
        const ClassifierModel model =
            train_classifier(many, {.dim = 4, .loss = loss, .epochs = 1, .threads = 2}).model;
        CHECK(model.output.rows() == 10000u - (loss == ClassifierLoss::hierarchical_softmax));
        check_model(model);
        const LabelledCorpus one = topics(1, 30);
        check_model(train_classifier(one, {.dim = 4, .loss = loss, .threads = 1}).model);
    }
}
