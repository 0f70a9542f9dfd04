#include "commands.hpp"
#include "demo_world.hpp"

#include <array>
#include <iomanip>
#include <memory>
#include <string>
#include <vector>

#include <firth/eval/analogy_set.hpp>
#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/word2vec.hpp>

namespace {

struct DemoArguments {
    std::uint64_t seed = 1;
    std::size_t sentences = 40000;
    firth::Word2VecOptions word2vec{.dim = 50, .epochs = 10};
    bool untrained = false;
    bool json = false;
    bool quiet = false;
};

void run_demo(DemoArguments arguments) {
    firth::check_options(arguments.word2vec);
    const firth::Stopwatch watch;
    const std::string text = demo::corpus(arguments.seed, arguments.sentences);
    const firth::EncodedCorpus corpus = firth::encode_text(
        text, {.min_count = 1, .threads = arguments.word2vec.threads}, "the demo's text");
    arguments.word2vec.seed = arguments.seed;
    if (arguments.untrained) arguments.word2vec.epochs = 0;
    if (!arguments.quiet && !arguments.json) {
        std::cout << "A made-up world, told in " << corpus.raw_words << " words ("
                  << corpus.vocabulary.size() << " different ones). It begins:\n";
        std::size_t at = 0;
        for (int line = 0; line < 4; ++line) {
            const std::size_t end = text.find('\n', at);
            std::cout << "    " << text.substr(at, end - at) << '\n';
            at = end + 1;
        }
        std::cout.flush();
    }
    const firth::TrainedVectors trained = firth::train_sgns(
        corpus, arguments.word2vec, progress_printer(arguments.quiet || arguments.json));
    const firth::WordIndex index(trained.vectors);
    const firth::AnalogyResult result = firth::evaluate_analogies(
        trained.vectors, demo::analogies(),
        {.folding = firth::CaseFolding::none, .threads = arguments.word2vec.threads});

    constexpr std::array<const char*, 5> shown{"queen", "Paris", "swimming", "dog", "red"};
    constexpr std::array<std::array<const char*, 3>, 4> asked{{{"man", "king", "woman"},
                                                               {"France", "Paris", "Italy"},
                                                               {"walked", "walking", "swam"},
                                                               {"big", "bigger", "small"}}};
    nlohmann::json json{{"accuracy", result.total.accuracy()},
                        {"asked", result.total.asked},
                        {"correct", result.total.correct},
                        {"train_seconds", trained.stats.seconds},
                        {"total_seconds", watch.seconds()},
                        {"loss", trained.stats.loss()},
                        {"seed", arguments.seed},
                        {"sections", nlohmann::json::array()},
                        {"analogies", nlohmann::json::array()}};
    if (!arguments.json) {
        std::cout << "trained " << trained.vectors.size() << " x " << trained.vectors.dim()
                  << " in " << trained.stats.seconds << " s\n\nneighbours\n";
        for (const char* word : shown) {
            std::cout << "    " << std::left << std::setw(10) << word;
            for (const auto& [neighbor, score] : firth::nearest(index, word, {.top = 5})) {
                std::cout << ' ' << neighbor;
            }
            std::cout << '\n';
        }
        std::cout << "\nanalogies\n";
    }
    for (const auto& [a, b, c] : asked) {
        const std::vector<firth::WordScore> answer = firth::analogy(index, a, b, c, {.top = 1});
        const std::string fourth(answer.at(0).word);
        json["analogies"].push_back({{"query", {a, b, c}}, {"answer", fourth}});
        if (!arguments.json) {
            std::cout << "    " << b << " - " << a << " + " << c << " = " << fourth << '\n';
        }
    }
    for (const firth::AnalogyScore& section : result.sections) {
        json["sections"].push_back(
            {{"name", section.name}, {"accuracy", section.accuracy()}, {"asked", section.asked}});
    }
    if (arguments.json) {
        print_json(json);
        return;
    }
    std::cout << "\nall relations of the world\n" << std::fixed << std::setprecision(1);
    for (const firth::AnalogyScore& section : result.sections) {
        std::cout << "    " << std::left << std::setw(12) << section.name << std::right
                  << std::setw(6) << 100 * section.accuracy() << " % of " << section.asked << '\n';
    }
    std::cout << "    " << std::left << std::setw(12) << "total" << std::right << std::setw(6)
              << 100 * result.total.accuracy() << " % of " << result.total.asked << '\n';
}

} // namespace

void add_demo_command(CLI::App& app) {
    auto arguments = std::make_shared<DemoArguments>();
    CLI::App* command =
        app.add_subcommand("demo", "Learn a small made-up world in a second; needs no file");
    command->option_defaults()->always_capture_default();
    command->add_option("--seed", arguments->seed, "of the world's text and of the training");
    command->add_option("--sentences", arguments->sentences, "length of the text, 1000 to 10000000")
        ->check(CLI::Range(std::size_t{1000}, std::size_t{10000000}).description(""));
    command->add_option("--dim", arguments->word2vec.dim, "length of a vector");
    command->add_option("--epochs", arguments->word2vec.epochs, "times through the text");
    command->add_option("--threads", arguments->word2vec.threads, "0: all of the machine's");
    command->add_flag("--untrained", arguments->untrained, "skip the training, for comparison");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments] { run_demo(*arguments); });
}
