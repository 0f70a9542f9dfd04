/// What the loop hands to its workers, noted down and compared with a plain list (`naive.hpp`).

#include <firth/train/sequence/sequence_loop.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <numeric>
#include <thread>

#include "../naive.hpp"
#include "../support.hpp"

using namespace firth;
using test::NaiveSentence;

namespace {

/// What a worker was told, in order; shared and merged in rounds.
struct Log {
    std::vector<NaiveSentence> sentences;
    std::string calls; ///< a: add, t: train, s: share, m: merge
    LossSum loss;
};

/// Notes what the loop hands out. The loss is the rate of each id.
struct Recorder {
    Log* log;
    int milliseconds = 0; ///< that the first sentence takes

    void add(const Sentence& sentence, float rate, Random& random) {
        log->sentences.push_back(
            {{sentence.ids.begin(), sentence.ids.end()}, sentence.number, rate, random()});
        log->calls += 'a';
        log->loss += {static_cast<double>(rate) * static_cast<double>(sentence.ids.size()),
                      sentence.ids.size()};
        std::this_thread::sleep_for(std::chrono::milliseconds(std::exchange(milliseconds, 0)));
    }
    void train() { log->calls += 't'; }
    LossSum take_loss() { return std::exchange(log->loss, LossSum()); }
};

/// Sentences of 1 to 40 ids, two long ones, ids by Zipf's law.
struct Ids {
    std::vector<Id> ids;
    std::vector<std::uint64_t> ends;
    std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(100);

    explicit Ids(std::size_t sentences) {
        Random random(11);
        for (std::size_t s = 0; s < sentences; ++s) {
            const std::uint32_t length = s == 3 ? 2500 : s == 40 ? 1200 : 1 + random.below(40);
            for (std::uint32_t i = 0; i < length; ++i) {
                ids.push_back(random.below(1 + random.below(100)));
                ++counts[ids.back()];
            }
            ends.push_back(ids.size());
        }
    }
    [[nodiscard]] CorpusView view() const { return {ids, ends}; }
};

/// The example of `TableSharing`: rounds of workers that share nothing.
struct Apart {
    static constexpr bool in_rounds = true;
    void share(std::size_t) {}
    void merge(std::size_t) {}
};

/// Notes what workers in rounds are told.
struct NotedRounds {
    static constexpr bool in_rounds = true;
    std::vector<Log>* logs;
    void share(std::size_t worker) { (*logs)[worker].calls += 's'; }
    void merge(std::size_t worker) { (*logs)[worker].calls += 'm'; }
};

/// Rounds need `merge`, and racing workers nothing.
struct NoMerge {
    static constexpr bool in_rounds = true;
    void share(std::size_t) {}
};
struct Free {
    static constexpr bool in_rounds = false;
};
static_assert(TableSharing<Apart> && TableSharing<NotedRounds> && TableSharing<Free>);
static_assert(!TableSharing<NoMerge>);

/// Calls `body` with a way of sharing nothing.
template <class Body>
auto with_sharing(bool rounds, Body&& body) {
    if (rounds) {
        Apart apart;
        return body(apart);
    }
    Free free;
    return body(free);
}

/// All sentences of an epoch, and of the chunks from `first` on, every `step`-th.
std::vector<NaiveSentence> expected(const Ids& corpus, const SequenceLoopOptions& options,
                                    std::size_t workers_in_rounds = 0, std::size_t first = 0,
                                    std::size_t step = 1) {
    const auto chunks = test::naive_chunks(corpus.view(), workers_in_rounds, options);
    std::vector<NaiveSentence> all;
    for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
        for (std::size_t chunk = first; chunk < chunks.size(); chunk += step) {
            for (auto& sentence : test::naive_sentences(corpus.view(), corpus.counts, options,
                                                        chunks, epoch, chunk)) {
                all.push_back(sentence);
            }
        }
    }
    return all;
}

std::size_t ids_in(const std::vector<NaiveSentence>& sentences) {
    std::size_t count = 0;
    for (const NaiveSentence& sentence : sentences) {
        count += sentence.ids.size();
    }
    return count;
}

} // namespace

TEST_CASE("the loop hands out what a plain list says", "[loop]") {
    const Ids corpus(300);
    std::vector<SequenceLoopOptions> all(9, {.epochs = 2, .threads = 1});
    all[1].epochs = 3;
    all[2].learning_rate = 0.5f;
    all[3].schedule = Schedule::cosine;
    all[4].schedule = Schedule::constant;
    all[5].sample = 0;
    all[6].sample = 0.1;
    all[7].max_sentence = 50;
    all[8].seed = 9;
    std::vector<std::vector<NaiveSentence>> handed;
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO("options " << i);
        Log log;
        SharedTables racing;
        SequenceLoop<Recorder> loop(corpus.view(), corpus.counts, all[i], racing,
                                    [&](std::size_t) { return Recorder{&log}; });
        const TrainingStats stats = loop.run();
        REQUIRE(log.sentences == expected(corpus, all[i]));
        REQUIRE(stats.steps == corpus.ids.size() * all[i].epochs);
        REQUIRE(stats.kept == ids_in(log.sentences));
        REQUIRE_FALSE(stats.cancelled);
        // Every sentence is trained as soon as it was added.
        for (std::size_t c = 0; c < log.calls.size(); ++c) {
            REQUIRE(log.calls[c] == (c % 2 == 0 ? 'a' : 't'));
        }
        handed.push_back(log.sentences);
    }
    // The test has what it is for: chunks, kept shares, cuts.
    REQUIRE(test::naive_chunks(corpus.view(), 0, all[0]).size() > 4);
    REQUIRE(ids_in(handed[0]) < corpus.ids.size() * 2 * 3 / 4);
    REQUIRE(ids_in(handed[5]) == corpus.ids.size() * 2);
    for (std::size_t i = 1; i < all.size(); ++i) {
        REQUIRE(handed[i] != handed[0]);
    }
}

TEST_CASE("defaults of the loop and of checkpoints", "[loop]") {
    const SequenceLoopOptions options;
    REQUIRE(options.epochs == 5);
    REQUIRE(options.learning_rate == 0.025f);
    REQUIRE(options.schedule == Schedule::linear);
    REQUIRE(options.sample == 1e-3);
    REQUIRE(options.max_sentence == 1000);
    REQUIRE(options.threads == 0);
    REQUIRE(options.seed == 1);
    const CheckpointOptions checkpoint;
    REQUIRE(checkpoint.path.empty());
    REQUIRE(checkpoint.seconds == 300);
    REQUIRE_FALSE(checkpoint.resume);
    REQUIRE_FALSE(checkpoint.on_failure);
}

TEST_CASE("threads share the chunks out among them, each once", "[loop]") {
    const Ids corpus(600);
    const SequenceLoopOptions options{.epochs = 2, .sample = 0.05, .threads = 3};
    std::vector<Log> logs(3);
    SharedTables racing;
    SequenceLoop<Recorder> loop(corpus.view(), corpus.counts, options, racing,
                                [&](std::size_t worker) { return Recorder{&logs[worker]}; });
    const TrainingStats stats = loop.run();
    std::vector<NaiveSentence> all;
    for (const Log& log : logs) {
        all.insert(all.end(), log.sentences.begin(), log.sentences.end());
    }
    auto list = expected(corpus, options);
    const auto order = [](const NaiveSentence& a, const NaiveSentence& b) {
        return std::pair(a.seed, a.number) < std::pair(b.seed, b.number);
    };
    std::sort(all.begin(), all.end(), order);
    std::sort(list.begin(), list.end(), order);
    REQUIRE(all == list);
    REQUIRE(stats.steps == corpus.ids.size() * 2);
    REQUIRE(stats.kept == ids_in(list));
}

TEST_CASE("every epoch begins with a chunk of the worker that reports", "[loop]") {
    const Ids corpus(1000);
    const SequenceLoopOptions options{.epochs = 20, .threads = 16};
    REQUIRE(test::naive_chunks(corpus.view(), 0, options).size() > 16);
    std::vector<Log> logs(16);
    SharedTables racing;
    SequenceLoop<Recorder> loop(corpus.view(), corpus.counts, options, racing,
                                [&](std::size_t worker) { return Recorder{&logs[worker]}; });
    loop.run();
    const auto& own = logs[0].sentences;
    REQUIRE(std::count_if(own.begin(), own.end(), [](const NaiveSentence& sentence) {
                return sentence.number == 0;
            }) == 20);
}

namespace {

/// What workers one of which throws were told.
struct Failure {
    std::size_t worker;
    bool adding;   ///< at its first sentence
    bool training; ///< at its first training
    std::atomic<bool> thrown{false};
    std::atomic<std::size_t> sentences{0}; ///< of the others
    std::vector<std::size_t> trained = std::vector<std::size_t>(3);
};

/// Throws, or waits for the one that does and goes on slowly.
struct Failing {
    Failure* failure;
    std::size_t worker;

    void add(const Sentence&, float, Random&) {
        if (worker != failure->worker) {
            while (failure->adding && !failure->thrown) {
                std::this_thread::yield();
            }
            if (++failure->sentences > 3) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        } else if (failure->adding && !failure->thrown.exchange(true)) {
            throw Error("adding failed");
        }
    }
    void train() {
        ++failure->trained[worker];
        if (worker == failure->worker && failure->training) throw Error("training failed");
    }
    LossSum take_loss() { return {}; }
};

std::string failing(Failure& failure, bool rounds) {
    // Each sentence is a chunk of its own where workers do not go in rounds.
    const std::vector<Id> ids(200 * 1024);
    std::vector<std::uint64_t> ends;
    for (std::size_t s = 1; s <= 200; ++s) {
        ends.push_back(s * 1024);
    }
    const std::vector<std::uint64_t> counts{ids.size()};
    return with_sharing(rounds, [&](auto& sharing) {
        SequenceLoop<Failing, std::remove_reference_t<decltype(sharing)>> loop(
            CorpusView{ids, ends}, counts,
            {.epochs = 2, .sample = 0, .max_sentence = 1024, .threads = 3}, sharing,
            [&](std::size_t worker) {
                return Failing{&failure, worker};
            });
        return test::message_of<Error>([&] { loop.run(); });
    });
}

} // namespace

TEST_CASE("what a worker throws arrives, and stops the others", "[loop][failure]") {
    for (std::size_t worker = 0; worker < 3; ++worker) {
        INFO("worker " << worker);
        Failure failure{worker, true, false};
        REQUIRE(failing(failure, false) == "adding failed");
        // Without end they would have had 199.
        REQUIRE(failure.sentences < 150);
    }
}

TEST_CASE("what a worker throws in a round arrives, and the round is the last", "[loop][failure]") {
    for (std::size_t worker = 0; worker < 3; ++worker) {
        INFO("worker " << worker);
        Failure adding{worker, true, false};
        REQUIRE(failing(adding, true) == "adding failed");
        REQUIRE(adding.trained == std::vector<std::size_t>{1, 1, 1});
        // The first error is the one that is told.
        Failure both{worker, true, true};
        REQUIRE(failing(both, true) == "adding failed");
        // Whether to go on is asked while others may still train.
        Failure training{worker, false, true};
        REQUIRE(failing(training, true) == "training failed");
        REQUIRE(training.trained[worker] <= std::size_t{worker == 0 ? 1u : 2u});
    }
}

TEST_CASE("in rounds worker w takes chunks w, w + workers, ...", "[loop]") {
    const Ids corpus(300);
    for (const std::size_t workers : {1u, 2u, 3u, 8u}) {
        INFO("workers " << workers);
        const SequenceLoopOptions options{.epochs = 2, .sample = 0.05, .threads = workers};
        std::vector<Log> logs(workers);
        NotedRounds noted{&logs};
        SequenceLoop<Recorder, NotedRounds> loop(
            corpus.view(), corpus.counts, options, noted,
            [&](std::size_t worker) { return Recorder{&logs[worker]}; });
        const TrainingStats stats = loop.run();
        std::size_t kept = 0;
        for (std::size_t w = 0; w < workers; ++w) {
            REQUIRE(logs[w].sentences == expected(corpus, options, workers, w, workers));
            kept += ids_in(logs[w].sentences);
            // A round: all sentences of a chunk, where one is left; share, train, merge.
            std::string calls = logs[w].calls;
            calls.erase(std::remove(calls.begin(), calls.end(), 'a'), calls.end());
            const std::size_t chunks = test::naive_chunks(corpus.view(), workers, options).size();
            REQUIRE(calls.size() == 3 * 2 * ((chunks + workers - 1) / workers));
            for (std::size_t i = 0; i < calls.size(); ++i) {
                REQUIRE(calls[i] == "stm"[i % 3]);
            }
            REQUIRE(logs[w].calls.find("ta") == std::string::npos);
            REQUIRE(logs[w].calls.find("sa") == std::string::npos);
        }
        REQUIRE(stats.kept == kept);
        REQUIRE(stats.steps == corpus.ids.size() * 2);
    }
}

TEST_CASE("the loss of an epoch is the mean over its samples, of all workers", "[loop]") {
    const Ids corpus(300);
    for (const bool rounds : {false, true}) {
        const SequenceLoopOptions options{.epochs = 3, .sample = 0.05, .threads = 2};
        std::vector<Log> logs(2);
        Progress last;
        int reports = 0;
        TrainingPlace place;
        const TrainingStats stats = with_sharing(rounds, [&](auto& sharing) {
            SequenceLoop<Recorder, std::remove_reference_t<decltype(sharing)>> loop(
                corpus.view(), corpus.counts, options, sharing,
                [&](std::size_t worker) { return Recorder{&logs[worker]}; });
            const TrainingStats result = loop.run([&](const Progress& progress) {
                last = progress;
                ++reports;
                return true;
            });
            place = loop.place();
            return result;
        });
        const auto list = expected(corpus, options, rounds ? 2 : 0);
        std::vector<double> losses;
        std::size_t at = 0;
        std::uint64_t earlier = 0;
        const auto chunks = test::naive_chunks(corpus.view(), rounds ? 2 : 0, options);
        for (std::size_t epoch = 0; epoch < 3; ++epoch) {
            std::size_t sentences = 0;
            for (std::size_t chunk = 0; chunk < chunks.size(); ++chunk) {
                sentences += test::naive_sentences(corpus.view(), corpus.counts, options, chunks,
                                                   epoch, chunk)
                                 .size();
            }
            LossSum sum;
            for (std::size_t s = 0; s < sentences; ++s, ++at) {
                const double size = static_cast<double>(list[at].ids.size());
                sum += {static_cast<double>(list[at].rate) * size, list[at].ids.size()};
            }
            losses.push_back(sum.mean());
            earlier += sum.samples;
        }
        REQUIRE(at == list.size());
        REQUIRE(stats.epoch_loss.size() == 3);
        for (std::size_t epoch = 0; epoch < 3; ++epoch) {
            REQUIRE(stats.epoch_loss[epoch] == Approx(losses[epoch]).epsilon(1e-12));
        }
        REQUIRE(stats.loss() == stats.epoch_loss.back());
        REQUIRE(place.epoch == 3);
        REQUIRE(place.part == 0);
        REQUIRE(place.samples == earlier);
        REQUIRE(place.loss.samples == 0);
        REQUIRE(place.epoch_loss == stats.epoch_loss);
        // The last report.
        REQUIRE(reports >= 1);
        REQUIRE(last.done == 3 * corpus.ids.size());
        REQUIRE(last.total == 3 * corpus.ids.size());
        REQUIRE(last.epoch == 3);
        REQUIRE(last.epochs == 3);
        REQUIRE(*last.loss == stats.loss());
    }
}

TEST_CASE("a loop is cancelled between chunks, and goes on from there", "[loop]") {
    const Ids corpus(300);
    for (const std::size_t workers : {1u, 2u}) {
        const test::TemporaryFolder folder;
        const std::string path = folder / "checkpoint";
        SequenceLoopOptions options{.epochs = 2, .sample = 0.05, .threads = workers};
        std::vector<Log> logs(workers);
        std::vector<std::uint64_t> reported;
        const auto run = [&](bool cancel) {
            return with_sharing(workers == 2, [&](auto& sharing) {
                SequenceLoop<Recorder, std::remove_reference_t<decltype(sharing)>> loop(
                    corpus.view(), corpus.counts, options, sharing, [&](std::size_t worker) {
                        return Recorder{&logs[worker], cancel ? 110 : 0};
                    });
                return loop.run(
                    [&](const Progress& progress) {
                        if (cancel) REQUIRE(progress.epoch == 1);
                        reported.push_back(progress.done);
                        return !cancel;
                    },
                    Checkpoint({.path = path, .seconds = 1e9, .resume = true}, {}, {}));
            });
        };
        // The first chunk takes longer than the tenth of a second between reports.
        const TrainingStats first = run(true);
        REQUIRE(first.cancelled);
        const TrainingPlace saved = read_checkpoint(path, {}, {});
        REQUIRE(saved.epoch == 0);
        REQUIRE(saved.part == workers);
        REQUIRE(saved.loss.samples == first.kept);
        REQUIRE(saved.epoch_loss.empty());
        const auto chunks = test::naive_chunks(corpus.view(), workers == 2 ? 2 : 0, options);
        REQUIRE(first.steps == chunks[workers - 1]);

        const TrainingStats rest = run(false);
        REQUIRE_FALSE(rest.cancelled);
        REQUIRE(first.steps + rest.steps == 2 * corpus.ids.size());
        REQUIRE(reported.back() == 2 * corpus.ids.size());
        REQUIRE(rest.epoch_loss.size() == 2);
        for (std::size_t w = 0; w < workers; ++w) {
            REQUIRE(logs[w].sentences ==
                    expected(corpus, options, workers == 2 ? 2 : 0, w, workers));
        }
        REQUIRE(read_checkpoint(path, {}, {}).part == workers); // none at the end
        // One that stands at the end has nothing left to do.
        TrainingPlace end;
        end.epoch = 2;
        end.epoch_loss = {3, 4};
        write_checkpoint(path, {}, end, {});
        const TrainingStats none = run(false);
        REQUIRE(none.steps == 0);
        REQUIRE(none.epoch_loss == std::vector<double>{3, 4});
        REQUIRE(reported.back() == 2 * corpus.ids.size());
    }
}

TEST_CASE("a training that is cancelled at its end was not cancelled", "[loop]") {
    const Ids corpus(20);
    Log log;
    SharedTables racing;
    SequenceLoop<Recorder> loop(corpus.view(), corpus.counts, {.epochs = 1, .threads = 1}, racing,
                                [&](std::size_t) { return Recorder{&log}; });
    const TrainingStats stats =
        loop.run([](const Progress& progress) { return progress.done < progress.total; });
    REQUIRE_FALSE(stats.cancelled);
    REQUIRE(stats.steps == corpus.ids.size());
}

namespace {

/// A checkpoint that cannot be written, and calls `tried` instead.
Checkpoint failing_checkpoint(double seconds, std::function<void()> tried) {
    return Checkpoint({.path = "/no such folder/checkpoint",
                       .seconds = seconds,
                       .on_failure = [tried = std::move(tried)](const std::string&) { tried(); }},
                      {}, {});
}

} // namespace

TEST_CASE("places are saved every so often, but not at the end", "[loop]") {
    const Ids corpus(300);
    const SequenceLoopOptions options{.epochs = 2, .threads = 1};
    const auto chunks = test::naive_chunks(corpus.view(), 0, options);
    for (const double seconds : {0.0, 1e-9, 1e9}) {
        Log log;
        SharedTables racing;
        SequenceLoop<Recorder> loop(corpus.view(), corpus.counts, options, racing,
                                    [&](std::size_t) { return Recorder{&log}; });
        std::vector<std::pair<std::uint32_t, std::uint64_t>> places;
        loop.run({}, failing_checkpoint(seconds, [&] {
                     places.emplace_back(loop.place().epoch, loop.place().part);
                 }));
        std::vector<std::pair<std::uint32_t, std::uint64_t>> list;
        for (std::uint32_t epoch = 0; epoch < 2 && seconds == 1e-9; ++epoch) {
            for (std::uint64_t chunk = 1; chunk < chunks.size(); ++chunk) {
                list.emplace_back(epoch, chunk);
            }
            if (epoch == 0) list.emplace_back(1, 0);
        }
        REQUIRE(places == list);
        REQUIRE(log.sentences == expected(corpus, options));
    }
}

namespace {

/// Loss that is given, for a corpus of one chunk an epoch.
struct Losing {
    std::vector<LossSum>* by_call;

    void add(const Sentence&, float, Random&) {}
    void train() {}
    LossSum take_loss() {
        if (by_call->empty()) return {};
        const LossSum next = by_call->front();
        by_call->erase(by_call->begin());
        return next;
    }
};

} // namespace

TEST_CASE("the loop stops where an epoch, or enough of one, cost too much", "[loop][divergence]") {
    const std::vector<Id> ids(100);
    const std::vector<std::uint64_t> ends{100};
    const std::vector<std::uint64_t> counts{100};
    // Per epoch the loop asks twice: after the chunk, and at the end.
    const auto message = [&](std::vector<LossSum> losses, std::uint32_t epochs) -> std::string {
        SharedTables racing;
        SequenceLoop<Losing> loop(
            CorpusView{ids, ends}, counts,
            {.epochs = epochs, .learning_rate = 0.5f, .sample = 0, .threads = 1}, racing,
            [&](std::size_t) { return Losing{&losses}; });
        std::uint32_t sound_epochs = 0;
        try {
            loop.run({}, failing_checkpoint(1e-9, [&] { sound_epochs = loop.place().epoch; }));
        } catch (const Error& error) {
            REQUIRE(sound_epochs == epochs - 1);
            return error.what();
        }
        return {};
    };
    const LossSum sound{1, 1, 1};
    const LossSum none;
    REQUIRE(message({sound, none, sound, sound}, 2).empty());
    REQUIRE(message({{3.9, 1, 1}, none}, 1).empty());
    REQUIRE(test::contains(message({{4.1, 1, 1}, none}, 1), "diverged in epoch 1"));
    REQUIRE(test::contains(message({none, {4.1, 1, 1}}, 1), "diverged in epoch 1"));
    REQUIRE(test::contains(message({sound, none, {2.1, 1, 1}, none}, 2), "diverged in epoch 2"));
    REQUIRE(test::contains(message({sound, none, {2.1, 1, 1}, none}, 2), "lower than 0.5"));
    REQUIRE(message({sound, none, {1.9, 1, 1}, none}, 2).empty());
    REQUIRE(test::contains(message({{std::nan(""), 1, 1}, none}, 1), "diverged in epoch 1"));
    REQUIRE(message({{3.9, 1, 1}, {4.0, 1, 1}}, 1).empty());
}

TEST_CASE("rounds are short where workers are many, and hold eight windows", "[loop][rounds]") {
    const std::vector<Id> ids(20000);
    const std::vector<std::uint64_t> ends{ids.size()};
    const std::vector<std::uint64_t> counts{ids.size()};
    for (const auto& [window, size] : std::vector<std::pair<std::size_t, std::size_t>>{
             {5, 128}, {16, 128}, {17, 136}, {100, 800}}) {
        std::vector<Log> logs(16);
        Apart apart;
        SequenceLoop<Recorder, Apart> loop(
            CorpusView{ids, ends}, counts,
            {.epochs = 1, .sample = 0, .threads = 16, .window = window}, apart,
            [&](std::size_t worker) { return Recorder{&logs[worker]}; });
        loop.run();
        REQUIRE(logs[0].sentences.at(0).ids.size() == size);
    }
}
