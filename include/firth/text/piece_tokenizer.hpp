#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/tokenize.hpp>
#include <firth/text/tokenizer.hpp>

namespace firth {

/// What a tokenizer's tokens are called where they are symbols with vectors: as its vocabulary has
/// them, "##ing" say, or, where tokens of it have white space or are no UTF-8, as byte-level ones
/// do, with a printable character for each byte: "Ġking" (`ByteCharacters`). Tokens that are empty
/// have no name.
template <class T>
[[nodiscard]] std::vector<std::string> piece_names(const T& tokenizer) {
    std::vector<std::string> names(tokenizer.size());
    bool are_bytes = false;
    for (std::size_t id = 0; id < names.size(); ++id) {
        names[id] = tokenizer.token(static_cast<Id>(id));
        const auto& name = names[id];
        are_bytes |= !is_utf8(name) || name.find_first_of(white_space) != name.npos;
    }
    if (!are_bytes) return names;
    static constexpr ByteCharacters characters;
    for (std::string& name : names) {
        name = characters.spelled(name);
    }
    return names;
}

/// A `CorpusTokenizer`: the pieces that a tokenizer cuts words into, so that every learner trains
/// on them. Symbols are the `piece_names`, sentences are lines.
///
///     const firth::Tokenizer tokenizer = firth::read_tokenizer("tokenizer.json");
///     const firth::EncodedCorpus corpus =
///         firth::read_corpus("corpus.txt", {}, firth::PieceTokenizer(tokenizer));
///
/// The tokenizer outlives it. A line ends before its "\n" or "\r\n".
template <class T = Tokenizer>
class PieceTokenizer {
public:
    static constexpr std::string_view cut_after = "\n";

    explicit PieceTokenizer(const T& tokenizer)
        : tokenizer_(&tokenizer),
          names_(std::make_shared<const std::vector<std::string>>(piece_names(tokenizer))) {}

    template <class OnToken, class OnSentenceEnd>
    void operator()(std::string_view text, OnToken&& on_token,
                    OnSentenceEnd&& on_sentence_end) const {
        std::vector<Id> ids;
        while (!text.empty()) {
            const std::size_t end = (std::min)(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            if (line.ends_with('\r')) line.remove_suffix(1);
            ids.clear();
            tokenizer_->append_ids(line, ids);
            for (const Id id : ids) {
                if (id < names_->size() && !(*names_)[id].empty()) on_token((*names_)[id]);
            }
            if (end == text.size()) return;
            on_sentence_end();
            text.remove_prefix(end + 1);
        }
    }

    [[nodiscard]] std::string settings() const {
        return "pieces of the tokenizer " + std::to_string(checksum(tokenizer_->settings()));
    }

private:
    const T* tokenizer_;
    std::shared_ptr<const std::vector<std::string>> names_;
};

static_assert(CorpusTokenizer<PieceTokenizer<Tokenizer>>);

} // namespace firth
