#pragma once

#include <string>
#include <string_view>

#include <firth/base/fold_case.hpp>
#include <firth/text/tokenize.hpp>

namespace test {

/// The example of `CorpusTokenizer`: words without their case.
struct FoldedWords {
    static constexpr std::string_view cut_after = firth::white_space;
    void operator()(std::string_view text, auto&& on_token, auto&& on_sentence_end) const {
        firth::for_each_word(
            text, [&](std::string_view word) { on_token(firth::fold_case(word)); },
            on_sentence_end);
    }
    std::string settings() const { return "folded words"; }
};

} // namespace test
