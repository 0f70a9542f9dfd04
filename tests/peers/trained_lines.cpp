// What is learnt from a text, for compare_bpe_training.py: a line for each token, in hexadecimal,
// by its id, and one for each merge, of two ids.
//
//     trained_lines KIND TEXT VOCAB_SIZE MIN_FREQUENCY LIMIT_ALPHABET MAX_TOKEN_LENGTH PREFIX
//     SUFFIX THREADS
//
// KIND is gpt2 or cl100k, of bytes, or words, metaspace or bert, of characters.

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <firth/text.hpp>

namespace {

firth::AnyPreTokenizer pre_tokenizer(const std::string& kind) {
    if (kind == "gpt2") return firth::Gpt2Pattern();
    if (kind == "cl100k") return firth::Cl100kPattern{3};
    if (kind == "words") return firth::WordsAndOthers();
    if (kind == "metaspace") return firth::Metaspace();
    if (kind == "bert") return firth::BertPreTokenizer();
    throw firth::OptionError("the kind is " + kind +
                             ", expected gpt2, cl100k, words, metaspace or bert");
}

} // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> given(argv + 1, argv + argc);
        if (given.size() != 9) throw firth::OptionError("expected nine arguments");
        const std::string& kind = given[0];
        firth::PieceCountOptions counting;
        counting.special_tokens = {"<s>", "[UNK]"};
        counting.threads = std::stoul(given[8]);
        firth::AnyNormalizer normalizer;
        if (kind == "bert") normalizer = firth::BertNormalizer();
        const firth::PieceCounts counts =
            firth::count_pieces({given[1]}, pre_tokenizer(kind), normalizer, counting);
        firth::BpeTrainerOptions options;
        options.vocab_size = std::stoul(given[2]);
        options.min_frequency = std::stoul(given[3]);
        options.limit_alphabet = std::stoul(given[4]);
        options.max_token_length = std::stoul(given[5]);
        options.continuing_subword_prefix = given[6];
        options.end_of_word_suffix = given[7];
        options.special_tokens = counting.special_tokens;
        options.bytes = kind == "gpt2" || kind == "cl100k";
        if (options.bytes) options.initial_alphabet = firth::all_bytes();
        const firth::TrainedBpe trained = firth::train_bpe(counts.pieces, options);
        for (const std::string& token : trained.tokens) {
            std::printf("token ");
            for (const char byte : token) {
                std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
            }
            std::printf("\n");
        }
        for (const firth::Bpe::Rule& rule : trained.merges) {
            std::printf("merge %lu %lu\n", static_cast<unsigned long>(rule.left),
                        static_cast<unsigned long>(rule.right));
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
