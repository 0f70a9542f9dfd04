#include "commands.hpp"

#include <functional>
#include <memory>

#include <firth/base/error.hpp>
#include <firth/text/pre_tokenizers/named_pattern.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer_json_writer.hpp>
#include <firth/text/train_sentencepiece.hpp>
#include <firth/text/train_tokenizer.hpp>

namespace {

enum class TokenizerType { bpe, word_piece, unigram };

struct TrainTokenizerArguments {
    std::vector<std::string> inputs;
    std::string output;
    TokenizerType type = TokenizerType::bpe;
    std::size_t size = 30000;
    std::uint64_t min_frequency = 2;
    std::vector<std::string> special;
    std::string pattern = "gpt2";
    bool cased = false;
    double coverage = 0.9995;
    bool byte_fallback = false;
    bool soft_limit = false;
    std::string normalization = "nmt_nfkc";
    std::size_t threads = 0;
    bool json = false;
    bool quiet = false;
};

/// What is said of the result.
struct TrainedTokens {
    std::size_t tokens = 0;
    std::uint64_t bytes = 0;
    std::uint64_t pieces = 0;
    std::uint64_t distinct = 0;
};

[[noreturn]] void stop_training() {
    throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
}

TrainedTokens written(const firth::TrainedTokenizer& trained,
                      const TrainTokenizerArguments& arguments) {
    if (trained.cancelled) stop_training();
    report_skipped(trained.skipped, arguments.quiet);
    firth::write_tokenizer_json(arguments.output, trained.tokenizer);
    return {trained.tokenizer.size(), trained.bytes, trained.pieces, trained.distinct_pieces};
}

TrainedTokens train_tokenizer(const TrainTokenizerArguments& arguments) {
    const firth::ProgressCallback progress =
        SignalsNoted::progress(progress_printer(arguments.quiet, "tokens"));
    if (arguments.type == TokenizerType::bpe) {
        firth::ByteLevelBpeOptions options;
        options.vocab_size = arguments.size;
        options.min_frequency = arguments.min_frequency;
        options.special_tokens = arguments.special;
        options.pattern = firth::named_pattern(arguments.pattern);
        options.threads = arguments.threads;
        options.progress = progress;
        return written(firth::train_byte_level_bpe(arguments.inputs, options), arguments);
    }
    if (arguments.type == TokenizerType::word_piece) {
        firth::WordPieceTokenizerOptions options;
        options.vocab_size = arguments.size;
        options.min_frequency = arguments.min_frequency;
        if (!arguments.special.empty()) options.special_tokens = arguments.special;
        options.normalizer.lowercase = !arguments.cased;
        options.threads = arguments.threads;
        options.progress = progress;
        return written(firth::train_word_piece(arguments.inputs, options), arguments);
    }
    firth::UnigramTrainerOptions options;
    options.vocab_size = arguments.size;
    options.control_symbols = arguments.special;
    options.character_coverage = arguments.coverage;
    options.byte_fallback = arguments.byte_fallback;
    options.hard_vocab_limit = !arguments.soft_limit;
    options.threads = arguments.threads;
    options.progress = SignalsNoted::progress(progress_printer(arguments.quiet, "passes"));
    const firth::SentencePieceModel model =
        firth::train_sentencepiece(arguments.inputs, options, arguments.normalization);
    if (SignalsNoted::signal() != 0) stop_training();
    firth::write_sentencepiece(arguments.output, model);
    return {model.pieces.size(), 0, 0, 0};
}

/// Throws for options that the type does not heed.
void check_type(const TrainTokenizerArguments& arguments, const CLI::App& command) {
    const auto only = [&](TokenizerType type, const char* name,
                          std::initializer_list<const char*> options) {
        for (const char* const option : options) {
            if (arguments.type != type && command.count(option) != 0)
                throw firth::OptionError(std::string(option) + " is for --type " + name);
        }
    };
    only(TokenizerType::bpe, "bpe", {"--pattern"});
    only(TokenizerType::word_piece, "wordpiece", {"--cased"});
    only(TokenizerType::unigram, "unigram",
         {"--coverage", "--byte-fallback", "--normalization", "--soft-limit"});
    if (arguments.type == TokenizerType::unigram && command.count("--min-frequency") != 0)
        throw firth::OptionError("--min-frequency is for --type bpe and wordpiece");
}

void run_train_tokenizer(const TrainTokenizerArguments& arguments, const CLI::App& command) {
    check_type(arguments, command);
    std::vector<NamedFile> inputs;
    for (const std::string& input : arguments.inputs) {
        inputs.push_back({"--input", input});
    }
    check_files(inputs, {{"--output", arguments.output}});
    const SignalsNoted noted;
    const TrainedTokens made = train_tokenizer(arguments);
    if (arguments.json) {
        nlohmann::json json{{"output", arguments.output}, {"tokens", made.tokens}};
        if (made.pieces != 0) {
            json["bytes"] = made.bytes;
            json["pieces"] = made.pieces;
            json["distinct_pieces"] = made.distinct;
        }
        print_json(json);
        return;
    }
    std::cout << "wrote " << arguments.output << ": " << made.tokens << " tokens";
    if (made.pieces != 0)
        std::cout << ", learnt from " << made.distinct << " different pieces of " << made.pieces;
    std::cout << '\n';
}

} // namespace

void add_train_tokenizer_command(CLI::App& app) {
    const auto arguments = std::make_shared<TrainTokenizerArguments>();
    CLI::App* const command = app.add_subcommand(
        "train-tokenizer", "Learn which pieces words are cut into: a tokenizer of your own");
    command->option_defaults()->always_capture_default();
    command
        ->add_option("--input", arguments->inputs,
                     "texts: files (plain, gzip, xz, zstd), folders, - for standard input")
        ->required();
    command
        ->add_option("--output", arguments->output,
                     "where it goes: a tokenizer.json, with --type unigram a .model")
        ->required();
    add_choice(*command, "--type", arguments->type,
               {{"bpe", TokenizerType::bpe},
                {"wordpiece", TokenizerType::word_piece},
                {"unigram", TokenizerType::unigram}},
               "of bytes as GPT-2 has it, BERT's, or SentencePiece's");
    command->add_option("--size", arguments->size, "how many tokens there are to be");
    command->add_option("--min-frequency", arguments->min_frequency,
                        "bpe, wordpiece: pairs seen less often are not merged");
    command->add_option("--special", arguments->special, "tokens that no text is made of, in order")
        ->default_str("");
    command->add_option("--pattern", arguments->pattern,
                        "bpe: how text is cut: gpt2, cl100k, o200k, qwen or tekken");
    command->add_flag("--cased", arguments->cased, "wordpiece: keep capitals and accents");
    command->add_option("--coverage", arguments->coverage,
                        "unigram: share of all characters that have pieces");
    command->add_flag("--byte-fallback", arguments->byte_fallback,
                      "unigram: the others become bytes");
    command->add_flag("--soft-limit", arguments->soft_limit,
                      "unigram: fewer tokens where the text gives no more");
    command->add_option("--normalization", arguments->normalization,
                        "unigram: nmt_nfkc, nmt_nfkc_cf, nfkc, nfkc_cf or identity");
    command->add_option("--threads", arguments->threads, "0: all of the machine's");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments, command] { run_train_tokenizer(*arguments, *command); });
}
