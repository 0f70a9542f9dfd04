/// Links, predictions and samplers of a user's own: the examples of the docstrings, and whole
/// trainings against the same in double precision (`naive.hpp`).

#include <firth/train/sequence/word2vec.hpp>

#include <algorithm>
#include <cmath>

#include "../naive.hpp"
#include "../support.hpp"

using namespace firth;
using test::NaiveTrainer;

namespace {

/// The example of `WindowLink`.
struct Softmax {
    void gradients(const firth::simd::OutputScores& outputs, float* to) const noexcept {
        const float top = std::ranges::max(outputs.scores);
        float sum = 0;
        for (const float score : outputs.scores)
            sum += std::exp(score - top);
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            to[o] = (o == 0 ? 1.0f : 0.0f) - std::exp(outputs.scores[o] - top) / sum;
        }
    }
    double loss(const firth::simd::OutputScores& outputs) const noexcept {
        double sum = 0;
        for (const float score : outputs.scores)
            sum += std::exp(double{score});
        return std::log(sum) - double{outputs.scores[0]};
    }
    double zero_loss(std::size_t outputs, std::size_t) const noexcept {
        return std::log(static_cast<double>(outputs));
    }
    std::string settings() const { return "softmax"; }
};

/// Half the square of what a score lacks of the margin on its label's side.
struct Margin {
    float margin = 1;

    [[nodiscard]] float lack(const simd::OutputScores& outputs, std::size_t o) const noexcept {
        const float score = outputs.scores[o];
        return std::max(0.0f, margin - (o < outputs.positives ? score : -score));
    }
    void gradients(const simd::OutputScores& outputs, float* to) const noexcept {
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            to[o] = o < outputs.positives ? lack(outputs, o) : -lack(outputs, o);
        }
    }
    [[nodiscard]] double loss(const simd::OutputScores& outputs) const noexcept {
        double loss = 0;
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            loss += std::pow(static_cast<double>(lack(outputs, o)), 2) / 2;
        }
        return loss;
    }
    [[nodiscard]] double zero_loss(std::size_t outputs, std::size_t) const noexcept {
        return static_cast<double>(outputs) * std::pow(static_cast<double>(margin), 2) / 2;
    }
    [[nodiscard]] std::string settings() const { return "margin " + std::to_string(margin); }
};

/// `Logistic` by the way of any other link.
struct PlainLogistic : simd::Logistic {};

double naive_softmax(const std::vector<double>& scores, std::size_t, std::vector<double>& to) {
    double sum = 0;
    for (const double score : scores) {
        sum += std::exp(score);
    }
    for (std::size_t o = 0; o < scores.size(); ++o) {
        to[o] = (o == 0 ? 1 : 0) - std::exp(scores[o]) / sum;
    }
    return std::log(sum) - scores[0];
}

double naive_margin(const std::vector<double>& scores, std::size_t positives,
                    std::vector<double>& to) {
    double loss = 0;
    for (std::size_t o = 0; o < scores.size(); ++o) {
        const double side = o < positives ? 1 : -1;
        const double lack = std::max(0.0, 1 - side * scores[o]);
        to[o] = side * lack;
        loss += lack * lack / 2;
    }
    return loss;
}

/// Trains both ways; returns the loss of the last epoch.
template <class Prediction, class Sampler>
double compare(const NaiveTrainer::Link& link, const Word2VecOptions& options) {
    const EncodedCorpus corpus = test::zipf_corpus(60, 20, 40, 1);
    const auto& counts = corpus.vocabulary.counts();
    const HierarchicalSoftmax tree(counts);
    const bool is_tree = !Sampler::outputs_are_symbols;
    const bool is_cbow = Prediction::default_learning_rate == Cbow::default_learning_rate;
    NaiveTrainer naive(corpus, is_cbow ? NaiveTrainer::Model::cbow : NaiveTrainer::Model::skip_gram,
                       is_tree ? &tree : nullptr, options, options.learning_rate);
    naive.link = link;
    const bool rounds = options.deterministic && options.threads > 1;
    naive.train(rounds ? options.threads : 1);
    const TrainedVectors trained = train_word2vec<Prediction, Sampler>(corpus, options);
    if (FIRTH_USE_ATOMIC_ROWS() && !rounds) return trained.stats.loss();
    REQUIRE(test::difference(trained.vectors.table(), naive.tables.input) < 1e-4);
    REQUIRE(test::difference(trained.output, naive.tables.output) < 1e-4);
    REQUIRE(corpus.corpus.size() < 1024); // two windows of three and more are looked at
    REQUIRE(trained.stats.loss() == Approx(naive.losses.back()).epsilon(0.05));
    return trained.stats.loss();
}

std::vector<Word2VecOptions> option_list() {
    const Word2VecOptions options{
        .dim = 20, .window = 3, .sample = 0.01, .epochs = 3, .learning_rate = 0.04f, .threads = 1};
    std::vector<Word2VecOptions> all(4, options);
    all[1].negative = 9; // more outputs than one group of registers
    all[2].window = 8;   // more contexts than one step
    all[2].window_size = WindowSize::fixed;
    all[3].threads = 2;
    all[3].deterministic = true;
    return all;
}

/// The example of `WindowPrediction`.
struct Attract {
    static constexpr float default_learning_rate = 0.01f;
    template <class Arch>
    void step(const firth::simd::WindowRows& rows, float rate, float*) const {
        for (std::size_t c = 0; c < rows.context_count; ++c)
            for (std::size_t i = 0; i < rows.dim; ++i)
                rows.contexts[c][i] += rate * (rows.outputs[0][i] - rows.contexts[c][i]);
    }
    double loss(const firth::simd::WindowRows&, float, float*) const { return 0; }
    std::size_t scratch_size(std::size_t, std::size_t, std::size_t) const { return 0; }
    std::size_t predictions(std::size_t contexts) const { return contexts; }
    std::string settings() const { return "attract"; }
};

/// The example of `OutputSampler`.
struct NextIds {
    std::size_t symbols;
    std::size_t output_rows() const { return symbols; }
    std::size_t max_outputs() const { return 2; }
    std::string settings() const { return "next ids"; }
    struct Draw {
        Draw(const NextIds& sampler, firth::Random&) : symbols(sampler.symbols) {}
        firth::Outputs operator()(firth::Id centre, firth::Id* ids) {
            ids[0] = centre;
            ids[1] = static_cast<firth::Id>((centre + 1) % symbols);
            return {.count = symbols > 1 ? 2u : 1u, .positives = 1};
        }
        std::size_t symbols;
    };
};

/// As `train_word2vec` takes them, by options of its own choice.
struct MadeAttract : Attract {
    static MadeAttract make(const Word2VecOptions&) { return {}; }
};
struct MadeNextIds : NextIds {
    static constexpr bool outputs_are_symbols = false;
    static MadeNextIds make(std::span<const std::uint64_t> counts, const Word2VecOptions&) {
        return {{counts.size()}};
    }
    struct Draw : NextIds::Draw {
        Draw(const MadeNextIds& sampler, Random& random) : NextIds::Draw(sampler, random) {}
    };
};

static_assert(simd::WindowLink<Softmax> && simd::WindowLink<Margin>);
static_assert(WindowPrediction<Attract> && OutputSampler<NextIds>);
static_assert(Word2VecPrediction<MadeAttract> && Word2VecSampler<MadeNextIds>);

// What lacks one member is refused.
struct NoZeroLoss {
    static void gradients(const simd::OutputScores&, float*) noexcept {}
    static double loss(const simd::OutputScores&) noexcept { return 0; }
    static std::string settings() { return ""; }
};
struct MayThrow : PlainLogistic {
    static void gradients(const simd::OutputScores&, float*) {}
};
struct NoPredictions : Attract {
    std::size_t predictions(std::size_t) const = delete;
};
struct NoDraw : NextIds {
    struct Draw {
        explicit Draw(const NoDraw&) {}
        Outputs operator()(Id, Id*) { return {}; }
    };
};
static_assert(!simd::WindowLink<NoZeroLoss> && !simd::WindowLink<MayThrow>);
static_assert(!WindowPrediction<NoPredictions> && !OutputSampler<NoDraw>);
static_assert(!Word2VecPrediction<Attract> && !Word2VecSampler<NextIds>); // without make

} // namespace

TEST_CASE("a softmax over the sampled outputs learns as it does in doubles", "[links]") {
    for (const Word2VecOptions& options : option_list()) {
        const double loss =
            compare<SkipGramWith<Softmax>, NegativeSampling>(naive_softmax, options);
        REQUIRE(loss < std::log(static_cast<double>(options.negative + 1)));
        compare<CbowWith<Softmax>, NegativeSampling>(naive_softmax, options);
    }
}

TEST_CASE("a margin learns as it does in doubles", "[links]") {
    for (const Word2VecOptions& options : option_list()) {
        compare<SkipGramWith<Margin>, NegativeSampling>(naive_margin, options);
        compare<SkipGramWith<Margin>, HierarchicalSoftmax>(naive_margin, options);
        compare<CbowWith<Margin>, NegativeSampling>(naive_margin, options);
        compare<CbowWith<Margin>, HierarchicalSoftmax>(naive_margin, options);
    }
}

TEST_CASE("a link's loss of zeros is the loss of zeros", "[links]") {
    const std::vector<float> zeros(7);
    for (const std::size_t positives : {0u, 1u, 5u, 7u}) {
        const simd::OutputScores outputs{zeros, positives};
        const auto check = [&](const auto& link) {
            REQUIRE(link.loss(outputs) == Approx(link.zero_loss(zeros.size(), positives)));
        };
        check(simd::Logistic());
        check(Margin{0.5f});
        check(Softmax());
    }
}

TEST_CASE("the loss of a window is the sum over its contexts", "[links]") {
    const std::vector<float> scores{0.5f, -1.0f, 2.0f, 0.25f, -3.0f, 1.5f};
    const simd::WindowRows rows{nullptr, 3, nullptr, 2, 16, 1};
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) {
        sum += Softmax().loss({std::span(scores).subspan(2 * c, 2), 1});
    }
    REQUIRE(simd::window_loss(rows, Softmax(), 0.1f, scores.data()) == Approx(sum));
}

TEST_CASE("a link has its own loss of zeros, settings and parameters", "[links]") {
    const EncodedCorpus corpus = test::zipf_corpus(60, 20, 40, 1);
    const auto& counts = corpus.vocabulary.counts();
    const auto train = [&](Margin link) {
        SequenceTrainer trainer(counts, {.dim = 8, .sample = 0, .epochs = 1, .threads = 1},
                                SkipGramWith<Margin>{link}, NegativeSampling(counts, 2, 0.75, 1),
                                WholeWords(counts.size()));
        return trainer.train(corpus.corpus).loss();
    };
    REQUIRE(train({1}) == Approx(1.5).epsilon(0.2));
    REQUIRE(train({2}) == Approx(6).epsilon(0.2));
    REQUIRE(SkipGramWith<Margin>{{2}}.settings() == "skip-gram with margin 2.000000");
    REQUIRE(CbowWith<Softmax>{CbowGradient::exact}.settings() ==
            "CBOW with the exact gradient with softmax");
    REQUIRE(SkipGram().settings() == "skip-gram");
    std::vector<float> row(16);
    float* const pointer = row.data();
    const simd::WindowRows rows{&pointer, 3, &pointer, 4, 16, 1};
    REQUIRE(SkipGramWith<Margin>{{2}}.zero_loss(rows) == 3 * 4 * 2);
    REQUIRE(CbowWith<Margin>{CbowGradient::exact, {2}}.zero_loss(rows) == 4 * 2);
    REQUIRE(SkipGram().zero_loss(rows) == Approx(12 * std::log(2.0)));
}

TEST_CASE("predictions and samplers of a user's own train, made or given", "[links]") {
    const EncodedCorpus corpus = test::zipf_corpus(60, 20, 40, 1);
    const auto& counts = corpus.vocabulary.counts();
    for (const bool deterministic : {false, true}) {
        const Word2VecOptions options{
            .dim = 8, .sample = 0, .epochs = 2, .threads = 2, .deterministic = deterministic};
        // Outputs stay at zero, and so contexts shrink.
        const auto made = train_word2vec<MadeAttract, MadeNextIds>(corpus, options);
        REQUIRE(made.stats.epoch_loss == std::vector<double>{0, 0});
        const auto start = make_word2vec(counts, options);
        for (std::size_t i = 0; i < 8; ++i) {
            REQUIRE(std::fabs(made.vectors[0u][i]) < std::fabs(start.input()[0][i]));
        }
        SequenceTrainer given(counts, trainer_options(options), Attract(), NextIds{counts.size()},
                              WholeWords(counts.size()));
        REQUIRE(given.train(corpus.corpus).steps == 2 * corpus.corpus.size());
        REQUIRE(given.sampler().settings() == "next ids");
        REQUIRE(train_word2vec<SkipGram, MadeNextIds>(corpus, options).stats.loss() > 0);
        REQUIRE(train_word2vec<MadeAttract, NegativeSampling>(corpus, options).stats.loss() == 0);
    }
    REQUIRE(test::contains(test::message_of<OptionError>([&] {
                               static_cast<void>(train_word2vec<SkipGram, MadeNextIds>(
                                   corpus, {.vectors = VectorChoice::both}));
                           }),
                           "with next ids a word has no other"));
}
