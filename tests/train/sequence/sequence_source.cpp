/// Sentences that are made whenever they are asked for train the same bytes as when they are
/// stored.

#include <firth/corpus/sequence_source.hpp>

#include <chrono>
#include <numeric>
#include <thread>

#include "../support.hpp"

using namespace firth;
using test::bytes_of;

namespace {

/// The example of `SequenceSource`.
struct RingWalks {
    Id nodes;
    std::size_t walks;
    std::size_t sentences() const { return walks; }
    std::uint64_t sentence_end(std::size_t i) const { return 20 * (i + 1); }
    std::span<const Id> sentence(std::size_t i, std::vector<Id>& walk) const {
        Random random(1, i);
        walk.assign(1, random.below(nodes));
        while (walk.size() < 20) {
            walk.push_back((walk.back() + 1 + random.below(2)) % nodes);
        }
        return walk;
    }
    std::string settings() const { return "walks on a ring of " + std::to_string(nodes); }
};

/// Takes so long over one of them that the training reports, once an epoch.
struct SlowWalks : RingWalks {
    std::span<const Id> sentence(std::size_t i, std::vector<Id>& buffer) const {
        if (i == 300) std::this_thread::sleep_for(std::chrono::milliseconds(110));
        return RingWalks::sentence(i, buffer);
    }
};

/// Sentence i has the ids 1, 2, ... `given[i]`, and room for `room[i]`.
struct Runs {
    const std::vector<std::size_t>* given;
    const std::vector<std::size_t>* room;
    std::size_t sentences() const { return room->size(); }
    std::uint64_t sentence_end(std::size_t i) const {
        return std::accumulate(room->begin(), room->begin() + static_cast<std::ptrdiff_t>(i) + 1,
                               std::uint64_t{0});
    }
    std::span<const Id> sentence(std::size_t i, std::vector<Id>& buffer) const {
        buffer.resize((*given)[i]);
        std::iota(buffer.begin(), buffer.end(), Id{1});
        return buffer;
    }
    std::string settings() const { return "runs"; }
};

/// The second of two sentences ends before the first.
struct Falling : RingWalks {
    std::uint64_t sentence_end(std::size_t i) const { return i == 0 ? 20 : 19; }
};

struct NoSettings {
    std::size_t sentences() const { return 0; }
    std::uint64_t sentence_end(std::size_t) const { return 0; }
    std::span<const Id> sentence(std::size_t, std::vector<Id>&) const { return {}; }
};
struct NoEnds {
    std::size_t sentences() const { return 0; }
    std::span<const Id> sentence(std::size_t, std::vector<Id>&) const { return {}; }
    std::string settings() const { return {}; }
};
struct NoBuffer : NoEnds {
    std::uint64_t sentence_end(std::size_t) const { return 0; }
    std::span<const Id> sentence(std::size_t) const { return {}; }
};
static_assert(SequenceSource<RingWalks> && SequenceSource<Runs> && SequenceSource<Falling>);
static_assert(!SequenceSource<NoSettings> && !SequenceSource<NoEnds> && !SequenceSource<NoBuffer>);
// A corpus is no view of itself, but converts to one.
static_assert(SequenceSource<CorpusView> && !SequenceSource<Corpus>);

/// All sentences of a source in memory.
template <SequenceSource Source>
Corpus stored(const Source& source) {
    Corpus corpus;
    std::vector<Id> buffer;
    for (std::size_t i = 0; i < source.sentences(); ++i) {
        for (const Id id : source.sentence(i, buffer)) {
            corpus.add(id);
        }
        corpus.end_sentence();
    }
    return corpus;
}

/// Nodes 0, 1, ... with the counts of a source.
template <SequenceSource Source>
Vocabulary nodes_of(const Source& source, std::size_t nodes) {
    Vocabulary vocabulary;
    const std::vector<std::uint64_t> counts = count_ids(source, nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
        vocabulary.add("node" + std::to_string(node), counts[node]);
    }
    return vocabulary;
}

/// Notes what the loop hands out.
struct SentenceNotes {
    std::vector<std::pair<std::uint64_t, std::vector<Id>>>* sentences;
    void add(const Sentence& sentence, float, Random&) {
        sentences->push_back({sentence.number, {sentence.ids.begin(), sentence.ids.end()}});
    }
    void train() {}
    LossSum take_loss() { return {}; }
};

/// Rounds of workers that share nothing.
struct RoundsApart {
    static constexpr bool in_rounds = true;
    void share(std::size_t) {}
    void merge(std::size_t) {}
};

/// All ids that the loop hands out in an epoch, by sentence.
std::vector<std::vector<Id>> handed_out(const Runs& runs, auto sharing) {
    std::vector<std::pair<std::uint64_t, std::vector<Id>>> parts;
    const std::vector<std::uint64_t> counts(5001, 1);
    SequenceLoop<SentenceNotes, decltype(sharing), Runs> loop(
        runs, counts, {.epochs = 1, .sample = 0, .threads = 1}, sharing,
        [&](std::size_t) { return SentenceNotes{&parts}; });
    REQUIRE(loop.run().steps == runs.sentence_end(runs.sentences() - 1));
    std::vector<std::vector<Id>> sentences(runs.sentences());
    for (const auto& [number, ids] : parts) {
        sentences[number].insert(sentences[number].end(), ids.begin(), ids.end());
    }
    return sentences;
}

} // namespace

TEST_CASE("walks made on the fly train the same bytes as stored ones", "[source]") {
    const RingWalks walks{50, 2000};
    const Vocabulary nodes = nodes_of(walks, 50);
    const EncodedCorpus corpus{nodes, stored(walks), 40000};
    const Word2VecOptions one{.dim = 20, .epochs = 2, .threads = 1};
    const Word2VecOptions rounds{.dim = 20, .epochs = 2, .threads = 2, .deterministic = true};
    for (const Word2VecOptions& options : {one, rounds}) {
        const TrainedVectors made = train_sgns(nodes, walks, options);
        const TrainedVectors read = train_sgns(corpus, options);
        REQUIRE(bytes_of(made.vectors.table()) == bytes_of(read.vectors.table()));
        REQUIRE(bytes_of(made.output) == bytes_of(read.output));
        REQUIRE(made.stats.epoch_loss == read.stats.epoch_loss);
        REQUIRE(made.stats.steps == 80000);
        REQUIRE(made.stats.kept == read.stats.kept);
        auto trainer = make_word2vec(nodes.counts(), options);
        REQUIRE(trainer.train(walks).steps == 80000);
        REQUIRE(bytes_of(trainer.input()) == bytes_of(read.vectors.table()));
        REQUIRE(bytes_of(train_cbow(nodes, walks, options).vectors.table()) ==
                bytes_of(train_cbow(corpus, options).vectors.table()));
    }
    REQUIRE(bytes_of(
                train_word2vec<SkipGram, HierarchicalSoftmax>(nodes, walks, one).vectors.table()) ==
            bytes_of(train_word2vec<SkipGram, HierarchicalSoftmax>(corpus, one).vectors.table()));
}

TEST_CASE("racing threads learn a ring from walks", "[source]") {
    const RingWalks walks{50, 4000};
    const WordVectors<float> vectors =
        train_sgns(nodes_of(walks, 50), walks, {.dim = 20, .window = 2, .sample = 0, .threads = 3})
            .vectors;
    for (Id node = 0; node < 50; ++node) {
        INFO(node);
        REQUIRE(simd::cosine(vectors[node], vectors[(node + 1) % 50]) >
                simd::cosine(vectors[node], vectors[(node + 25) % 50]));
    }
}

TEST_CASE("a training from walks is resumed, from other walks it is not", "[source][checkpoint]") {
    const RingWalks walks{50, 2000};
    const Vocabulary nodes = nodes_of(walks, 50);
    const test::TemporaryFolder folder;
    for (const std::size_t threads : {1u, 2u}) {
        Word2VecOptions options{.dim = 20, .epochs = 3, .threads = threads, .deterministic = true};
        const TrainedVectors whole = train_sgns(nodes, walks, options);
        options.checkpoint.path = folder / std::to_string(threads);
        const ProgressCallback stop = [](const Progress&) { return false; };
        // Stopped in the middle of each epoch, or more often on a slow machine.
        for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
            REQUIRE(train_sgns(nodes, SlowWalks{walks}, options, stop).stats.cancelled);
            options.checkpoint.resume = true;
        }
        const auto message = [&](const auto& source) {
            return test::message_of<OptionError>(
                [&] { static_cast<void>(train_sgns(nodes, source, options)); });
        };
        REQUIRE(test::contains(message(RingWalks{49, 2000}), "walks on a ring of 50\", this one"));
        REQUIRE(test::contains(message(RingWalks{49, 2000}), "walks on a ring of 49\""));
        REQUIRE(test::contains(message(RingWalks{50, 1999}), "39980 ids in 1999 sentences"));
        REQUIRE(test::contains(message(stored(walks).view()), ", checksum "));
        const TrainedVectors resumed = train_sgns(nodes, walks, options);
        REQUIRE(resumed.stats.steps < whole.stats.steps);
        REQUIRE(resumed.stats.steps > 0);
        REQUIRE(bytes_of(resumed.vectors.table()) == bytes_of(whole.vectors.table()));
        REQUIRE(bytes_of(resumed.output) == bytes_of(whole.output));
    }
}

TEST_CASE("sentences may be shorter than the room they have", "[source]") {
    // Some end right where a chunk does, some are cut by chunks, of some the rest is empty.
    std::vector<std::size_t> room;
    std::vector<std::size_t> given;
    Random random(3);
    for (std::size_t i = 0; i < 300; ++i) {
        room.push_back(i == 7 || i == 200 ? 5000 : i == 100 ? 0 : 1 + random.below(40));
        given.push_back(i == 7     ? 5000
                        : i == 200 ? 2500
                                   : random.below(static_cast<std::uint32_t>(room[i]) + 1));
    }
    for (const auto& sentences : {handed_out({&given, &room}, SharedTables()),
                                  handed_out({&given, &room}, RoundsApart())}) {
        for (std::size_t i = 0; i < room.size(); ++i) {
            INFO("sentence " << i);
            std::vector<Id> ids(given[i]);
            std::iota(ids.begin(), ids.end(), Id{1});
            REQUIRE(sentences[i] == ids);
        }
    }
}

TEST_CASE("ids are counted, by any number of threads", "[source]") {
    const RingWalks walks{50, 777};
    const Corpus corpus = stored(walks);
    std::vector<std::uint64_t> expected(60);
    for (const Id id : corpus.view().ids) {
        ++expected[id];
    }
    for (const std::size_t threads : {0u, 1u, 3u, 1000u}) {
        REQUIRE(count_ids(walks, 60, threads) == expected);
        REQUIRE(count_ids(corpus.view(), 60, threads) == expected);
    }
    REQUIRE(count_ids(RingWalks{50, 0}, 2) == std::vector<std::uint64_t>(2));
}

TEST_CASE("a source that is not sound is refused", "[source][failure]") {
    const auto counting = [](const auto& source, std::size_t symbols) {
        return test::message_of<Error>([&] { static_cast<void>(count_ids(source, symbols, 2)); });
    };
    const auto training = [](const auto& source, std::size_t symbols, bool deterministic) {
        const std::vector<std::uint64_t> counts(symbols, 1);
        return test::message_of<Error>([&] {
            make_word2vec(counts, {.dim = 4, .threads = 2, .deterministic = deterministic})
                .train(source);
        });
    };
    const auto refused = [&](const auto& source, std::size_t symbols, const std::string& message) {
        REQUIRE(counting(source, symbols) == message);
        REQUIRE(training(source, symbols, false) == message);
        REQUIRE(training(source, symbols, true) == message);
    };
    refused(Falling{{50, 2}}, 50, "sentence 1 of the source ends at 19, expected 20 or more");
    const std::vector<std::size_t> room{4, 4, 4};
    const std::vector<std::size_t> longer{3, 5, 4};
    refused(Runs{&longer, &room}, 50, "sentence 1 of the source has 5 ids, expected at most 4");
    const std::vector<std::size_t> one_beyond{3, 4, 3};
    refused(Runs{&one_beyond, &room}, 4,
            "sentence 1 of the source holds id 4, expected ids below 4");
    REQUIRE(training(RingWalks{50, 0}, 50, false) ==
            "the corpus is empty, expected at least one sentence");
}
