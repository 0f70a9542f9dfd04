// The ids of a text by the tokenizer of a file, on one thread, for tokenizer_peers.py.
//
//     benchmark_tokenizers TOKENIZER TEXT [TURNS [PATTERN]]
//
// A line of the text is a document, one of more than 20,000 bytes several. Each turn opens the file
// and goes over the text twice; a line is printed for the opening, with its seconds, and for each
// way over the text: how many ids, their sum, seconds.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/mapped_file.hpp>
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

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 3) {
            std::fprintf(stderr, "usage: benchmark_tokenizers TOKENIZER TEXT [TURNS [PATTERN]]\n");
            return 2;
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
