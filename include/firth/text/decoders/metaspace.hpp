#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <firth/text/decoder.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>

namespace firth {

/// Spaces for the marks of `Metaspace`. The first token loses all of its marks unless none was put
/// before the text.
struct MetaspaceDecoder {
    std::string replacement{space_mark}; ///< the mark: one character
    Metaspace::PrependScheme prepend_scheme = Metaspace::PrependScheme::always;

    void operator()(std::vector<std::string>& tokens) const {
        if (replacement.empty()) return;
        bool is_first = prepend_scheme != Metaspace::PrependScheme::never;
        for (std::string& token : tokens) {
            std::string text;
            for (std::size_t at = 0; at < token.size();) {
                const std::size_t mark = (std::min)(token.find(replacement, at), token.size());
                text.append(token, at, mark - at);
                if (mark == token.size()) break;
                if (!is_first) text += ' ';
                at = mark + replacement.size();
            }
            token = std::move(text);
            is_first = false;
        }
    }

    [[nodiscard]] std::string settings() const {
        return "metaspace " + replacement + ' ' + std::to_string(static_cast<int>(prepend_scheme));
    }
};

static_assert(Decoder<MetaspaceDecoder>);

} // namespace firth
