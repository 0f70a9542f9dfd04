/// Megabytes of text a second that become ids of a SentencePiece model, on one core: for
/// sentencepiece_peers.py, which says what its peer does of the same.
///
///     benchmark_sentencepiece MODEL TEXT [IDS]
///
/// Prints JSON: MB/s with an empty cache, and the median of five with a full one. Writes the ids of
/// each line to IDS, a line each.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer.hpp>

using namespace firth;

namespace {

template <class Model>
void measure(const SentencePieceModel& file, Model model, std::string_view text,
             const char* ids_path) {
    using Side = SpaceRunPieces::Side;
    const bool splits =
        file.space_as_suffix ? model.splits_after_spaces() : model.splits_at_spaces();
    if (!splits) throw Error("the model's pieces go across spaces");
    const BasicTokenizer<Model, SpaceRunPieces, SentencePieceNormalizer> tokenizer(
        {.model = std::move(model),
         .pre_tokenizer = {file.space_as_suffix ? Side::after : Side::before},
         .normalizer = sentencepiece_normalizer(file)});
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = (std::min)(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    std::vector<Id> ids;
    ids.reserve(text.size() / 2);
    std::vector<double> rates;
    for (int turn = 0; turn < 6; ++turn) {
        ids.clear();
        const auto begin = std::chrono::steady_clock::now();
        for (const std::string_view line : lines) {
            tokenizer.append_ids(line, ids);
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        rates.push_back(static_cast<double>(text.size()) / 1e6 / seconds.count());
    }
    const double cold = rates.front();
    std::sort(rates.begin() + 1, rates.end());
    std::cout << "{\"cold\": " << cold << ", \"warm\": " << rates[3] << ", \"ids\": " << ids.size()
              << "}\n";
    if (ids_path == nullptr) return;
    std::ofstream to(ids_path);
    for (const std::string_view line : lines) {
        for (const Id id : tokenizer.ids(line)) {
            to << id << ' ';
        }
        to << '\n';
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::cerr << "usage: benchmark_sentencepiece MODEL TEXT [IDS]\n";
        return EXIT_FAILURE;
    }
    try {
        const SentencePieceModel file = read_sentencepiece(arguments[1]);
        const MappedFile text(arguments[2]);
        const char* const ids = count > 3 ? arguments[3] : nullptr;
        if (file.type == SentencePieceType::bpe) {
            measure(file, sentencepiece_bpe(file), text.bytes(), ids);
        } else {
            measure(file, sentencepiece_unigram(file), text.bytes(), ids);
        }
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
