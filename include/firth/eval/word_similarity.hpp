#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/eval/spearman.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// Two words and how similar people find them.
struct WordPair {
    std::string first;
    std::string second;
    double score = 0;
};

/// Reads a set such as WordSim-353 or SimLex-999: a line a pair, "word word score", fields parted
/// by tabs or spaces, further fields passed over; lines that begin with # and empty lines too. A
/// first line whose third field is no number is a header. Throws `FormatError`, naming the line,
/// for any other.
[[nodiscard]] inline std::vector<WordPair> parse_word_pairs(std::string_view text,
                                                            const std::string& name = "the text") {
    std::vector<WordPair> pairs;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        ++number;
        if (line.starts_with('#')) continue;
        const std::vector<std::string_view> fields = split_fields(line, 3);
        if (fields.empty()) continue;
        const ParsedFloat score = fields.size() == 3 ? parse_float(fields[2]) : ParsedFloat();
        if (score.size == 0 || score.size != fields[2].size()) {
            if (number == 1 && fields.size() == 3) continue;
            throw FormatError(name + ", line " + std::to_string(number) +
                              ": expected two words and a score");
        }
        pairs.push_back(
            {std::string(fields[0]), std::string(fields[1]), static_cast<double>(score.value)});
    }
    return pairs;
}

/// Reads such a set from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::vector<WordPair> read_word_pairs(const std::string& path) {
    const MappedFile file(path);
    return parse_word_pairs(file.bytes(), path);
}

/// How vectors did on a set of pairs.
struct WordSimilarityResult {
    double rho = 0; ///< Spearman's rho between cosines and scores; NaN with fewer than two pairs
    std::size_t pairs = 0;   ///< pairs whose words are both known; the others do not count
    std::size_t missing = 0; ///< pairs with an unknown word
};

/// Compares the vectors' cosines with people's scores.
[[nodiscard]] inline WordSimilarityResult
evaluate_word_similarity(const WordVectors<float>& vectors, const std::vector<WordPair>& pairs,
                         CaseFolding folding = CaseFolding::ascii) {
    const FoldedVocabulary vocabulary(vectors.vocabulary(), vectors.size(), folding);
    WordSimilarityResult result;
    std::vector<double> cosines;
    std::vector<double> scores;
    for (const WordPair& pair : pairs) {
        const std::optional<Id> first = vocabulary.find(pair.first);
        const std::optional<Id> second = vocabulary.find(pair.second);
        if (!first || !second) {
            ++result.missing;
            continue;
        }
        cosines.push_back(static_cast<double>(simd::cosine(vectors[*first], vectors[*second])));
        scores.push_back(pair.score);
    }
    result.pairs = cosines.size();
    result.rho = spearman(cosines, scores);
    return result;
}

} // namespace firth
