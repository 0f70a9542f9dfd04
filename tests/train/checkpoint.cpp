/// Trainings that are stopped and go on.

#include <cmath>
#include <filesystem>

#include "support.hpp"

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
    const EncodedCorpus corpus = grouped_corpus(10000);
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    const std::uint32_t epochs = FIRTH_USE_ATOMIC_ROWS() ? 10 : 40; // slow where rows are atomic
    for (const std::size_t threads : {1u, 2u}) {
        Word2VecOptions options{
            .dim = 60, .sample = 0, .epochs = epochs, .threads = threads, .deterministic = true};
        const TrainedVectors whole = train_sgns(corpus, options);
        options.checkpoint = {.path = path, .seconds = 0.02};
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

TEST_CASE("a checkpoint of another training, or a damaged one, is refused") {
    const EncodedCorpus corpus = grouped_corpus(3000);
    const test::TemporaryFolder folder;
    const std::string path = folder / "checkpoint";
    Word2VecOptions options{
        .dim = 20, .epochs = 100000, .threads = 1, .checkpoint = {.path = path}};
    REQUIRE(train_sgns(corpus, options, stop_after(0)).stats.cancelled);
    options.checkpoint.resume = true;
    const auto refused = [&](const Word2VecOptions& other) {
        return test::message_of<OptionError>([&] { static_cast<void>(train_sgns(corpus, other)); });
    };
    Word2VecOptions other = options;
    other.dim = 21;
    REQUIRE(test::contains(refused(other), "\"dim = 20\", this one has \"dim = 21\""));
    other = options;
    other.seed = 2;
    REQUIRE(test::contains(refused(other), "seed"));
    other = options;
    other.negative = 6;
    REQUIRE(test::contains(refused(other), "model"));
    other = options;
    other.threads = 2;
    REQUIRE(test::contains(refused(other), "threads"));
    REQUIRE(test::contains(
        test::message_of<OptionError>([&] { static_cast<void>(train_cbow(corpus, options)); }),
        "CBOW"));
    REQUIRE(test::contains(test::message_of<OptionError>([&] {
                               static_cast<void>(train_sgns(grouped_corpus(2999), options));
                           }),
                           "corpus"));

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
