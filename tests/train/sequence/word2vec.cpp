#include <firth/train/sequence/word2vec.hpp>

#include <cmath>

#include "../support.hpp"

using namespace firth;
using test::bytes_of;
using test::grouped_corpus;

TEST_CASE("defaults are those of word2vec.c", "[word2vec]") {
    const Word2VecOptions options;
    REQUIRE(options.dim == 100);
    REQUIRE(options.window == 5);
    REQUIRE(options.window_size == WindowSize::dynamic);
    REQUIRE(options.negative == 5);
    REQUIRE(options.sample == 1e-3);
    REQUIRE(options.epochs == 5);
    REQUIRE(options.learning_rate == 0);
    REQUIRE(options.schedule == Schedule::linear);
    REQUIRE(options.negative_power == 0.75);
    REQUIRE(options.cbow_gradient == CbowGradient::word2vec);
    REQUIRE(options.vectors == VectorChoice::input);
    REQUIRE(options.output_weight == 1);
    REQUIRE(options.threads == 0);
    REQUIRE_FALSE(options.deterministic);
    REQUIRE(options.seed == 1);
    REQUIRE(options.start == nullptr);
    REQUIRE_FALSE(options.freeze_start);
    const SequenceTrainerOptions trainer;
    REQUIRE(trainer.dim == 100);
    REQUIRE(trainer.window == 5);
    REQUIRE(trainer.window_size == WindowSize::dynamic);
    REQUIRE(trainer.sample == 1e-3);
    REQUIRE(trainer.epochs == 5);
    REQUIRE(trainer.learning_rate == 0);
    REQUIRE(trainer.schedule == Schedule::linear);
    REQUIRE(trainer.threads == 0);
    REQUIRE_FALSE(trainer.deterministic);
    REQUIRE(trainer.seed == 1);
    REQUIRE(SkipGram::default_learning_rate == 0.025f);
    REQUIRE(Cbow::default_learning_rate == 0.06f);
    REQUIRE(LearningRate{}.floor == 1e-4f);
    REQUIRE(LearningRate{}.initial == 0.025f);
    REQUIRE(LearningRate{}.schedule == Schedule::linear);
}

TEST_CASE("the trainer gets every option", "[word2vec]") {
    const Word2VecOptions options{.dim = 1,
                                  .window = 2,
                                  .window_size = WindowSize::fixed,
                                  .sample = 0.5,
                                  .epochs = 4,
                                  .learning_rate = 0.125f,
                                  .schedule = Schedule::cosine,
                                  .threads = 3,
                                  .deterministic = true,
                                  .seed = 9,
                                  .checkpoint = {.path = "x", .seconds = 7, .resume = true}};
    const SequenceTrainerOptions trainer = trainer_options(options);
    REQUIRE(trainer.dim == 1);
    REQUIRE(trainer.window == 2);
    REQUIRE(trainer.window_size == WindowSize::fixed);
    REQUIRE(trainer.sample == 0.5);
    REQUIRE(trainer.epochs == 4);
    REQUIRE(trainer.learning_rate == 0.125f);
    REQUIRE(trainer.schedule == Schedule::cosine);
    REQUIRE(trainer.threads == 3);
    REQUIRE(trainer.deterministic);
    REQUIRE(trainer.seed == 9);
    REQUIRE(trainer.checkpoint.path == "x");
    REQUIRE(trainer.checkpoint.seconds == 7);
    REQUIRE(trainer.checkpoint.resume);
}

TEST_CASE("every limit of an option is crossed once", "[word2vec]") {
    const auto message = [](const Word2VecOptions& options) {
        return test::message_of<OptionError>([&] { check_options(options); });
    };
    const auto inf = std::numeric_limits<double>::infinity();
    REQUIRE(message({.dim = 0}) == "dim is 0, expected 1 to " + std::to_string(max_dim));
    REQUIRE(test::contains(message({.dim = max_dim + 1}), "dim is "));
    REQUIRE(message({.window = 0}) == "window is 0, expected 1 to 1000");
    REQUIRE(test::contains(message({.window = 1001}), "window is 1001"));
    REQUIRE(message({.negative = 0}) == "negative is 0, expected 1 to 1000");
    REQUIRE(test::contains(message({.negative = 1001}), "negative is 1001"));
    REQUIRE(message({.sample = -1e-9}) == "sample is -1e-09, expected 0 to 1");
    REQUIRE(test::contains(message({.sample = 1.0001}), "sample is 1.0001,"));
    REQUIRE(test::contains(message({.sample = std::nan("")}), "sample is nan"));
    REQUIRE(message({.epochs = 1000001}) == "epochs is 1000001, expected 0 to 1000000");
    REQUIRE(message({.learning_rate = 10.5f}) ==
            "learning rate is 10.5, expected more than 0, at most 10");
    REQUIRE(test::contains(message({.learning_rate = -1e-9f}), "learning rate is -1e-09,"));
    REQUIRE(test::contains(message({.learning_rate = std::nanf("")}), "learning rate is nan"));
    REQUIRE(message({.negative_power = inf}) == "negative power is inf, expected a finite number");
    REQUIRE(test::contains(message({.negative_power = std::nan("")}), "negative power is nan"));
    REQUIRE(message({.output_weight = static_cast<float>(inf)}) ==
            "output weight is inf, expected a finite number");
    REQUIRE(message({.checkpoint = {.seconds = -0.5}}) ==
            "seconds between checkpoints is -0.5, expected 0 or more");
    REQUIRE(test::contains(message({.checkpoint = {.seconds = std::nan("")}}), "is nan"));
    REQUIRE(test::contains(message({.threads = 1025}), "threads is 1025"));
    REQUIRE_NOTHROW(check_options(Word2VecOptions{.dim = 1,
                                                  .window = 1,
                                                  .negative = 1,
                                                  .sample = 0,
                                                  .epochs = 0,
                                                  .negative_power = -3,
                                                  .threads = 1024,
                                                  .checkpoint = {.seconds = 0}}));
    REQUIRE_NOTHROW(check_options(Word2VecOptions{.dim = max_dim,
                                                  .window = 1000,
                                                  .negative = 1000,
                                                  .sample = 1,
                                                  .epochs = 1000000,
                                                  .learning_rate = 10}));
    // The learner asks, too.
    REQUIRE_THROWS_AS(make_word2vec(std::vector<std::uint64_t>{1, 1}, {.negative = 0}),
                      OptionError);
}

TEST_CASE("words of the vectors to go on from start with their rows", "[word2vec]") {
    const EncodedCorpus corpus = grouped_corpus(300);
    Vocabulary words;
    words.add("g3w1");
    words.add("unknown");
    words.add("g0w4");
    EmbeddingTable<float> rows(3, 6);
    for (std::size_t i = 0; i < 18; ++i) {
        rows[i / 6][i % 6] = static_cast<float>(i) + 10;
    }
    const WordVectors<float> start(std::move(words), std::move(rows));
    Word2VecOptions options{.dim = 6, .epochs = 0, .threads = 1, .start = &start};
    const TrainedVectors begun = train_sgns(corpus, options);
    options.start = nullptr;
    const TrainedVectors random = train_sgns(corpus, options);
    options.start = &start;
    options.epochs = 1;
    const TrainedVectors free = train_sgns(corpus, options);
    options.freeze_start = true;
    const TrainedVectors frozen = train_sgns(corpus, options);
    std::size_t taken = 0;
    for (Id id = 0; id < corpus.vocabulary.size(); ++id) {
        const auto known = start.find(corpus.vocabulary.symbols()[id]);
        taken += known.has_value();
        for (std::size_t i = 0; i < 6; ++i) {
            const float expected = known ? start[*known][i] : random.vectors[id][i];
            REQUIRE(begun.vectors[id][i] == expected);
            // Frozen rows are exactly those that were taken over.
            REQUIRE((frozen.vectors[id][i] == expected) == known.has_value());
            REQUIRE(free.vectors[id][i] != expected);
        }
    }
    REQUIRE(taken == 2);
    options.dim = 7;
    REQUIRE(test::message_of<OptionError>([&] {
                static_cast<void>(train_sgns(corpus, options));
            }) == "dim is 7, expected 6 as in the vectors to start from");
}

TEST_CASE("vectors are the input, the output, their sum, or both", "[word2vec]") {
    const EncodedCorpus corpus = grouped_corpus(300);
    Word2VecOptions options{.dim = 6, .sample = 0, .epochs = 1, .threads = 1};
    auto trainer = make_word2vec(corpus.vocabulary.counts(), options);
    trainer.train(corpus.corpus);
    const auto vectors = [&](VectorChoice choice) {
        options.vectors = choice;
        TrainedVectors trained = train_sgns(corpus, options);
        REQUIRE(bytes_of(trained.output) == bytes_of(trainer.output()));
        return trained.vectors;
    };
    const auto input = vectors(VectorChoice::input);
    const auto output = vectors(VectorChoice::output);
    const auto sum = vectors(VectorChoice::sum);
    const auto both = vectors(VectorChoice::both);
    options.output_weight = 0.25f;
    const auto weighted = vectors(VectorChoice::sum);
    REQUIRE(bytes_of(vectors(VectorChoice::output).table()) == bytes_of(output.table()));
    REQUIRE(bytes_of(input.table()) == bytes_of(trainer.input()));
    REQUIRE(bytes_of(output.table()) == bytes_of(trainer.output()));
    REQUIRE(sum.dim() == 6);
    REQUIRE(both.dim() == 12);
    for (Id id = 0; id < corpus.vocabulary.size(); ++id) {
        REQUIRE(sum.word(id) == corpus.vocabulary.symbols()[id]);
        for (std::size_t i = 0; i < 6; ++i) {
            REQUIRE(output[id][i] != 0);
            REQUIRE(sum[id][i] == input[id][i] + output[id][i]);
            REQUIRE(weighted[id][i] ==
                    input[id][i] + 0.25f * output[id][i]); // a power of two: exact
            REQUIRE(both[id][i] == input[id][i]);
            REQUIRE(both[id][6 + i] == output[id][i]);
        }
    }
    for (const VectorChoice choice :
         {VectorChoice::output, VectorChoice::sum, VectorChoice::both}) {
        options.vectors = choice;
        REQUIRE(test::contains(test::message_of<OptionError>([&] {
                                   static_cast<void>(train_word2vec<SkipGram, HierarchicalSoftmax>(
                                       corpus, options));
                               }),
                               "hierarchical softmax"));
    }
}

TEST_CASE("what quality changes of the defaults", "[word2vec]") {
    const Word2VecOptions quality = Word2VecOptions::quality();
    REQUIRE(quality.sample == 5e-5);
    REQUIRE(quality.epochs == 11);
    REQUIRE(quality.learning_rate == 0.05f);
    REQUIRE(quality.vectors == VectorChoice::sum);
    REQUIRE(quality.output_weight == 0.5f);
    REQUIRE(quality.dim == Word2VecOptions().dim);
    REQUIRE(quality.negative == Word2VecOptions().negative);
    REQUIRE(quality.window == Word2VecOptions().window);
}

TEST_CASE("each option changes what is learnt", "[word2vec]") {
    const EncodedCorpus corpus = grouped_corpus(300);
    const Word2VecOptions options{.dim = 6, .sample = 0.01, .epochs = 1, .threads = 1};
    std::vector<std::string> all;
    const auto learn = [&](const std::function<void(Word2VecOptions&)>& change) {
        Word2VecOptions changed = options;
        change(changed);
        all.push_back(bytes_of(train_sgns(corpus, changed).vectors.table()));
    };
    learn([](auto&) {});
    learn([](auto& o) { o.window = 4; });
    learn([](auto& o) { o.window_size = WindowSize::fixed; });
    learn([](auto& o) { o.negative = 4; });
    learn([](auto& o) { o.sample = 0.011; });
    learn([](auto& o) { o.epochs = 2; });
    learn([](auto& o) { o.learning_rate = 0.026f; });
    learn([](auto& o) { o.schedule = Schedule::cosine; });
    learn([](auto& o) { o.schedule = Schedule::constant; });
    learn([](auto& o) { o.negative_power = 0.5; });
    learn([](auto& o) { o.seed = 2; });
    learn([](auto& o) {
        o.threads = 2;
        o.deterministic = true;
    });
    for (std::size_t a = 0; a < all.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            INFO(a << " and " << b);
            REQUIRE(all[a] != all[b]);
        }
    }
    // What has no meaning for skip-gram, or for one thread, changes nothing.
    const std::size_t before = all.size();
    learn([](auto& o) { o.cbow_gradient = CbowGradient::exact; });
    learn([](auto& o) { o.deterministic = true; });
    learn([](auto& o) { o.learning_rate = 0.025f; });
    for (std::size_t i = before; i < all.size(); ++i) {
        REQUIRE(all[i] == all[0]);
    }
}
