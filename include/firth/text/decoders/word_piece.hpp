#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/text/decoder.hpp>

namespace firth {

namespace detail {

/// Takes the space away before English punctuation and contractions.
inline void clean_up_english(std::string& token) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Pair, 11> changes{{{" .", "."},
                                                   {" ?", "?"},
                                                   {" !", "!"},
                                                   {" ,", ","},
                                                   {" ' ", "'"},
                                                   {" n't", "n't"},
                                                   {" 'm", "'m"},
                                                   {" do not", " don't"},
                                                   {" 's", "'s"},
                                                   {" 've", "'ve"},
                                                   {" 're", "'re"}}};
    for (const auto& [from, to] : changes) {
        std::size_t at = token.find(from);
        if (at == std::string::npos) continue;
        std::string changed;
        std::size_t copied = 0;
        for (; at != std::string::npos; at = token.find(from, copied)) {
            changed.append(token, copied, at - copied);
            changed += to;
            copied = at + from.size();
        }
        changed.append(token, copied);
        token = std::move(changed);
    }
}

} // namespace detail

/// A `Decoder`: tokens of WordPiece, spaces between words. `cleanup` takes the space away before
/// English punctuation and contractions, token by token, as Hugging Face's tokenizers do: " do not"
/// within a token becomes " don't".
struct WordPieceDecoder {
    std::string prefix = "##";
    bool cleanup = true;

    void operator()(std::vector<std::string>& tokens) const {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            std::string& token = tokens[i];
            if (i != 0) {
                if (token.starts_with(prefix)) {
                    token.erase(0, prefix.size());
                } else {
                    token.insert(token.begin(), ' ');
                }
            }
            if (cleanup) detail::clean_up_english(token);
        }
    }
    [[nodiscard]] std::string settings() const {
        return "wordpiece '" + prefix + (cleanup ? "' cleanup" : "'");
    }
};

static_assert(Decoder<WordPieceDecoder>);

} // namespace firth
