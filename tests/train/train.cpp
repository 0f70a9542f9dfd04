#include <firth/train.hpp>

#include <cmath>
#include <map>
#include <numeric>

#include <firth/query/similarity.hpp>
#include <firth/text/read_corpus.hpp>

#include "support.hpp"

using namespace firth;
using test::bytes_of;
using test::grouped_corpus;

namespace {

double mean_similarity(const WordVectors<float>& vectors, bool same_group) {
    double sum = 0;
    int pairs = 0;
    for (Id a = 0; a < vectors.size(); ++a) {
        for (Id b = 0; b < a; ++b) {
            if ((vectors.word(a)[1] == vectors.word(b)[1]) != same_group) continue;
            sum += static_cast<double>(similarity(vectors, vectors.word(a), vectors.word(b)));
            ++pairs;
        }
    }
    return sum / pairs;
}

} // namespace

TEST_CASE("subsampling keeps by word2vec's rule") {
    const std::vector<std::uint64_t> counts{600000, 300000, 99000, 900, 100};
    const Subsampler subsampler(counts, 1e-3);
    Random random(1);
    for (Id id = 0; id < counts.size(); ++id) {
        const double f = static_cast<double>(counts[id]) / 1e6;
        const double expected = std::min(1.0, std::sqrt(1e-3 / f) + 1e-3 / f);
        REQUIRE(std::fabs(subsampler.keep_probability(id) - expected) < 1e-6);
        int kept = 0;
        for (int i = 0; i < 100000; ++i) {
            kept += subsampler.keep(id, random.bits32());
        }
        // Five standard deviations.
        REQUIRE(std::fabs(kept / 1e5 - expected) <= 5 * std::sqrt(expected * (1 - expected) / 1e5));
    }
    const Subsampler off(counts, 0);
    REQUIRE(off.keep(0, 0xFFFFFFFFu));
}

TEST_CASE("negative samples follow count^0.75") {
    std::vector<std::uint64_t> counts;
    double total = 0;
    for (std::uint64_t i = 0; i < 500; ++i) {
        counts.push_back(1 + 100000 / (i + 1));
        total += std::pow(static_cast<double>(counts.back()), 0.75);
    }
    const NegativeSampler sampler(counts, 0.75, 1);
    Random random(1);
    NegativeSampler::Reader draw(sampler, random);
    std::vector<double> seen(counts.size());
    for (std::size_t i = 0; i < sampler.size(); ++i) {
        ++seen[draw()];
    }
    for (std::size_t id = 0; id < counts.size(); ++id) {
        const double expected = std::pow(static_cast<double>(counts[id]), 0.75) / total *
                                static_cast<double>(sampler.size());
        REQUIRE(std::fabs(seen[id] - expected) <= 1.0);
    }
    // Shuffled: neighbours on the tape are no more often the same than chance has it.
    double chance = 0;
    for (const double n : seen) {
        chance += n / static_cast<double>(sampler.size()) * n / static_cast<double>(sampler.size());
    }
    int same = 0;
    Id last = draw();
    for (int i = 0; i < 50000; ++i) {
        const Id next = draw();
        same += next == last;
        last = next;
    }
    REQUIRE(same / 5e4 < 1.5 * chance);
}

TEST_CASE("the learning rate falls in a straight line to its floor") {
    const LearningRate schedule{0.5f};
    REQUIRE(schedule(0) == 0.5f);
    REQUIRE(std::fabs(schedule(0.5) - 0.25f) < 1e-6f);
    REQUIRE(schedule(1) == 0.5f * 1e-4f);
}

TEST_CASE("the learning rate can fall along a cosine, or stay") {
    const LearningRate cosine{0.5f, Schedule::cosine};
    REQUIRE(cosine(0) == 0.5f);
    REQUIRE(std::fabs(cosine(0.25) - 0.4267767f) < 1e-6f);
    REQUIRE(std::fabs(cosine(0.5) - 0.25f) < 1e-6f);
    REQUIRE(cosine(1) == 0.5f * 1e-4f);
    const LearningRate constant{0.5f, Schedule::constant};
    REQUIRE(constant(0) == 0.5f);
    REQUIRE(constant(1) == 0.5f);
}

TEST_CASE("chunks end with sentences, unless those are very long") {
    std::vector<Id> ids(50000);
    std::vector<std::uint64_t> ends{10, 900, 1000, 1600, 30000, 50000};
    const std::vector<std::size_t> chunks = detail::chunk_ends(CorpusView{ids, ends}, 1024, 1000);
    REQUIRE(chunks.front() == 1600);
    REQUIRE(chunks[1] == 1600 + 1024);
    REQUIRE(chunks.back() == 50000);
    REQUIRE(std::count(chunks.begin(), chunks.end(), std::size_t{30000}) == 1);
}

namespace {

/// Notes what the loop hands out.
struct RecordingWorker {
    std::vector<std::vector<Id>>* sentences;
    std::vector<std::uint64_t>* numbers;
    std::vector<float>* rates;
    void add(const Sentence& sentence, float rate, Random&) {
        sentences->emplace_back(sentence.ids.begin(), sentence.ids.end());
        numbers->push_back(sentence.number);
        rates->push_back(rate);
    }
    void train() {}
    LossSum take_loss() { return {1, 1}; }
};

} // namespace

TEST_CASE("the loop hands out every sentence once an epoch, cut at the limit") {
    std::vector<Id> ids(5000);
    std::iota(ids.begin(), ids.end(), Id{0});
    const std::vector<std::uint64_t> ends{3, 2503, 2504, 5000};
    const std::vector<std::uint64_t> counts(5000, 1);
    std::vector<std::vector<Id>> sentences;
    std::vector<std::uint64_t> numbers;
    std::vector<float> rates;
    for (const bool rounds : {false, true}) {
        sentences.clear();
        rates.clear();
        numbers.clear();
        const auto run = [&](auto sharing) {
            SequenceLoop<RecordingWorker, decltype(sharing)> loop(
                CorpusView{ids, ends}, counts,
                {.epochs = 2, .learning_rate = 1.0f, .sample = 0, .threads = 1}, sharing,
                [&](std::size_t) {
                    return RecordingWorker{&sentences, &numbers, &rates};
                });
            return loop.run();
        };
        const TrainingStats stats = rounds ? run(PrivateTables({}, 1)) : run(SharedTables());
        REQUIRE(stats.steps == 10000);
        REQUIRE(stats.epoch_loss.size() == 2);
        REQUIRE(stats.epoch_loss[0] == 1);
        std::vector<Id> all;
        for (std::size_t s = 0; s < sentences.size(); ++s) {
            REQUIRE(sentences[s].size() <= 1000);
            for (const Id id : sentences[s]) {
                REQUIRE((numbers[s] == 0 || id >= ends[numbers[s] - 1]));
                REQUIRE(id < ends[numbers[s]]);
                all.push_back(id);
            }
        }
        REQUIRE(all.size() == 10000);
        for (std::size_t i = 0; i < all.size(); ++i) {
            REQUIRE(all[i] == i % 5000);
        }
        REQUIRE(sentences[0].size() == 3);
        REQUIRE(std::is_sorted(rates.rbegin(), rates.rend()));
        REQUIRE(rates.front() == 1.0f);
    }
}

TEMPLATE_TEST_CASE("every composition learns which words keep company", "",
                   (std::pair<SkipGram, NegativeSampling>), (std::pair<Cbow, NegativeSampling>),
                   (std::pair<SkipGram, HierarchicalSoftmax>),
                   (std::pair<Cbow, HierarchicalSoftmax>)) {
    using Prediction = typename TestType::first_type;
    using Sampler = typename TestType::second_type;
    const EncodedCorpus corpus = grouped_corpus(4000);
    for (const int way : {0, 1, 2, 3}) {
        // Slow where rows are atomic: with races, and without, are enough.
        if (FIRTH_USE_ATOMIC_ROWS() && way % 2 == 0) continue;
        const Word2VecOptions options{
            .dim = 20,
            .window_size = way == 1 ? WindowSize::fixed : WindowSize::dynamic,
            .sample = 0,
            .epochs = 10,
            .learning_rate = 0.05f,
            .cbow_gradient = way == 1 ? CbowGradient::exact : CbowGradient::word2vec,
            .threads = way == 0 ? 1u : 2u,
            .deterministic = way >= 2};
        const TrainedVectors trained = train_word2vec<Prediction, Sampler>(corpus, options);
        REQUIRE(mean_similarity(trained.vectors, true) > 0.8);
        REQUIRE(mean_similarity(trained.vectors, false) < 0.6);
        REQUIRE(trained.stats.epoch_loss.size() == 10);
        REQUIRE(trained.stats.loss() < 0.9 * trained.stats.epoch_loss.front());
        for (const float value : trained.vectors["g0w0"]) {
            REQUIRE(std::isfinite(value));
        }
    }
    const TrainedVectors untrained = train_sgns(corpus, {.dim = 20, .epochs = 0});
    REQUIRE(std::fabs(mean_similarity(untrained.vectors, true)) < 0.2);
}

TEST_CASE("one thread and one seed give the same bytes; another seed gives others") {
    const EncodedCorpus corpus = grouped_corpus(500);
    const Word2VecOptions options{.dim = 30, .epochs = 3, .threads = 1, .seed = 5};
    const std::string first = bytes_of(train_sgns(corpus, options).vectors.table());
    REQUIRE(first == bytes_of(train_sgns(corpus, options).vectors.table()));
    Word2VecOptions other = options;
    other.seed = 6;
    REQUIRE(first != bytes_of(train_sgns(corpus, other).vectors.table()));
}

TEST_CASE("the vector architecture and plain C++ learn the same to rounding") {
    const EncodedCorpus corpus = grouped_corpus(100);
    const Word2VecOptions options{.dim = 30, .negative = 8, .epochs = 1, .threads = 1};
    const TrainedVectors a = train_sgns<simd::default_arch>(corpus, options);
    const TrainedVectors b = train_sgns<simd::scalar>(corpus, options);
    for (Id id = 0; id < a.vectors.size(); ++id) {
        for (std::size_t i = 0; i < 30; ++i) {
            REQUIRE(std::fabs(a.vectors[id][i] - b.vectors[id][i]) < 1e-4f);
        }
    }
}

namespace {

void check_padding(const EmbeddingTable<float>& table) {
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t i = table.dim(); i < table.stride(); ++i) {
            REQUIRE(table.data()[row * table.stride() + i] == 0.0f);
        }
    }
}

} // namespace

TEST_CASE("padding stays zero through training") {
    const EncodedCorpus corpus = grouped_corpus(200);
    for (const bool deterministic : {false, true}) {
        const TrainedVectors trained = train_sgns(
            corpus, {.dim = 21, .epochs = 2, .threads = 2, .deterministic = deterministic});
        check_padding(trained.vectors.table());
        check_padding(trained.output);
        const TrainedVectors cbow = train_word2vec<Cbow, HierarchicalSoftmax>(
            corpus, {.dim = 21, .epochs = 2, .threads = 2, .deterministic = deterministic});
        check_padding(cbow.vectors.table());
        check_padding(cbow.output);
    }
}

TEST_CASE("small vocabularies and sentences of one word do no harm") {
    const std::vector<std::vector<std::string>> two{{"a", "b", "a"}, {"b"}, {"a", "b"}};
    REQUIRE(train_sgns(encode_sequences(two, {.min_count = 1}), {.dim = 4, .sample = 0})
                .vectors.size() == 2);
    const std::vector<std::vector<std::string>> one{{"a", "a", "a"}};
    const TrainedVectors trained =
        train_sgns(encode_sequences(one, {.min_count = 1}), {.dim = 4, .sample = 0});
    REQUIRE(std::isfinite(trained.vectors["a"][0]));
}

TEST_CASE("training can be watched and cancelled") {
    const EncodedCorpus corpus = grouped_corpus(20000);
    std::uint64_t last = 0;
    const TrainedVectors whole =
        train_sgns(corpus, {.dim = 20, .threads = 2}, [&](const Progress& progress) {
            REQUIRE(progress.done >= last);
            REQUIRE(progress.done <= progress.total);
            last = progress.done;
            return true;
        });
    REQUIRE(last == corpus.corpus.size() * 5);
    REQUIRE_FALSE(whole.stats.cancelled);
    const TrainedVectors part = train_sgns(corpus, {.dim = 100, .epochs = 100000, .threads = 2},
                                           [](const Progress&) { return false; });
    REQUIRE(part.stats.cancelled);
    REQUIRE(part.stats.steps < corpus.corpus.size() * 100000);
}

TEST_CASE("options outside their range are refused by name") {
    const EncodedCorpus corpus = grouped_corpus(10);
    const auto message = [&](const Word2VecOptions& options) {
        return test::message_of<OptionError>(
            [&] { static_cast<void>(train_sgns(corpus, options)); });
    };
    REQUIRE(test::contains(message({.dim = 0}), "dim is 0"));
    REQUIRE(test::contains(message({.dim = 10000000}), "dim is 10000000"));
    REQUIRE(test::contains(message({.window = 0}), "window"));
    REQUIRE(test::contains(message({.negative = 0}), "negative"));
    REQUIRE(test::contains(message({.sample = -1}), "sample"));
    REQUIRE(test::contains(message({.sample = std::nan("")}), "sample"));
    REQUIRE(test::contains(message({.learning_rate = -1}), "learning rate"));
    REQUIRE(test::contains(message({.checkpoint = {.seconds = -1}}), "seconds between"));
    REQUIRE(test::contains(message({.threads = 100000}), "threads"));
    const std::vector<Id> ids{0, 7};
    const std::vector<std::uint64_t> ends{2};
    const std::vector<std::uint64_t> counts{1, 1};
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               make_word2vec(counts, {}).train(CorpusView{ids, ends});
                           }),
                           "id 7"));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { make_word2vec(counts, {}).train(CorpusView{}); }),
        "the corpus is empty"));
}
