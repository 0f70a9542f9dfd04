// BERT's whole way from text to ids, on one thread, for wordpiece_peers.py.
//
//     benchmark_wordpiece VOCABULARY TEXT [TURNS]
//
// A line of the text is a document, one of more than 20,000 bytes several. Each turn begins with a
// tokenizer that has seen nothing, and goes over the text twice; a line is printed for each: how
// many ids, their sum, seconds.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/vocabulary_file.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace {

using BertTokenizer =
    firth::BasicTokenizer<firth::WordPiece, firth::BertPreTokenizer, firth::BertNormalizer>;

/// As wordpiece_peers.py has them: no document ends within a character.
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

void measure(const BertTokenizer& tokenizer, const std::vector<std::string_view>& texts,
             const char* cache) {
    std::vector<firth::Id> ids;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string_view text : texts) {
        ids.clear();
        tokenizer.append_ids(text, ids);
        count += ids.size();
        for (const firth::Id id : ids) {
            sum += id;
        }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%s %llu %llu %.6f\n", cache, static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(sum), seconds.count());
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 3) {
            std::fprintf(stderr, "usage: benchmark_wordpiece VOCABULARY TEXT [TURNS]\n");
            return 2;
        }
        const firth::MappedFile file{std::string(argv[2])};
        const std::vector<std::string_view> texts = documents(file.bytes());
        const int turns = argc > 3 ? std::stoi(argv[3]) : 3;
        for (int turn = 0; turn < turns; ++turn) {
            BertTokenizer::Steps steps{firth::WordPiece(firth::read_vocabulary(argv[1]))};
            const BertTokenizer tokenizer(std::move(steps));
            measure(tokenizer, texts, "cold");
            measure(tokenizer, texts, "warm");
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
