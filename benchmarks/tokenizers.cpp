// The ids of a text by the tokenizer of a file, on one thread, for tokenizer_peers.py.
//
//     benchmark_tokenizers TOKENIZER TEXT [TURNS [PATTERN]]
//     benchmark_tokenizers --train KIND TEXT VOCAB_SIZE THREADS
//
// A line of the text is a document, one of more than 20,000 bytes several. Each turn opens the file
// and goes over the text twice; a line is printed for the opening, with its seconds, and for each
// way over the text: how many ids, their sum, seconds.
//
// --train learns byte-level BPE as GPT-2 has it (KIND bpe) or WordPiece as BERT has it (KIND
// wordpiece), and prints the seconds of counting pieces and of merging, and then the merges or
// tokens.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/text.hpp>
#include <firth/text/tokenizer_file.hpp>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// As tokenizer_peers.py has them: no document ends within a character.
std::vector<std::string_view> documents(std::string_view text) {
    constexpr std::size_t most = 20000;
    std::vector<std::string_view> made;
    while (!text.empty()) {
        const std::size_t line_end = text.find('\n');
        std::string_view line = text.substr(0, line_end);
        text.remove_prefix(line_end == text.npos ? text.size() : line_end + 1);
        while (line.size() > most) {
            std::size_t end = most;
            while ((static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) {
                --end;
            }
            made.push_back(line.substr(0, end));
            line.remove_prefix(end);
        }
        if (!line.empty()) made.push_back(line);
    }
    return made;
}

void measure(const firth::Tokenizer& tokenizer, const std::vector<std::string_view>& texts,
             const char* cache) {
    std::vector<firth::Id> ids;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    const Clock::time_point begin = Clock::now();
    for (const std::string_view text : texts) {
        ids.clear();
        tokenizer.append_ids(text, ids);
        count += ids.size();
        for (const firth::Id id : ids) {
            sum += id;
        }
    }
    std::printf("%s %llu %llu %.6f\n", cache, static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(sum), seconds_since(begin));
}

void train(const std::vector<std::string>& given) {
    const bool bytes = given.at(0) == "bpe";
    const std::size_t size = std::stoul(given.at(2));
    firth::PieceCountOptions counting;
    counting.threads = std::stoul(given.at(3));
    const Clock::time_point begin = Clock::now();
    const firth::PieceCounts counts =
        bytes ? firth::count_pieces({given[1]}, firth::Gpt2Pattern(), firth::AnyNormalizer(),
                                    counting)
              : firth::count_pieces({given[1]}, firth::BertPreTokenizer(), firth::BertNormalizer(),
                                    counting);
    const double counted = seconds_since(begin);
    if (bytes) {
        firth::BpeTrainerOptions options;
        options.vocab_size = size;
        options.initial_alphabet = firth::all_bytes();
        options.bytes = true;
        const firth::TrainedBpe trained = firth::train_bpe(counts.pieces, options);
        std::printf("%.6f %.6f\n", counted, seconds_since(begin) - counted);
        const firth::ByteCharacters characters;
        for (const firth::Bpe::Rule& rule : trained.merges) {
            std::printf("%s %s\n", characters.spelled(trained.tokens[rule.left]).c_str(),
                        characters.spelled(trained.tokens[rule.right]).c_str());
        }
        return;
    }
    firth::WordPieceTrainerOptions options;
    options.vocab_size = size;
    const firth::TrainedWordPiece trained =
        firth::train_word_piece_vocabulary(counts.pieces, options);
    std::printf("%.6f %.6f\n", counted, seconds_since(begin) - counted);
    for (const std::string& token : trained.tokens) {
        std::printf("%s\n", token.c_str());
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 3) {
            std::fprintf(stderr, "usage: benchmark_tokenizers TOKENIZER TEXT [TURNS [PATTERN]]\n");
            return 2;
        }
        if (std::string_view(argv[1]) == "--train") {
            train({argv + 2, argv + argc});
            return 0;
        }
        const firth::MappedFile file{std::string(argv[2])};
        const std::vector<std::string_view> texts = documents(file.bytes());
        const int turns = argc > 3 ? std::stoi(argv[3]) : 3;
        firth::TokenizerFileOptions options;
        if (argc > 4) options.pattern = argv[4];
        for (int turn = 0; turn < turns; ++turn) {
            const Clock::time_point begin = Clock::now();
            const firth::Tokenizer tokenizer = firth::read_tokenizer(argv[1], options);
            std::printf("load 0 0 %.6f\n", seconds_since(begin));
            measure(tokenizer, texts, "cold");
            measure(tokenizer, texts, "warm");
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
