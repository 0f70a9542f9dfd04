#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/subword_model.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth {

/// A `SubwordModel`: each piece is one token.
class WordLevel {
public:
    struct Scratch {};

    /// Pieces that are no token become `unknown`, or vanish where it is empty. Throws `FormatError`
    /// where it is none of the tokens.
    explicit WordLevel(TokenTable tokens, std::string unknown = "[UNK]")
        : tokens_(std::move(tokens)), unknown_(std::move(unknown)) {
        if (unknown_.empty()) return;
        unknown_id_ = tokens_.find(unknown_);
        if (unknown_id_ == no_id) {
            throw FormatError("the unknown token \"" + unknown_ + "\" is not in the vocabulary");
        }
    }

    template <class OnToken>
    void operator()(std::string_view piece, Scratch&, OnToken&& on_token) const {
        const Id found = tokens_.find(piece);
        const Id id = found == no_id ? unknown_id_ : found;
        if (id != no_id) on_token(id, piece.size());
    }

    [[nodiscard]] const TokenTable& tokens() const noexcept { return tokens_; }
    [[nodiscard]] const std::string& unknown() const noexcept { return unknown_; }

    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
    [[nodiscard]] std::string_view token(Id id) const noexcept { return tokens_[id]; }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const {
        const Id found = tokens_.find(token);
        return found == no_id ? std::nullopt : std::optional(found);
    }
    [[nodiscard]] std::size_t length(Id id) const noexcept {
        return id == unknown_id_ ? 0 : tokens_[id].size();
    }
    [[nodiscard]] std::string settings() const {
        return "word level " + std::to_string(tokens_.checksum()) + " unknown '" + unknown_ + '\'';
    }

private:
    TokenTable tokens_;
    std::string unknown_;
    Id unknown_id_ = no_id;
};

static_assert(SubwordModel<WordLevel>);

} // namespace firth
