#pragma once

#include <string>
#include <vector>

#include <firth/text/read_corpus.hpp>

namespace test {

/// A corpus, which must be sound, as sentences of words.
inline std::vector<std::vector<std::string>> decoded(const firth::EncodedCorpus& corpus) {
    std::vector<std::vector<std::string>> sentences;
    const firth::CorpusView view = corpus.corpus;
    firth::check_corpus(view, corpus.vocabulary.size());
    for (std::size_t s = 0; s < view.sentences(); ++s) {
        sentences.emplace_back();
        for (const firth::Id id : view[s]) {
            sentences.back().emplace_back(corpus.vocabulary[id]);
        }
    }
    return sentences;
}

} // namespace test
