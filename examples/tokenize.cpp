/// Learn which pieces words are cut into, and cut texts with them.
///
///     tokenize                     learns from a few lines of its own
///     tokenize TEXT [TOKENIZER]    learns from a file, or reads a tokenizer.json, a .model or
///     another
///                                  file of a tokenizer, and cuts the first lines of the text

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <firth/text.hpp>
#include <firth/text/tokenizer_file.hpp> // needs nlohmann/json

namespace {

const std::vector<std::string> small_text{
    "the king thinks of kings and of the kingdom", "a kind queen thinks kindly of the king",
    "unkind kings are no kings", "the queen thinks the kingdom is unkind"};

void print(const firth::Tokenizer& tokenizer, const std::string& text) {
    const firth::Encoding pieces = tokenizer.encode(text, firth::SpecialTokens::without);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const auto [begin, end] = pieces.offsets[i];
        std::cout << '[' << text.substr(begin, end - begin) << ']' << pieces.ids[i] << ' ';
    }
    std::cout << "\n  " << pieces.size() << " tokens; ten of them are \""
              << tokenizer.prefix(text, 10) << "\"\n";
}

} // namespace

int main(int argc, char** argv) try {
    firth::ByteLevelBpeOptions options;
    options.vocab_size = argc > 1 ? 8000 : 290;
    options.special_tokens = {"<pad>"};
    const firth::Tokenizer tokenizer =
        argc > 2   ? firth::read_tokenizer(argv[2])
        : argc > 1 ? firth::train_byte_level_bpe({argv[1]}, options).tokenizer
                   : firth::train_byte_level_bpe_of(small_text, options).tokenizer;
    std::cout << tokenizer.size() << " tokens\n";

    std::vector<std::string> texts = small_text;
    if (argc > 1) {
        texts.clear();
        std::ifstream file(argv[1]);
        for (std::string line; texts.size() < 5 && std::getline(file, line);) {
            texts.push_back(line);
        }
    }
    for (const std::string& text : texts) {
        print(tokenizer, text);
    }

    // What an encoder takes: a batch of one length, long texts in parts that overlap.
    firth::Padding padding;
    padding.id = tokenizer.find("<pad>").value_or(0);
    firth::Truncation truncation;
    truncation.max_length = 12;
    truncation.stride = 2;
    const firth::Tokenizer for_batches =
        tokenizer.with_truncation(truncation).with_padding(padding);
    const std::vector<firth::Encoding> batch = for_batches.encode_batch(texts);
    std::cout << batch.size() << " texts of " << batch[0].size() << " tokens each; the first has "
              << for_batches.encode_parts(texts[0]).size() << " such parts\n";

    // A model's answer becomes text as it comes.
    firth::DecodeStream stream(tokenizer);
    for (const firth::Id id : tokenizer.ids(texts[0])) {
        std::cout << stream.add(id);
    }
    std::cout << stream.finish() << '\n';
    return 0;
} catch (const firth::Error& error) {
    std::cerr << "tokenize: " << error.what() << '\n';
    return 1;
}
