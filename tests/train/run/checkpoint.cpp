/// Trainings that are stopped and go on.

#include <firth/train/run/checkpoint.hpp>

#include <cmath>
#include <filesystem>

#include <firth/corpus/count_cooccurrences.hpp>

#include "../support.hpp"

using namespace firth;
using test::bytes_of;
using test::grouped_corpus;

namespace {

/// Stops at the first report after this much is done.
ProgressCallback stop_after(double share) {
    return [share](const Progress& progress) {
        return static_cast<double>(progress.done) < share * static_cast<double>(progress.total);
    };
}

} // namespace

TEST_CASE("a training that was stopped ends with the same bytes as one that was not") {
    const EncodedCorpus corpus = grouped_corpus(5000);
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    const std::uint32_t epochs = FIRTH_USE_ATOMIC_ROWS() ? 10 : 40; // slow where rows are atomic
    for (const std::size_t threads : {1u, 2u}) {
        Word2VecOptions options{
            .dim = 60, .sample = 0, .epochs = epochs, .threads = threads, .deterministic = true};
        const TrainedVectors whole = train_sgns(corpus, options);
        options.checkpoint = {.path = path, .seconds = 0.05};
        std::filesystem::remove(path);
        bool finished = false;
        int stops = 0;
        TrainedVectors last;
        while (!finished) {
            // By turns cancelled early, and left to end.
            last = train_sgns(corpus, options, stop_after(0.2 * ++stops));
            finished = !last.stats.cancelled;
            options.checkpoint.resume = true;
            REQUIRE(std::filesystem::exists(path));
        }
        REQUIRE(stops > 1);
        REQUIRE(bytes_of(whole.vectors.table()) == bytes_of(last.vectors.table()));
        REQUIRE(bytes_of(whole.output) == bytes_of(last.output));
        REQUIRE(last.stats.epoch_loss.size() == epochs);
        for (std::size_t e = 0; e < epochs; ++e) {
            REQUIRE(std::isfinite(last.stats.epoch_loss[e]));
        }
    }
}

TEST_CASE("a damaged checkpoint is refused") {
    const EncodedCorpus corpus = grouped_corpus(3000);
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    Word2VecOptions options{
        .dim = 20, .epochs = 100000, .threads = 1, .checkpoint = {.path = path}};
    REQUIRE(train_sgns(corpus, options, stop_after(0)).stats.cancelled);
    options.checkpoint.resume = true;
    // Every byte that is read counts: cut anywhere, or any byte changed.
    std::string bytes = test::read_file(path);
    Random random(1);
    const auto damaged = [&](const std::string& now) {
        test::write_file(path, now);
        try {
            static_cast<void>(train_sgns(corpus, options, stop_after(0)));
        } catch (const Error&) {
            return true;
        }
        return false;
    };
    for (int i = 0; i < 60; ++i) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(bytes.size()));
        REQUIRE(damaged(bytes.substr(0, at)));
    }
    for (const std::size_t at :
         {std::size_t{3}, std::size_t{10}, std::size_t{24}, std::size_t{30}, std::size_t{50},
          std::size_t{70}, std::size_t{500}, bytes.size() / 2, bytes.size() - 1, bytes.size() - 10,
          bytes.size() - 30, bytes.size() - 50, bytes.size() - 200}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        const bool padding = changed[at] == 0x10; // zeros between sections belong to none
        INFO("byte " << at);
        REQUIRE((damaged(changed) || padding));
    }
}

namespace {

/// The message that a run with `change` of the stopped one's options is refused with.
template <class Prediction = SkipGram, class Sampler = NegativeSampling>
std::string refused(const EncodedCorpus& corpus, Word2VecOptions options,
                    const std::function<void(Word2VecOptions&)>& change) {
    change(options);
    return test::message_of<OptionError>([&] {
        // One that is not refused stops soon.
        static_cast<void>(train_word2vec<Prediction, Sampler>(corpus, options, stop_after(0)));
    });
}

} // namespace

TEST_CASE("a checkpoint of any other setting is refused, one by one", "[checkpoint]") {
    const EncodedCorpus corpus = grouped_corpus(3000);
    const test::TemporaryFolder folder;
    Word2VecOptions options{.dim = 20,
                            .sample = 1e-7,
                            .epochs = 100000,
                            .threads = 2,
                            .deterministic = true,
                            .checkpoint = {.path = folder / "checkpoint"}};
    REQUIRE(train_sgns(corpus, options, stop_after(0)).stats.cancelled);
    options.checkpoint.resume = true;
    const auto message = [&](const std::function<void(Word2VecOptions&)>& change) {
        return refused(corpus, options, change);
    };
    const auto differs = [&](const std::string& was, const std::string& is,
                             const std::function<void(Word2VecOptions&)>& change) {
        REQUIRE(test::contains(message(change), "was written by a training with \"" + was +
                                                    "\", this one has \"" + is + "\""));
    };
    differs("dim = 20", "dim = 21", [](auto& o) { o.dim = 21; });
    differs("window = 5 dynamic", "window = 6 dynamic", [](auto& o) { o.window = 6; });
    differs("window = 5 dynamic", "window = 5 fixed",
            [](auto& o) { o.window_size = WindowSize::fixed; });
    differs("sample = 1e-07", "sample = 2e-07", [](auto& o) { o.sample = 2e-7; });
    differs("sample = 1e-07", "sample = 0", [](auto& o) { o.sample = 0; });
    differs("epochs = 100000", "epochs = 99999", [](auto& o) { o.epochs = 99999; });
    differs("learning rate = 0.025, schedule 0", "learning rate = 0.025000002, schedule 0",
            [](auto& o) { o.learning_rate = std::nextafter(0.025f, 1.0f); });
    differs("learning rate = 0.025, schedule 0", "learning rate = 0.025, schedule 1",
            [](auto& o) { o.schedule = Schedule::cosine; });
    differs("seed = 1", "seed = 2", [](auto& o) { o.seed = 2; });
    differs("threads = 2 in rounds", "threads = 3 in rounds", [](auto& o) { o.threads = 3; });
    differs("threads = 2 in rounds", "threads = several", [](auto& o) { o.deterministic = false; });
    differs("threads = 2 in rounds", "threads = 1", [](auto& o) { o.threads = 1; });
    const std::string model = "model = skip-gram, 5 negatives by count^0.75, whole words, 0 of "
                              "them frozen";
    differs(model, "model = skip-gram, 6 negatives by count^0.75, whole words, 0 of them frozen",
            [](auto& o) { o.negative = 6; });
    differs(model,
            "model = skip-gram, 5 negatives by count^0.7500001, whole words, 0 of them frozen",
            [](auto& o) { o.negative_power = 0.7500001; });
    const WordVectors<float> known = [&] {
        Vocabulary words;
        words.add("g0w0");
        return WordVectors<float>(std::move(words), EmbeddingTable<float>(1, 20));
    }();
    differs(model, "model = skip-gram, 5 negatives by count^0.75, whole words, 1 of them frozen",
            [&](auto& o) {
                o.start = &known;
                o.freeze_start = true;
            });
    REQUIRE(test::contains(refused<Cbow>(corpus, options, [](auto&) {}), "CBOW, 5 negatives"));
    REQUIRE(test::contains(
        refused<Cbow>(corpus, options, [](auto& o) { o.cbow_gradient = CbowGradient::exact; }),
        "CBOW with the exact gradient, 5 negatives"));
    REQUIRE(test::contains(refused<SkipGram, HierarchicalSoftmax>(corpus, options, [](auto&) {}),
                           "skip-gram, hierarchical softmax, "));

    // Another corpus: fewer ids; the same in other sentences; the same number of other ids.
    const auto corpus_message = [&](const EncodedCorpus& other) {
        return refused(other, options, [](auto&) {});
    };
    REQUIRE(test::contains(corpus_message(grouped_corpus(2999)), "\"corpus = 18000 ids in 3000 "));
    const CorpusView view = corpus.corpus;
    const auto with = [&](std::vector<Id> ids, std::vector<std::uint64_t> ends) {
        const EncodedCorpus other{corpus.vocabulary,
                                  Corpus::from_parts(std::move(ids), std::move(ends)), 18000};
        return corpus_message(other);
    };
    REQUIRE(test::contains(with({view.ids.begin(), view.ids.end()}, {18000}),
                           "18000 ids in 1 sentences"));
    // The same ids, as often, in as many sentences: two that differ exchange their places, at the
    // very end, too; or a sentence ends elsewhere.
    const std::vector<std::uint64_t> ends(view.sentence_ends.begin(), view.sentence_ends.end());
    for (const bool at_end : {false, true}) {
        std::vector<Id> ids(view.ids.begin(), view.ids.end());
        const auto first = at_end ? ids.end() - 1 : ids.begin();
        for (auto other = at_end ? first - 1 : first + 1;; at_end ? --other : ++other) {
            if (*other == *first) continue;
            std::iter_swap(first, other);
            break;
        }
        REQUIRE(test::contains(with(ids, ends), "18000 ids in 3000 sentences, counts' checksum "));
    }
    // The same ids by another tokenizer.
    const EncodedCorpus folded{
        corpus.vocabulary,
        Corpus::from_parts({view.ids.begin(), view.ids.end()}, ends, "folded words"), 18000};
    REQUIRE(test::contains(corpus_message(folded), ", tokenizer folded words, checksum "));
    std::vector<std::uint64_t> moved = ends;
    --moved[1234];
    REQUIRE(test::contains(with({view.ids.begin(), view.ids.end()}, moved), "18000 ids in 3000 "));
    Vocabulary counted;
    for (Id id = 0; id < corpus.vocabulary.size(); ++id) {
        counted.add(corpus.vocabulary.symbols()[id],
                    corpus.vocabulary.counts()[id] + (id == 0 ? 1u : 0u));
    }
    const EncodedCorpus recounted{counted, corpus.corpus, 18000};
    REQUIRE(test::contains(corpus_message(recounted), "counts' checksum "));

    // And with nothing changed it is taken.
    std::uint64_t first = 0;
    static_cast<void>(train_sgns(corpus, options, [&](const Progress& progress) {
        if (first == 0) first = progress.done;
        return false;
    }));
    REQUIRE(first > 0);
}

TEST_CASE("a checkpoint holds its place, its tables and nothing else", "[checkpoint]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    EmbeddingTable<float> input = test::random_vectors(7, 5, 1).table();
    EmbeddingTable<float> output = test::random_vectors(3, 5, 2).table();
    std::vector<float> state{1.25f, -7, 0.5f};
    const std::vector<TrainedNumbers> written{
        trained_table("input", input), trained_table("output", output), {"moments", state}};
    const TrainingSettings settings{{"a", "1"}, {"b", "2\nof several lines"}};
    TrainingPlace place;
    place.epoch = 3;
    place.part = 70;
    place.loss = {1.5, 9, 2.5};
    place.samples = 11;
    place.epoch_loss = {0.25, 0.5, 0.75};
    write_checkpoint(path, settings, place, written);
    EmbeddingTable<float> read_input(7, 5);
    EmbeddingTable<float> read_output(3, 5);
    std::vector<float> read_state(3);
    const std::vector<TrainedNumbers> to_read{trained_table("input", read_input),
                                              trained_table("output", read_output),
                                              {"moments", read_state}};
    const TrainingPlace read = read_checkpoint(path, settings, to_read);
    REQUIRE(read.epoch == 3);
    REQUIRE(read.part == 70);
    REQUIRE(read.loss.loss == 1.5);
    REQUIRE(read.loss.samples == 9);
    REQUIRE(read.loss.zero_loss == 2.5);
    REQUIRE(read.samples == 11);
    REQUIRE(read.epoch_loss == place.epoch_loss);
    REQUIRE(bytes_of(read_input) == bytes_of(input));
    REQUIRE(bytes_of(read_output) == bytes_of(output));
    REQUIRE(read_state == state);

    // Each section has its checksum looked at.
    const std::string bytes = test::read_file(path);
    for (const auto& [section, value] :
         {std::pair<std::string, std::string>{"settings", "a = 1"},
          {"place", std::string(detail::bytes_of(std::uint64_t{70}))},
          {"loss", std::string(detail::bytes_of(2.5))},
          {"input", std::string(detail::bytes_of(input[3][2]))},
          {"output", std::string(detail::bytes_of(output[1][4]))},
          {"moments", std::string(detail::bytes_of(state[1]))}}) {
        std::string changed = bytes;
        changed[changed.find(value)] ^= 1;
        test::write_file(path, changed);
        REQUIRE(test::contains(test::message_of<FormatError>([&] {
                                   static_cast<void>(read_checkpoint(path, settings, to_read));
                               }),
                               '"' + section + "\" does not have its checksum"));
    }
    test::write_file(path, bytes);

    const auto message = [&](const TrainingSettings& other) {
        return test::message_of<OptionError>(
            [&] { static_cast<void>(read_checkpoint(path, other, to_read)); });
    };
    REQUIRE(test::contains(message({{"a", "1"}, {"b", "3"}}), "\"b = 2\", this one has \"b = 3\""));
    REQUIRE(test::contains(message({{"a", "1"}}), "\"b = 2\", this one has no such setting"));
    REQUIRE(test::contains(message({{"a", ""}, {"b", "2"}}), "\"a = 1\", this one has \"a = \""));
    REQUIRE(test::contains(message({settings[0], settings[1], {"c", "3"}}),
                           "\"\", this one has \"c = 3\""));
    EmbeddingTable<float> larger(8, 5);
    const std::vector<TrainedNumbers> wrong{trained_table("input", larger)};
    REQUIRE(test::contains(test::message_of<FormatError>(
                               [&] { static_cast<void>(read_checkpoint(path, settings, wrong)); }),
                           "\"input\" holds 112 numbers, expected 128"));
    place.epoch = 2; // three losses of two epochs
    write_checkpoint(path, settings, place, written);
    REQUIRE(test::contains(test::message_of<FormatError>([&] {
                               static_cast<void>(read_checkpoint(path, settings, to_read));
                           }),
                           "place"));
    SectionFileWriter(path, "checkpoint", 1).commit();
    REQUIRE(test::contains(test::message_of<FormatError>([&] {
                               static_cast<void>(read_checkpoint(path, settings, to_read));
                           }),
                           "version 1, expected 2"));
}

namespace {

const EncodedCorpus& small_corpus() {
    static const EncodedCorpus corpus = grouped_corpus(2000);
    return corpus;
}

CooccurrenceCounts small_counts() {
    return count_cooccurrences(small_corpus().corpus, small_corpus().vocabulary.size());
}

} // namespace

TEST_CASE("a checkpoint that is there is only replaced by the training that resumes it",
          "[checkpoint]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    test::write_file(path, "of somebody's work");
    const auto kept = [&](auto&& train) {
        const std::string said = test::message_of<OptionError>([&] { train(); });
        REQUIRE(test::contains(said, path + " is there already"));
        REQUIRE(test::contains(said, "resume"));
        REQUIRE(test::contains(said, "another path"));
        REQUIRE(test::read_file(path) == "of somebody's work");
    };
    kept([&] { static_cast<void>(train_sgns(small_corpus(), {.checkpoint = {.path = path}})); });
    kept([&] {
        static_cast<void>(
            train_glove(small_corpus().vocabulary, small_counts(), {.checkpoint = {.path = path}}));
    });
    kept([&] { check_checkpoint({.path = path}); });
    REQUIRE_NOTHROW(check_checkpoint({.path = path, .resume = true}));
    REQUIRE_NOTHROW(check_checkpoint({.path = folder / "other"}));
    REQUIRE_NOTHROW(check_checkpoint({}));
    // Resumed where there is none, it begins at the start.
    const TrainedVectors trained =
        train_sgns(small_corpus(), {.dim = 8,
                                    .epochs = 1,
                                    .threads = 1,
                                    .checkpoint = {.path = folder / "none", .resume = true}});
    REQUIRE(trained.stats.steps == small_corpus().corpus.size());
}

TEST_CASE("an interval of 0 means no checkpoint but the one on cancelling", "[checkpoint]") {
    const test::TemporaryFolder folder;
    const auto written = [&](double seconds, auto&& train) {
        const CheckpointOptions checkpoint{.path = folder / "checkpoint", .seconds = seconds};
        train(checkpoint);
        return std::filesystem::remove(checkpoint.path);
    };
    const auto words = [](const CheckpointOptions& checkpoint) {
        static_cast<void>(train_sgns(
            small_corpus(), {.dim = 8, .epochs = 2, .threads = 1, .checkpoint = checkpoint}));
    };
    const auto counts = [](const CheckpointOptions& checkpoint) {
        static_cast<void>(train_glove(small_corpus().vocabulary, small_counts(),
                                      {.dim = 8, .epochs = 2, .checkpoint = checkpoint}));
    };
    REQUIRE_FALSE(written(0, words));
    REQUIRE_FALSE(written(0, counts));
    REQUIRE(written(1e-9, words));
    REQUIRE(written(1e-9, counts));
}

TEST_CASE("a checkpoint that cannot be written does not end the training", "[checkpoint]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "no such folder/checkpoint";
    std::vector<std::string> failures;
    const CheckpointOptions checkpoint{
        .path = path, .seconds = 1e-9, .on_failure = [&](const std::string& reason) {
            failures.push_back(reason);
        }};
    const Word2VecOptions options{.dim = 8, .sample = 0, .epochs = 2, .threads = 1};
    const GloVeOptions glove{.dim = 8, .epochs = 2, .threads = 1};
    const auto check = [&](const TrainedVectors& with, const TrainedVectors& without) {
        REQUIRE(failures.size() > 1);
        REQUIRE(test::contains(failures[0], "cannot write " + path));
        REQUIRE(with.stats.checkpoint_failure == failures.back());
        REQUIRE(without.stats.checkpoint_failure.empty());
        REQUIRE(bytes_of(with.vectors.table()) == bytes_of(without.vectors.table()));
        failures.clear();
    };
    Word2VecOptions kept = options;
    kept.checkpoint = checkpoint;
    check(train_sgns(small_corpus(), kept), train_sgns(small_corpus(), options));
    GloVeOptions glove_kept = glove;
    glove_kept.checkpoint = checkpoint;
    check(train_glove(small_corpus().vocabulary, small_counts(), glove_kept),
          train_glove(small_corpus().vocabulary, small_counts(), glove));
    // Without a callback it goes on, too, and says so in the end.
    kept.checkpoint.on_failure = nullptr;
    REQUIRE(test::contains(train_sgns(small_corpus(), kept).stats.checkpoint_failure, path));

    // On cancelling there is no next time.
    kept.epochs = 1000000;
    kept.checkpoint.seconds = 300;
    REQUIRE(test::contains(test::message_of<IoError>([&] {
                               static_cast<void>(train_sgns(small_corpus(), kept, stop_after(0)));
                           }),
                           path));
    glove_kept.epochs = 1000000;
    glove_kept.checkpoint.seconds = 300;
    REQUIRE(test::contains(test::message_of<IoError>([&] {
                               static_cast<void>(train_glove(small_corpus().vocabulary,
                                                             small_counts(), glove_kept,
                                                             stop_after(0)));
                           }),
                           path));
    REQUIRE(failures.empty());
}
