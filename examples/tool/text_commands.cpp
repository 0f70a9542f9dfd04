#include "commands.hpp"

#include <filesystem>
#include <iomanip>

#include <firth/base/container.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/text/corpus_file.hpp>
#include <firth/text/phrases.hpp>

namespace {

/// Texts from this size on are encoded on disk, not in memory.
constexpr std::uintmax_t large_text = std::uintmax_t{1} << 30;

/// The size of all input files; that of standard input is not known, so it counts as large.
std::uintmax_t total_size(const std::vector<std::string>& files) {
    std::uintmax_t total = 0;
    for (const std::string& file : files) {
        std::error_code code;
        const bool regular = std::filesystem::is_regular_file(file, code);
        const std::uintmax_t size = regular ? std::filesystem::file_size(file, code) : large_text;
        total += code ? 0 : size;
    }
    return total;
}

bool is_encoded(const std::string& path) {
    std::error_code code;
    return std::filesystem::is_regular_file(path, code) &&
           firth::is_container(firth::MappedFile(path).bytes());
}

struct PhraseArguments {
    CorpusArguments corpus;
    std::string output;
    firth::PhraseOptions options;
    bool json = false;
};

void run_phrases(PhraseArguments& arguments) {
    arguments.corpus.vocabulary.min_count = 1; // every word of the text is written again
    arguments.corpus.vocabulary.threads = arguments.options.threads;
    const OpenedCorpus opened(arguments.corpus, arguments.output);
    const std::vector<firth::Phrase> phrases =
        firth::find_phrases(opened.corpus, arguments.options);
    const std::uint64_t joined = firth::write_joined(opened.corpus, phrases, arguments.output);
    const firth::Vocabulary& words = opened.corpus.vocabulary;
    const auto name = [&](const firth::Phrase& phrase) {
        return std::string(words[phrase.first]) + '_' + std::string(words[phrase.second]);
    };
    constexpr std::size_t shown = 20;
    if (arguments.json) {
        nlohmann::json json{{"phrases", phrases.size()},
                            {"joined", joined},
                            {"raw_words", opened.corpus.raw_words},
                            {"output", arguments.output},
                            {"best", nlohmann::json::array()}};
        for (std::size_t i = 0; i < std::min(shown, phrases.size()); ++i) {
            json["best"].push_back({{"phrase", name(phrases[i])},
                                    {"count", phrases[i].count},
                                    {"score", phrases[i].score}});
        }
        print_json(json);
        return;
    }
    for (std::size_t i = 0; i < std::min(shown, phrases.size()); ++i) {
        std::cout << std::setw(12) << phrases[i].score << std::setw(10) << phrases[i].count << "  "
                  << name(phrases[i]) << '\n';
    }
    std::cout << "wrote " << arguments.output << ": " << phrases.size() << " phrases, " << joined
              << " times joined\n";
}

struct EncodeArguments {
    CorpusArguments corpus;
    std::string output;
};

void run_encode(const EncodeArguments& arguments) {
    const firth::EncodedCorpus corpus = firth::read_corpus_through(
        arguments.output, arguments.corpus.inputs, arguments.corpus.vocabulary);
    std::cout << "wrote " << arguments.output << ": " << corpus.corpus.size() << " of "
              << corpus.raw_words << " words, " << corpus.vocabulary.size() << " different ones\n";
}

} // namespace

CLI::Option* CorpusArguments::add_to(CLI::App& command) {
    return command.add_option("--input", inputs,
                              "text, a sentence a line: files (plain, gzip, xz, zstd), folders, - "
                              "for standard input, or one encoded corpus");
}

void CorpusArguments::add_vocabulary_to(CLI::App& command) {
    command.add_option("--min-count", vocabulary.min_count, "leave out words seen less often");
    command.add_option("--max-vocab", vocabulary.max_size,
                       "keep at most this many words, 0: no limit");
}

OpenedCorpus::OpenedCorpus(const CorpusArguments& arguments, const std::string& output) {
    const std::vector<std::string>& inputs = arguments.inputs;
    if (inputs.size() == 1 && is_encoded(inputs[0])) {
        corpus = firth::open_corpus(inputs[0]);
        return;
    }
    const std::vector<std::string> files = firth::list_files(inputs);
    if (!arguments.cache.empty()) {
        std::filesystem::create_directories(arguments.cache);
        const auto path =
            std::filesystem::path(arguments.cache) / firth::cache_name(files, arguments.vocabulary);
        corpus = firth::read_corpus_through(path.string(), files, arguments.vocabulary);
    } else if (total_size(files) >= large_text) {
        file_ = output + ".corpus";
        corpus = firth::read_corpus_through(file_, files, arguments.vocabulary);
    } else {
        corpus = firth::read_corpus(files, arguments.vocabulary);
    }
}

OpenedCorpus::~OpenedCorpus() {
    std::error_code ignored;
    if (!keep_file && !file_.empty()) std::filesystem::remove(file_, ignored);
}

void add_text_commands(CLI::App& app) {
    auto phrases = std::make_shared<PhraseArguments>();
    CLI::App* command = app.add_subcommand(
        "phrases", "Write a text with words that belong together as one: new_york");
    command->option_defaults()->always_capture_default();
    phrases->corpus.add_to(*command)->required();
    command->add_option("--output", phrases->output, "where the text goes")->required();
    command->add_option("--min-count", phrases->options.min_count,
                        "leave pairs and words seen less often alone");
    command->add_option("--threshold", phrases->options.threshold,
                        "a higher one makes fewer phrases");
    command->add_option("--cache", phrases->corpus.cache, "folder for encoded texts, kept");
    command->add_option("--threads", phrases->options.threads, "0: all of the machine's");
    command->add_flag("--json", phrases->json, "print the result as one JSON object");
    command->callback([phrases] { run_phrases(*phrases); });

    auto encode = std::make_shared<EncodeArguments>();
    command = app.add_subcommand("encode", "Encode texts once, to train on them many times");
    command->option_defaults()->always_capture_default();
    encode->corpus.add_to(*command)->required();
    command->add_option("--output", encode->output, "where the encoded corpus goes")->required();
    encode->corpus.add_vocabulary_to(*command);
    command->add_option("--threads", encode->corpus.vocabulary.threads, "0: all of the machine's");
    command->callback([encode] { run_encode(*encode); });
}
