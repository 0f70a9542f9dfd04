#pragma once

#include <string>
#include <vector>

#include <firth/text/read_corpus.hpp>
#include <firth/train.hpp>

#include "../support/support.hpp"

namespace test {

/// Sentences of six words from one of ten groups each: words of a group should become alike.
inline firth::EncodedCorpus grouped_corpus(std::size_t sentences) {
    firth::Random random(9);
    std::vector<std::vector<std::string>> text(sentences);
    for (auto& sentence : text) {
        const std::string group = std::to_string(random.below(10));
        for (int i = 0; i < 6; ++i) {
            sentence.push_back("g" + group + "w" + std::to_string(random.below(5)));
        }
    }
    return firth::encode_sequences(text, {.min_count = 1});
}

inline std::string bytes_of(const firth::EmbeddingTable<float>& table) {
    return {reinterpret_cast<const char*>(table.data()), table.rows() * table.stride() * 4};
}

} // namespace test
