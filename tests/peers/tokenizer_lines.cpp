/// What firth makes of the texts of standard input, JSON strings, a line each, with the tokenizer
/// of a file, for compare_tokenizers.py to compare.

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/text/tokenizer_file.hpp>
#include <firth/text/tokenizer_json_writer.hpp>
#include <firth/text/train_sentencepiece.hpp>

using namespace firth;

namespace {

/// The ids of each line; drawn where `random` is there.
void put_ids(const Tokenizer& tokenizer, SpecialTokens special, Random* random) {
    for (std::string line; std::getline(std::cin, line);) {
        const auto text = nlohmann::json::parse(line).get<std::string>();
        const Encoding made = random != nullptr ? tokenizer.sample(text, *random, special)
                                                : tokenizer.encode(text, special);
        for (std::size_t i = 0; i < made.size(); ++i) {
            std::cout << made.ids[i] << ' ' << made.offsets[i].begin << ' ' << made.offsets[i].end
                      << ' ';
        }
        std::cout << '\n';
    }
}

/// Lines of ids.
void put_texts(const Tokenizer& tokenizer) {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream numbers(line);
        std::vector<Id> ids;
        for (Id id = 0; numbers >> id;) {
            ids.push_back(id);
        }
        const std::string text = tokenizer.decode(ids, SpecialTokens::with);
        std::cout << nlohmann::json(replace_invalid_utf8(text)).dump() << '\n';
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::cerr << "usage: tokenizer_lines FILE WHAT [PATTERN | PATH]\n";
        return EXIT_FAILURE;
    }
    std::ios::sync_with_stdio(false);
    try {
        const std::string what = arguments[2];
        const std::string more = count > 3 ? arguments[3] : "";
        if (what == "train") { // a Unigram model of a text, as a tokenizer.json
            UnigramTrainerOptions training;
            training.vocab_size = 2000;
            training.hard_vocab_limit = false;
            training.character_coverage = 0.99;
            write_tokenizer_json(more, sentencepiece_tokenizer(train_sentencepiece(
                                           {arguments[1]}, training, "nmt_nfkc")));
            return EXIT_SUCCESS;
        }
        TokenizerFileOptions options;
        if (what != "write") options.pattern = more;
        const Tokenizer tokenizer = read_tokenizer(arguments[1], options);
        if (what == "write") {
            write_tokenizer_json(more, tokenizer);
            std::cout << (read_tokenizer(more).settings() == tokenizer.settings()) << '\n';
        } else if (what == "decode") {
            put_texts(tokenizer);
        } else {
            Random random(1);
            put_ids(tokenizer, what == "special" ? SpecialTokens::with : SpecialTokens::without,
                    what == "sample" ? &random : nullptr);
        }
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
