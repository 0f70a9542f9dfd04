/// Whole trainings against the same written down plainly (`naive.hpp`), option by option.

#include <firth/train/sequence/sequence_trainer.hpp>

#include <cmath>

#include <firth/simd/distance.hpp>

#include "../naive.hpp"
#include "../support.hpp"

using namespace firth;
using test::NaiveTrainer;

namespace {

/// Trains both ways and compares tables and, where few enough windows let every one be looked at,
/// losses.
template <class Prediction, class Sampler>
void compare(const EncodedCorpus& corpus, const Word2VecOptions& options, float rate) {
    std::optional<HierarchicalSoftmax> tree;
    if constexpr (std::is_same_v<Sampler, HierarchicalSoftmax>) {
        tree.emplace(corpus.vocabulary.counts());
    }
    NaiveTrainer naive(corpus,
                       std::is_same_v<Prediction, Cbow> ? NaiveTrainer::Model::cbow
                                                        : NaiveTrainer::Model::skip_gram,
                       tree ? &*tree : nullptr, options, rate);
    const auto before = naive.tables.input;
    const bool rounds = options.deterministic && options.threads > 1;
    naive.train(rounds ? options.threads : 1);
    auto trainer = make_word2vec<Prediction, Sampler>(corpus.vocabulary.counts(), options);
    REQUIRE(test::difference(trainer.input(), before) == 0);
    const TrainingStats stats = trainer.train(corpus.corpus);
    // Where rows are atomic each context is stepped on in a copy: a symbol that is twice in a
    // window moves by the sum of two steps from one place.
    if (FIRTH_USE_ATOMIC_ROWS() && !rounds) return;
    // Steps move rows by far more than that.
    constexpr double tolerance = 1e-4;
    REQUIRE(test::difference(trainer.input(), naive.tables.input) < tolerance);
    REQUIRE(test::difference(trainer.output(), naive.tables.output) < tolerance);
    REQUIRE(test::difference(trainer.input(), before) > 1e-2);
    REQUIRE(stats.epoch_loss.size() == options.epochs);
    if (corpus.corpus.size() < 512) {
        for (std::size_t e = 0; e < options.epochs; ++e) {
            REQUIRE(stats.epoch_loss[e] == Approx(naive.losses[e]).epsilon(tolerance));
        }
    }
    REQUIRE(stats.steps == corpus.corpus.size() * options.epochs);
}

template <class Prediction, class Sampler>
void compare_all(const std::vector<Word2VecOptions>& all, float rate) {
    const EncodedCorpus corpus = test::zipf_corpus(200, 30, 60, 1);
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO("options " << i);
        const float asked = all[i].learning_rate;
        compare<Prediction, Sampler>(corpus, all[i], asked == 0 ? rate : asked);
    }
}

const Word2VecOptions small{.dim = 12, .sample = 0.02, .epochs = 2, .threads = 1};

Word2VecOptions with(void (*change)(Word2VecOptions&)) {
    Word2VecOptions options = small;
    change(options);
    return options;
}

} // namespace

TEST_CASE("skip-gram with negative sampling is what it is on paper", "[naive]") {
    compare_all<SkipGram, NegativeSampling>(
        {small, with([](Word2VecOptions& o) { o.learning_rate = 0.05f; }),
         with([](Word2VecOptions& o) { o.window_size = WindowSize::fixed; }),
         with([](Word2VecOptions& o) { o.window = 2; }),
         with([](Word2VecOptions& o) { o.negative = 1; }),
         with([](Word2VecOptions& o) { o.negative = 9; }),
         with([](Word2VecOptions& o) { o.negative_power = 0; }),
         with([](Word2VecOptions& o) { o.sample = 0; }),
         with([](Word2VecOptions& o) { o.schedule = Schedule::cosine; }),
         with([](Word2VecOptions& o) { o.schedule = Schedule::constant; }),
         with([](Word2VecOptions& o) { o.epochs = 1; }),
         with([](Word2VecOptions& o) { o.dim = 40; }), with([](Word2VecOptions& o) { o.seed = 7; }),
         with([](Word2VecOptions& o) {
             o.sample = 0; // of the default, 1e-3, little is left here
             o.learning_rate = 0.1f;
         })},
        0.025f);
}

TEST_CASE("CBOW is what it is on paper", "[naive]") {
    compare_all<Cbow, NegativeSampling>(
        {small, with([](Word2VecOptions& o) { o.cbow_gradient = CbowGradient::exact; }),
         with([](Word2VecOptions& o) { o.window_size = WindowSize::fixed; }),
         with([](Word2VecOptions& o) { o.negative = 9; }),
         with([](Word2VecOptions& o) { o.window = 20; })},
        0.06f);
}

TEST_CASE("hierarchical softmax is what it is on paper", "[naive]") {
    compare_all<SkipGram, HierarchicalSoftmax>(
        {small, with([](Word2VecOptions& o) { o.window_size = WindowSize::fixed; })}, 0.025f);
    compare_all<Cbow, HierarchicalSoftmax>({small}, 0.06f);
}

TEST_CASE("wide windows are stepped on in blocks of ten contexts", "[naive]") {
    for (const std::size_t window : {6u, 20u, 40u}) {
        INFO("window " << window);
        const Word2VecOptions options{.dim = 12,
                                      .window = window,
                                      .window_size = WindowSize::fixed,
                                      .sample = 0,
                                      .epochs = 2,
                                      .threads = 1};
        const EncodedCorpus corpus = test::zipf_corpus(20, 90, 60, 2);
        compare<SkipGram, NegativeSampling>(corpus, options, 0.025f);
        compare<SkipGram, HierarchicalSoftmax>(corpus, options, 0.025f);
    }
}

TEST_CASE("the loss of small corpora is that of all their windows", "[naive]") {
    const EncodedCorpus corpus = test::zipf_corpus(20, 20, 30, 3);
    REQUIRE(corpus.corpus.size() < 512);
    const Word2VecOptions options{.dim = 12, .sample = 0, .epochs = 6, .threads = 1};
    compare<SkipGram, NegativeSampling>(corpus, options, 0.025f);
    compare<Cbow, NegativeSampling>(corpus, options, 0.06f);
    compare<SkipGram, HierarchicalSoftmax>(corpus, options, 0.025f);
}

TEST_CASE("rounds add up what workers learn side by side", "[naive][rounds]") {
    const EncodedCorpus corpus = test::zipf_corpus(300, 40, 60, 4);
    for (const std::size_t threads : {2u, 3u, 8u}) {
        INFO("threads " << threads);
        const Word2VecOptions options{.dim = 12,
                                      .sample = 0,
                                      .epochs = 2,
                                      .learning_rate = 0.01f,
                                      .threads = threads,
                                      .deterministic = true};
        compare<SkipGram, NegativeSampling>(corpus, options, 0.01f);
        compare<Cbow, NegativeSampling>(corpus, options, 0.01f);
    }
}

namespace {

bool all_finite(const EmbeddingTable<float>& table) {
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (const float value : table[row]) {
            if (!std::isfinite(value)) return false;
        }
    }
    return true;
}

/// Baskets of 200 products out of 25 of one group each.
EncodedCorpus wide_baskets() {
    Random random(3);
    std::vector<std::vector<std::string>> baskets(8);
    for (std::size_t b = 0; b < baskets.size(); ++b) {
        for (int i = 0; i < 200; ++i) {
            baskets[b].push_back("g" + std::to_string(b % 2) + "_" +
                                 std::to_string(random.below(25)));
        }
    }
    return encode_sequences(baskets, {.min_count = 1});
}

template <class Prediction, class Sampler>
void learn_baskets(std::size_t threads, bool deterministic) {
    const EncodedCorpus corpus = wide_baskets();
    const TrainedVectors trained =
        train_word2vec<Prediction, Sampler>(corpus, {.dim = 16,
                                                     .window = 200,
                                                     .sample = 0,
                                                     .epochs = 8,
                                                     .threads = threads,
                                                     .deterministic = deterministic});
    REQUIRE(all_finite(trained.vectors.table()));
    REQUIRE(all_finite(trained.output));
    // Zeros would cost ln 2 an output: 6 of them, or some 5.7 nodes of a tree of 50 words.
    REQUIRE(trained.stats.loss() < 6 * std::log(2.0));
    double same = 0;
    double other = 0;
    for (Id a = 0; a < trained.vectors.size(); ++a) {
        for (Id b = 0; b < a; ++b) {
            const bool alike = trained.vectors.word(a)[1] == trained.vectors.word(b)[1];
            (alike ? same : other) +=
                static_cast<double>(simd::cosine(trained.vectors[a], trained.vectors[b]));
        }
    }
    REQUIRE(same / 600 > other / 625 + 0.2);
}

} // namespace

TEST_CASE("windows as wide as a basket of hundreds learn, in every mode", "[wide]") {
    for (const auto& [threads, deterministic] :
         {std::pair(1, false), std::pair(2, false), std::pair(2, true)}) {
        if (FIRTH_USE_ATOMIC_ROWS() && !deterministic) continue; // slow
        const auto workers = static_cast<std::size_t>(threads);
        learn_baskets<SkipGram, NegativeSampling>(workers, deterministic);
        learn_baskets<SkipGram, HierarchicalSoftmax>(workers, deterministic);
    }
    learn_baskets<Cbow, NegativeSampling>(1, false);
}

TEST_CASE("many workers on a small vocabulary learn as one does", "[wide][rounds]") {
    const EncodedCorpus corpus = test::zipf_corpus(600, 60, 50, 5);
    double alone = 0;
    for (const std::size_t threads : {1u, 4u, 16u}) {
        INFO("threads " << threads);
        const auto loss = [&]<class Prediction, class Sampler>(Prediction, const Sampler*) {
            const TrainedVectors trained = train_word2vec<Prediction, Sampler>(
                corpus,
                {.dim = 16, .sample = 0, .epochs = 3, .threads = threads, .deterministic = true});
            REQUIRE(all_finite(trained.vectors.table()));
            return trained.stats.loss();
        };
        const NegativeSampling* const negatives = nullptr;
        const HierarchicalSoftmax* const tree = nullptr;
        const double sum =
            loss(SkipGram(), negatives) + loss(Cbow(), negatives) + loss(SkipGram(), tree);
        if (threads == 1) alone = sum;
        REQUIRE(sum < 1.1 * alone);
    }
}

TEST_CASE("a training that diverges stops with its epoch, loss and rate", "[divergence]") {
    const EncodedCorpus corpus = test::zipf_corpus(300, 30, 50, 6);
    const EncodedCorpus tiny = test::zipf_corpus(3, 10, 5, 6);
    for (const auto& [threads, deterministic] :
         {std::pair(1, false), std::pair(2, false), std::pair(2, true), std::pair(3, true)}) {
        for (const EncodedCorpus* const text : {&corpus, &tiny}) {
            Word2VecOptions options{.dim = 16,
                                    .sample = 0,
                                    .epochs = 20,
                                    .learning_rate = 9.5f,
                                    .threads = static_cast<std::size_t>(threads),
                                    .deterministic = deterministic};
            const auto message = [&](auto&& train) {
                return test::message_of<Error>([&] { static_cast<void>(train(*text, options)); });
            };
            for (const std::string& said :
                 {message([](const auto&c, const auto&o) { return train_sgns(c, o); }),
                  message([](const auto&c, const auto&o) {
                      return train_word2vec<Cbow, NegativeSampling>(c, o);
                  })}) {
                REQUIRE(test::contains(said, "the training diverged in epoch "));
                REQUIRE(test::contains(said, "the mean loss is "));
                REQUIRE(test::contains(said, "a learning rate lower than 9.5 may give"));
            }
        }
    }
}

TEST_CASE("small corpora and trainings that go on are not taken for diverging", "[divergence]") {
    for (const std::size_t words : {1u, 2u, 5u, 30u}) {
        for (const std::size_t sentences : {1u, 3u, 20u}) {
            for (const float rate : {0.0f, 0.1f}) {
                const EncodedCorpus corpus = test::zipf_corpus(sentences, 12, words, 7);
                if (corpus.corpus.size() < 12) continue;
                const Word2VecOptions options{
                    .dim = 8, .sample = 0, .epochs = 30, .learning_rate = rate, .threads = 1};
                REQUIRE_NOTHROW(static_cast<void>(train_sgns(corpus, options)));
                REQUIRE_NOTHROW(static_cast<void>(train_cbow(corpus, options)));
            }
        }
    }
    // Vectors to go on from that are far longer than any that these settings give.
    const EncodedCorpus corpus = test::zipf_corpus(300, 30, 50, 8);
    WordVectors<float> start = test::random_vectors(50, 16, 1);
    for (Id id = 0; id < 50; ++id) {
        for (float& value : start.mutable_table()[id]) {
            value *= 3;
        }
    }
    for (const std::uint32_t epochs : {1u, 5u}) {
        REQUIRE_NOTHROW(static_cast<void>(train_sgns(
            corpus, {.dim = 16, .sample = 0, .epochs = epochs, .threads = 1, .start = &start})));
    }
    // Of a length of 30 they cost many times as much as zeros for several epochs.
    for (Id id = 0; id < 50; ++id) {
        const std::span<float> row = start.mutable_table()[id];
        simd::scale(30.0f / simd::norm(row), row);
    }
    const Word2VecOptions options{
        .dim = 16, .sample = 0, .epochs = 30, .threads = 1, .start = &start};
    const TrainedVectors sgns = train_sgns(corpus, options);
    const TrainedVectors hs = train_word2vec<SkipGram, HierarchicalSoftmax>(corpus, options);
    for (const TrainedVectors* const trained : {&sgns, &hs}) {
        REQUIRE(*std::max_element(trained->stats.epoch_loss.begin(),
                                  trained->stats.epoch_loss.end()) > 8);
        REQUIRE(trained->stats.loss() < 4.2);
    }
}

namespace {

/// A prediction of a user's own, without what is optional, whose loss is not that of a logistic
/// regression.
struct LargeLoss {
    double value = 1e6;

    static constexpr float default_learning_rate = 0.025f;
    template <class Arch>
    void step(const simd::WindowRows& rows, float, float*) const {
        rows.outputs[0][0] += 1;
    }
    [[nodiscard]] double loss(const simd::WindowRows&, float, const float*) const { return value; }
    [[nodiscard]] static std::size_t scratch_size(std::size_t, std::size_t, std::size_t) {
        return 16;
    }
    [[nodiscard]] static std::size_t predictions(std::size_t) { return 1; }
    [[nodiscard]] static std::string settings() { return "large"; }
};
static_assert(WindowPrediction<LargeLoss>);

} // namespace

TEST_CASE("a loss of a user's own may be of any size, as long as it is finite", "[divergence]") {
    const EncodedCorpus corpus = test::zipf_corpus(20, 30, 50, 6);
    const auto train = [&](double loss) {
        const auto& counts = corpus.vocabulary.counts();
        SequenceTrainer trainer(counts, {.dim = 8, .sample = 0, .epochs = 3, .threads = 1},
                                LargeLoss{loss}, NegativeSampling(counts, 2, 0.75, 1),
                                WholeWords(counts.size()));
        return trainer.train(corpus.corpus);
    };
    REQUIRE(train(1e6).epoch_loss == std::vector<double>(3, 1e6));
    REQUIRE(train(0).epoch_loss == std::vector<double>(3, 0));
    REQUIRE(train(-1).loss() == -1);
    for (const double loss : {std::nan(""), HUGE_VAL}) {
        REQUIRE(test::contains(test::message_of<Error>([&] { train(loss); }),
                               "the training diverged in epoch 1"));
    }
}

namespace {

/// Counts the windows that are looked at.
struct Looking : LargeLoss {
    std::size_t* looks = nullptr;

    double loss(const simd::WindowRows&, float, const float*) const {
        return static_cast<double>(++*looks);
    }
};

} // namespace

TEST_CASE("one window in 1 to 64 is looked at, by the size of the corpus", "[interval]") {
    // Two words side by side: each is a window with one context.
    const auto looks = [](std::size_t ids) {
        std::vector<Id> words(ids);
        std::vector<std::uint64_t> ends;
        for (std::size_t i = 0; i < ids; ++i) {
            words[i] = static_cast<Id>(i % 2);
            if (i % 2 == 1) ends.push_back(i + 1);
        }
        const std::vector<std::uint64_t> counts{ids / 2, ids / 2};
        std::size_t count = 0;
        Looking looking;
        looking.looks = &count;
        SequenceTrainer trainer(counts, {.dim = 4, .sample = 0, .epochs = 3, .threads = 1}, looking,
                                NegativeSampling(counts, 1, 0.75, 1), WholeWords(2));
        trainer.train(CorpusView{words, ends});
        return count;
    };
    for (const auto& [ids, interval] :
         {std::pair(2, 1), std::pair(510, 1), std::pair(512, 2), std::pair(1000, 3),
          std::pair(16382, 63), std::pair(16384, 64), std::pair(16640, 64), std::pair(40000, 64)}) {
        INFO(ids << " ids");
        const auto windows = static_cast<std::size_t>(3 * ids);
        const auto step = static_cast<std::size_t>(interval);
        REQUIRE(looks(static_cast<std::size_t>(ids)) == (windows + step - 1) / step);
    }
}

TEST_CASE("the checksum of a corpus is that of its ids and ends", "[checkpoint]") {
    const EncodedCorpus corpus = test::zipf_corpus(20, 20, 30, 3);
    const CorpusView view = corpus.corpus;
    std::string bytes(reinterpret_cast<const char*>(view.ids.data()), view.ids.size_bytes());
    bytes.append(reinterpret_cast<const char*>(view.sentence_ends.data()),
                 view.sentence_ends.size_bytes());
    for (const std::size_t piece : {std::size_t{7}, view.ids.size(), std::size_t{1} << 20}) {
        REQUIRE(view.checksum(piece) == checksum(bytes));
    }
}

TEST_CASE("a training that is cancelled before its first step is no error", "[nothing]") {
    const std::vector<std::vector<std::string>> text(5000, {"a"});
    for (const bool deterministic : {false, true}) {
        const TrainingStats stats = train_sgns(encode_sequences(text, {.min_count = 1}),
                                               {.dim = 4,
                                                .sample = 0,
                                                .epochs = 1000000,
                                                .threads = 2,
                                                .deterministic = deterministic},
                                               [](const Progress&) { return false; })
                                        .stats;
        REQUIRE(stats.cancelled);
        REQUIRE(stats.steps < 5000ull * 1000000);
        REQUIRE(stats.loss() == 0);
    }
}

TEST_CASE("a tree of one word has no outputs, and says so", "[nothing]") {
    const EncodedCorpus corpus = encode_sequences(
        std::vector<std::vector<std::string>>(20, {"a", "a", "a"}), {.min_count = 1});
    const Word2VecOptions options{.dim = 4, .sample = 0, .epochs = 1, .threads = 1};
    const auto message = [&](auto prediction) {
        return test::message_of<Error>([&] {
            static_cast<void>(
                train_word2vec<decltype(prediction), HierarchicalSoftmax>(corpus, options));
        });
    };
    for (const std::string& said : {message(SkipGram()), message(Cbow())}) {
        REQUIRE(said == "nothing was learnt, since no symbol has an output: hierarchical softmax "
                        "over a vocabulary of 1; expected two symbols or more");
    }
    REQUIRE_NOTHROW(static_cast<void>(train_sgns(corpus, options)));
}

TEST_CASE("a training without a single step is an error that says why", "[nothing]") {
    const auto message = [](const std::vector<std::vector<std::string>>& text,
                            const Word2VecOptions& options) {
        return test::message_of<Error>([&] {
            static_cast<void>(train_sgns(encode_sequences(text, {.min_count = 1}), options));
        });
    };
    std::vector<std::vector<std::string>> text(50, {"a", "b", "c"});
    for (const auto& [threads, deterministic] :
         {std::pair(1, false), std::pair(2, false), std::pair(2, true)}) {
        const std::string said = message(text, {.dim = 4,
                                                .sample = 1e-18,
                                                .epochs = 2,
                                                .threads = static_cast<std::size_t>(threads),
                                                .deterministic = deterministic});
        REQUIRE(test::contains(said, "nothing was learnt"));
        REQUIRE(test::contains(said, "sample = 1e-18"));
        REQUIRE(test::contains(said, "left 0 of 300 ids"));
    }
    const std::string said = message({{"a"}, {"b"}, {"c"}, {"a"}}, {.dim = 4, .sample = 0});
    REQUIRE(test::contains(said, "no window had a context"));
    REQUIRE(test::contains(said, "left 20 of 20 ids"));
    // A single step is enough; and no epochs are what was asked for.
    REQUIRE_NOTHROW(static_cast<void>(
        train_sgns(encode_sequences(std::vector<std::vector<std::string>>{{"a", "b"}, {"c"}},
                                    {.min_count = 1}),
                   {.dim = 4, .sample = 0, .epochs = 1, .threads = 2})));
    REQUIRE_NOTHROW(
        static_cast<void>(train_sgns(encode_sequences(text, {.min_count = 1}), {.epochs = 0})));
}
