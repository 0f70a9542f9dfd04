#include "commands.hpp"

#include <filesystem>
#include <iomanip>
#include <random>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/output_place.hpp>
#include <firth/base/section_file.hpp>
#include <firth/corpus/corpus_file.hpp>
#include <firth/text/phrases.hpp>
#include <firth/text/piece_tokenizer.hpp>
#include <firth/text/tokenizer_file.hpp>

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
           firth::is_section_file(firth::MappedFile(path).bytes());
}

/// Calls `use` with what makes words of a text.
template <class Use>
auto with_tokenizer(const CorpusArguments& arguments, Use&& use) {
    if (arguments.tokenizer.empty()) return use(firth::WhiteSpaceTokenizer());
    firth::TokenizerFileOptions options;
    options.pattern = arguments.pattern;
    const firth::Tokenizer pieces = firth::read_tokenizer(arguments.tokenizer, options);
    return use(firth::PieceTokenizer(pieces));
}

struct PhraseArguments {
    CorpusArguments corpus;
    std::string output;
    firth::PhraseOptions options;
    bool json = false;
    bool quiet = false;
};

void run_phrases(PhraseArguments& arguments) {
    arguments.corpus.check_heeded();
    arguments.corpus.vocabulary.min_count = 1; // every word of the text is written again
    arguments.corpus.vocabulary.threads = arguments.options.threads;
    std::vector<NamedFile> outputs{{"--output", arguments.output}};
    append(outputs, arguments.corpus.outputs(arguments.output));
    check_files(arguments.corpus.files(), outputs);
    const OpenedCorpus opened(arguments.corpus, arguments.output);
    opened.report(arguments.quiet);
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

} // namespace

void report_skipped(const std::vector<firth::SkippedFile>& skipped, bool quiet) {
    if (quiet) return;
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < std::min(shown, skipped.size()); ++i) {
        std::cerr << "firth: note: " << skipped[i].path << " is left out: it is "
                  << skipped[i].reason << '\n';
    }
    if (skipped.size() > shown) {
        std::cerr << "firth: note: " << skipped.size() - shown << " more files are left out\n";
    }
}

void encode_corpus(const CorpusArguments& arguments, const std::string& output, bool json,
                   bool quiet) {
    check_files(arguments.files(), {{"--output", output}});
    if (firth::find_output(output).direct) {
        throw firth::OptionError("cannot write " + output +
                                 ": an encoded corpus is opened where it lies, expected the name "
                                 "of a regular file");
    }
    const firth::EncodedCorpus corpus = with_tokenizer(arguments, [&](const auto& tokenizer) {
        return firth::read_corpus_through(output, arguments.inputs, arguments.vocabulary,
                                          tokenizer);
    });
    report_skipped(corpus.skipped, quiet);
    if (json) {
        print_json({{"output", output},
                    {"words", corpus.corpus.size()},
                    {"raw_words", corpus.raw_words},
                    {"symbols", corpus.vocabulary.size()}});
        return;
    }
    std::cout << "wrote " << output << ": " << corpus.corpus.size() << " of " << corpus.raw_words
              << " words, " << corpus.vocabulary.size() << " different ones\n";
}

CLI::Option* CorpusArguments::add_to(CLI::App& command) {
    return command
        .add_option("--input", inputs,
                    "text, a sentence a line: files (plain, gzip, xz, zstd), folders, - "
                    "for standard input, or one encoded corpus")
        ->default_str("");
}

void CorpusArguments::add_vocabulary_to(CLI::App& command) {
    encoding_.push_back(
        command.add_option("--min-count", vocabulary.min_count, "leave out words seen less often"));
    encoding_.push_back(command.add_option("--max-vocab", vocabulary.max_size,
                                           "keep at most this many words, 0: no limit"));
    encoding_.push_back(command.add_option("--tokenizer", tokenizer,
                                           "words are the pieces by this tokenizer.json, .model of "
                                           "SentencePiece, vocab.txt or ranks"));
    encoding_.push_back(command.add_option("--tokenizer-pattern", pattern,
                                           "with ranks: gpt2, cl100k, o200k, qwen or tekken"));
}

void CorpusArguments::add_cache_to(CLI::App& command) {
    encoding_.push_back(
        command.add_option("--cache", cache, "folder for encoded texts, kept and used again"));
}

void CorpusArguments::check_heeded() const {
    if (inputs.size() != 1 || !is_encoded(inputs[0])) return;
    for (const CLI::Option* const option : encoding_) {
        if (option->count() == 0) continue;
        throw firth::OptionError(option->get_name() + " was given, and " + inputs[0] +
                                 " is already encoded");
    }
}

std::vector<NamedFile> CorpusArguments::files() const {
    std::vector<NamedFile> files;
    for (const std::string& input : inputs) {
        files.push_back({"--input", input});
    }
    if (!tokenizer.empty()) files.push_back({"--tokenizer", tokenizer});
    return files;
}

const std::vector<std::string>& CorpusArguments::texts() const {
    if (!texts_) texts_ = firth::list_files(inputs, &skipped_);
    return *texts_;
}

const std::vector<firth::SkippedFile>& CorpusArguments::skipped() const {
    static_cast<void>(texts());
    return skipped_;
}

std::string CorpusArguments::encoded_beside(const std::string& output) const {
    const bool encoded = inputs.size() == 1 && is_encoded(inputs[0]);
    if (inputs.empty() || encoded || !cache.empty()) return {};
    if (total_size(texts()) < large_text) return {};
    if (!firth::find_output(output).direct) return output + ".checkpoint.corpus";
    const std::string name = "firth-" + std::to_string(std::random_device{}()) + ".corpus";
    return (std::filesystem::temp_directory_path() / name).string();
}

std::vector<NamedFile> CorpusArguments::outputs(const std::string& output) const {
    if (!cache.empty()) {
        std::error_code code;
        std::filesystem::create_directories(cache, code);
        if (code) throw firth::IoError("cannot make the folder " + cache + ": " + code.message());
        const std::string name = with_tokenizer(*this, [&](const auto& words) {
            return firth::cache_name(texts(), vocabulary, words);
        });
        return {{"--cache", (std::filesystem::path(cache) / name).string()}};
    }
    const std::string beside = encoded_beside(output);
    if (beside.empty()) return {};
    return {{"the encoded text of --output", beside}};
}

OpenedCorpus::OpenedCorpus(const CorpusArguments& arguments, const std::string& output) {
    const std::vector<std::string>& inputs = arguments.inputs;
    if (inputs.size() == 1 && is_encoded(inputs[0])) {
        corpus = firth::open_corpus(inputs[0]);
        return;
    }
    const std::vector<std::string>& files = arguments.texts();
    file_ = arguments.encoded_beside(output);
    corpus = with_tokenizer(arguments, [&](const auto& tokenizer) {
        if (!arguments.cache.empty()) {
            const auto path = std::filesystem::path(arguments.cache) /
                              firth::cache_name(files, arguments.vocabulary, tokenizer);
            return firth::read_corpus_through(path.string(), files, arguments.vocabulary,
                                              tokenizer);
        }
        if (!file_.empty())
            return firth::read_corpus_through(file_, files, arguments.vocabulary, tokenizer);
        return firth::read_corpus(files, arguments.vocabulary, tokenizer);
    });
    corpus.skipped = arguments.skipped();
}

void OpenedCorpus::report(bool quiet) const {
    report_skipped(corpus.skipped, quiet);
    if (quiet) return;
    std::cerr << corpus.raw_words << " words, " << corpus.vocabulary.size()
              << " different ones kept\n";
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
    phrases->corpus.add_cache_to(*command);
    command->add_option("--threads", phrases->options.threads, "0: all of the machine's");
    command->add_flag("--json", phrases->json, "print the result as one JSON object");
    command->add_flag("--quiet", phrases->quiet, "say nothing of how far it is");
    command->callback([phrases] { run_phrases(*phrases); });
}
