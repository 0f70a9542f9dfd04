#include "commands.hpp"

#include <fstream>
#include <istream>
#include <memory>

#include <firth/base/error.hpp>
#include <firth/text/tokenizer_file.hpp>

namespace {

struct TokenizeArguments {
    std::string tokenizer;
    firth::TokenizerFileOptions file;
    std::vector<std::string> inputs{"-"};
    bool cased = false;
    bool tokens = false;
    bool offsets = false;
    bool count = false;
    bool special = false;
    bool jsonl = false;
};

/// A token for people: bytes that are no UTF-8 alone are shown as U+FFFD.
std::string shown(std::string_view token) {
    return firth::replace_invalid_utf8(token);
}

void print_line(const firth::Tokenizer& tokenizer, const TokenizeArguments& arguments,
                std::string_view line) {
    const firth::Encoding encoding = tokenizer.encode(
        line, arguments.special ? firth::SpecialTokens::with : firth::SpecialTokens::without);
    if (arguments.jsonl) {
        nlohmann::json json{{"ids", encoding.ids}};
        if (arguments.tokens) {
            json["tokens"] = nlohmann::json::array();
            for (const firth::Id id : encoding.ids) {
                json["tokens"].push_back(shown(tokenizer.token(id)));
            }
        }
        if (arguments.offsets) {
            json["offsets"] = nlohmann::json::array();
            for (const firth::ByteRange& each : encoding.offsets) {
                json["offsets"].push_back({each.begin, each.end});
            }
        }
        std::cout << json.dump() << std::endl; // a program may wait for the line
        return;
    }
    for (std::size_t i = 0; i < encoding.size(); ++i) {
        if (i != 0) std::cout << ' ';
        if (arguments.tokens) {
            std::cout << shown(tokenizer.token(encoding.ids[i]));
        } else {
            std::cout << encoding.ids[i];
        }
        if (arguments.offsets) {
            std::cout << '@' << encoding.offsets[i].begin << '-' << encoding.offsets[i].end;
        }
    }
    std::cout << '\n';
}

void run_tokenize(TokenizeArguments& arguments) {
    arguments.file.lowercase = !arguments.cased;
    const firth::Tokenizer tokenizer = firth::read_tokenizer(arguments.tokenizer, arguments.file);
    std::uint64_t lines = 0;
    std::uint64_t total = 0;
    for (const std::string& input : arguments.inputs) {
        std::ifstream file;
        if (input != "-") {
            file.open(input, std::ios::binary);
            if (!file) throw firth::IoError("cannot read " + input);
        }
        std::istream& from = input == "-" ? std::cin : file;
        for (std::string line; std::getline(from, line);) {
            ++lines;
            if (arguments.count) {
                total += tokenizer.count(line);
            } else {
                print_line(tokenizer, arguments, line);
            }
        }
        if (from.bad()) throw firth::IoError("cannot read " + input);
    }
    if (!arguments.count) return;
    if (arguments.jsonl) {
        std::cout << nlohmann::json{{"lines", lines}, {"tokens", total}}.dump() << '\n';
    } else {
        std::cout << total << " tokens in " << lines << " lines\n";
    }
}

} // namespace

void add_tokenize_command(CLI::App& app) {
    const auto arguments = std::make_shared<TokenizeArguments>();
    CLI::App* const command = app.add_subcommand(
        "tokenize", "Ids of texts, a line each, by a tokenizer that people have");
    command
        ->add_option("--tokenizer", arguments->tokenizer,
                     "tokenizer.json, a .model of SentencePiece, vocab.txt, ranks of tiktoken")
        ->required();
    command->add_option("input", arguments->inputs, "files; - is standard input (the default)");
    command->add_option("--pattern", arguments->file.pattern,
                        "with ranks: gpt2, cl100k, o200k, qwen or tekken");
    command->add_flag("--cased", arguments->cased, "with vocab.txt: keep capitals and accents");
    command->add_flag("--tokens", arguments->tokens, "tokens instead of ids");
    command->add_flag("--offsets", arguments->offsets, "the bytes that each token stands for");
    command->add_flag("--special", arguments->special, "with the special tokens around a text");
    command->add_flag("--count", arguments->count, "only how many tokens there are");
    command->add_flag("--jsonl,--json", arguments->jsonl, "an object a line");
    command->callback([arguments] { run_tokenize(*arguments); });
}
