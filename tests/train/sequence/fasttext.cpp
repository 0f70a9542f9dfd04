#include <firth/train/sequence/fasttext.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

FastTextOptions small_fasttext(std::size_t threads = 1) {
    FastTextOptions options;
    options.dim = 20;
    options.sample = 0;
    options.threads = threads;
    options.subwords = {.min_length = 2, .max_length = 4, .buckets = 500};
    return options;
}

/// How much nearer words of the same group are than others, unknown words among them.
void check_groups(const SubwordVectors& vectors) {
    std::vector<std::vector<float>> unknown;
    for (int group = 0; group < 10; ++group) {
        unknown.emplace_back(vectors.dim());
        REQUIRE(vectors.compose("g" + std::to_string(group) + "w7", unknown.back()) > 0);
    }
    std::size_t right = 0;
    for (Id id = 0; id < vectors.words().size(); ++id) {
        int best = -1;
        float best_score = -2;
        for (int group = 0; group < 10; ++group) {
            const float score =
                simd::cosine(vectors.words()[id],
                             std::span<const float>(unknown[static_cast<std::size_t>(group)]));
            if (score > best_score) {
                best_score = score;
                best = group;
            }
        }
        right += static_cast<std::size_t>(vectors.words().word(id)[1] == '0' + best);
    }
    REQUIRE(right >= vectors.words().size() * 9 / 10);
}

std::string bytes_of(const TrainedSubwords& trained) {
    return test::bytes_of(trained.vectors.words().table()) +
           test::bytes_of(trained.vectors.ngrams()) + test::bytes_of(trained.output);
}

} // namespace

TEST_CASE("words and words never seen learn their group from their n-grams") {
    const EncodedCorpus corpus = test::grouped_corpus(4000);
    FastTextOptions options = small_fasttext(2);
    check_groups(train_fasttext(corpus, options).vectors);
    if (FIRTH_USE_ATOMIC_ROWS()) return; // and slow
    check_groups(train_fasttext<Cbow>(corpus, options).vectors);
    const TrainedSubwords tree = train_fasttext<SkipGram, HierarchicalSoftmax>(corpus, options);
    check_groups(tree.vectors);
    REQUIRE(tree.output.rows() == corpus.vocabulary.size() - 1);
    REQUIRE(tree.stats.steps == 5 * 4000 * 6);
}

TEMPLATE_TEST_CASE("the same seed gives the same bytes, with one thread and in rounds", "",
                   (std::pair<SkipGram, NegativeSampling>), (std::pair<Cbow, NegativeSampling>),
                   (std::pair<SkipGram, HierarchicalSoftmax>),
                   (std::pair<Cbow, HierarchicalSoftmax>)) {
    using Prediction = typename TestType::first_type;
    using Sampler = typename TestType::second_type;
    const EncodedCorpus corpus = test::grouped_corpus(300);
    for (const std::size_t threads : {1u, 2u}) {
        FastTextOptions options = small_fasttext(threads);
        options.deterministic = true;
        const auto trained = [&] {
            return bytes_of(train_fasttext<Prediction, Sampler>(corpus, options));
        };
        const std::string first = trained();
        REQUIRE(trained() == first);
        options.seed = 2;
        REQUIRE(trained() != first);
    }
}

TEST_CASE("a model has rows for the buckets of its words' n-grams, and its words are their means") {
    const EncodedCorpus corpus = test::grouped_corpus(100);
    FastTextOptions options = small_fasttext();
    options.subwords.buckets = 2000000;
    options.epochs = 0; // as it starts
    const SubwordVectors vectors = train_fasttext(corpus, options).vectors;
    REQUIRE(vectors.unseen() == UnseenNgram::zero);
    REQUIRE_NOTHROW(vectors.bucket_rows()->check());
    REQUIRE(vectors.bucket_rows()->size() == vectors.ngrams().rows());
    REQUIRE(vectors.bucket_rows()->buckets() == 2000000);
    float largest = 0;
    for (std::size_t row = 0; row < vectors.ngrams().rows(); ++row) {
        for (const float value : vectors.ngrams()[row]) {
            largest = (std::max)(largest, std::fabs(value));
        }
    }
    REQUIRE((largest > 0.9f / 20 && largest <= 1.0f / 20));
    std::vector<float> own(vectors.dim());
    for (Id id = 0; id < vectors.words().size(); ++id) {
        vectors.word_row(id, own);
        std::vector<float> sum = own;
        std::size_t rows = 1;
        for_each_ngram(vectors.words().word(id), options.subwords,
                       [&](std::string_view, std::uint32_t hash) {
                           const auto row = vectors.ngram_row(hash % 2000000);
                           REQUIRE(row);
                           simd::axpy(1.0f, vectors.ngrams()[*row], std::span<float>(sum));
                           ++rows;
                       });
        for (std::size_t i = 0; i < sum.size(); ++i) {
            REQUIRE(std::fabs(own[i]) <= 1.0f / 20 + 1e-6f);
            REQUIRE(std::fabs(sum[i] / static_cast<float>(rows) - vectors.words()[id][i]) < 1e-7f);
        }
    }
}

TEST_CASE("a training that starts from a model goes on with it; what is frozen stays") {
    const EncodedCorpus old_corpus = test::grouped_corpus(200);
    const SubwordVectors start = train_fasttext(old_corpus, small_fasttext()).vectors;
    std::vector<std::vector<std::string>> text;
    for (int i = 0; i < 200; ++i) {
        text.push_back({"g0w0", "g0new", "g1w1", "zzzz", "g0w2"});
    }
    const EncodedCorpus corpus = encode_sequences(text, {.min_count = 1});
    FastTextOptions options = small_fasttext();
    options.start = &start;
    options.epochs = 0;
    const auto distance = [&](const SubwordVectors& vectors, const char* word) {
        return std::sqrt(simd::squared_l2(vectors.words()[word], start.words()[word]));
    };
    const SubwordVectors same = train_fasttext(corpus, options).vectors;
    REQUIRE(distance(same, "g0w0") < 1e-6f);
    options.epochs = 5;
    REQUIRE(distance(train_fasttext(corpus, options).vectors, "g0w0") > 0.01f);
    options.freeze_start = true;
    const SubwordVectors frozen = train_fasttext(corpus, options).vectors;
    REQUIRE(distance(frozen, "g0w0") < 1e-6f);
    REQUIRE(distance(frozen, "g1w1") < 1e-6f);
    for (std::size_t row = 0; row < frozen.ngrams().rows(); ++row) {
        const std::uint32_t bucket = frozen.bucket_rows()->used()[row];
        const auto before = start.ngram_row(bucket);
        if (!before) continue;
        REQUIRE(std::equal(frozen.ngrams()[row].begin(), frozen.ngrams()[row].end(),
                           start.ngrams()[*before].begin()));
    }
    REQUIRE(simd::norm(frozen.words()["zzzz"]) > 2 * simd::norm(same.words()["zzzz"]));
}

TEST_CASE("a stopped training of n-grams goes on to the same bytes") {
    const EncodedCorpus corpus = test::grouped_corpus(5000);
    const test::TemporaryFolder folder;
    FastTextOptions options = small_fasttext();
    options.epochs = FIRTH_USE_ATOMIC_ROWS() ? 3 : 60; // long enough to be stopped
    const std::string whole = bytes_of(train_fasttext(corpus, options));
    options.checkpoint = {.path = folder / "checkpoint", .seconds = 0};
    const auto stop = [](const Progress& progress) { return progress.done < progress.total / 5; };
    REQUIRE(train_fasttext(corpus, options, stop).stats.cancelled);
    options.checkpoint.resume = true;
    REQUIRE(bytes_of(train_fasttext(corpus, options)) == whole);
    // What was stopped is of these buckets and words.
    const auto refused = [&](const EncodedCorpus& by) {
        return test::message_of<OptionError>(
            [&] { static_cast<void>(train_fasttext(by, options)); });
    };
    EncodedCorpus other = corpus;
    other.vocabulary = Vocabulary();
    for (Id id = 0; id < corpus.vocabulary.size(); ++id) {
        other.vocabulary.add("h" + std::string(corpus.vocabulary[id].substr(1)),
                             corpus.vocabulary.count(id)); // n-grams as long, in other buckets
    }
    REQUIRE(test::contains(refused(other), "lists' checksum"));
    options.subwords.buckets = 501;
    REQUIRE(test::contains(refused(corpus), "buckets"));
}

TEST_CASE("options of n-grams outside their range are refused by name") {
    const EncodedCorpus corpus = test::grouped_corpus(10);
    const auto message = [&](auto&& change) {
        FastTextOptions options = small_fasttext();
        change(options);
        return test::message_of<OptionError>(
            [&] { static_cast<void>(train_fasttext(corpus, options)); });
    };
    using O = FastTextOptions;
    REQUIRE(test::contains(message([](O& o) { o.subwords.min_length = 0; }), "shortest n-gram"));
    REQUIRE(test::contains(message([](O& o) { o.subwords.max_length = 1; }), "longest n-gram"));
    REQUIRE(test::contains(message([](O& o) { o.subwords.max_length = 256; }), "longest n-gram"));
    REQUIRE(test::contains(message([](O& o) { o.subwords.buckets = 0; }), "buckets"));
    REQUIRE(test::contains(message([](O& o) { o.dim = 0; }), "dim"));
    REQUIRE(test::contains(message([](O& o) { o.negative = 0; }), "negative"));
    const SubwordVectors start = train_fasttext(corpus, small_fasttext()).vectors;
    const auto from_start = [&](auto&& change) {
        return message([&](O& o) {
            o.start = &start;
            change(o);
        });
    };
    REQUIRE(test::contains(from_start([](O& o) { o.dim = 30; }), "as in the model"));
    REQUIRE(test::contains(from_start([](O& o) { o.subwords.min_length = 3; }), "as in the model"));
    REQUIRE(test::contains(from_start([](O& o) { o.subwords.max_length = 5; }), "as in the model"));
    REQUIRE(test::contains(from_start([](O& o) { o.subwords.buckets = 7; }), "as in the model"));
}

#if defined(__linux__)
TEST_CASE("vectors that memory has no room for are refused with sizes") {
    std::vector<std::vector<std::string>> text(1);
    Random random(9);
    for (int i = 0; i < 500; ++i) {
        std::string word;
        for (int letter = 0; letter < 100; ++letter) {
            word += static_cast<char>('a' + random.below(26));
        }
        text[0].push_back(word);
    }
    const EncodedCorpus corpus = encode_sequences(text, {.min_count = 1});
    FastTextOptions options = small_fasttext();
    options.dim = max_dim; // 4 MB a row, of 160,000
    options.subwords = {.min_length = 3, .max_length = 6, .buckets = 2000000};
    const std::string said =
        test::message_of<Error>([&] { static_cast<void>(train_fasttext(corpus, options)); });
    REQUIRE(test::contains(said, "vectors of dim 1048576 for 500 words and 1"));
    REQUIRE(test::contains(said, " buckets of n-grams take 1.3 TB of memory, and "));
    REQUIRE(test::contains(said, "expected a smaller dim, fewer buckets or fewer words"));
}
#endif
