#pragma once

/// Vocabularies and merges as JSON files have them. Needs nlohmann/json.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/detail/json_document.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth::detail {

/// The tokens of an object {"token": id}, with bytes for their characters where they are of bytes.
[[nodiscard]] inline TokenTable token_table(const JsonReader& file, const JsonList& vocab,
                                            bool bytes) {
    if (!vocab.is_object()) file.fail("has a model without the object \"vocab\"");
    static constexpr ByteCharacters characters;
    std::string spelled;
    std::vector<std::pair<std::size_t, Id>> ends;
    ends.reserve(vocab.size());
    vocab.for_each([&](JsonList::Item item, std::string_view token, std::string_view, double id) {
        if (item != JsonList::Item::string_number || !(id >= 0) || id >= no_id ||
            id != std::floor(id)) {
            file.fail("has the token \"" + std::string(token) +
                      "\" without a number, expected its id");
        }
        const std::size_t begin = spelled.size();
        if (!bytes || !characters.append_bytes(token, spelled)) {
            spelled.resize(begin);
            spelled += token;
        }
        ends.emplace_back(spelled.size(), static_cast<Id>(id));
    });
    std::vector<std::pair<std::string_view, Id>> tokens;
    tokens.reserve(ends.size());
    std::size_t begin = 0;
    for (const auto& [end, id] : ends) {
        tokens.emplace_back(std::string_view(spelled).substr(begin, end - begin), id);
        begin = end;
    }
    return TokenTable(tokens, file.name());
}

/// The merges of a file, in their order. Throws where one is not of two tokens that make a third.
class BpeRules {
public:
    BpeRules(const JsonReader& file, const TokenTable& tokens, const BpeOptions& options)
        : file_(file), tokens_(tokens), options_(options) {}

    void reserve(std::size_t count) { rules_.reserve(count); }
    [[nodiscard]] const std::vector<Bpe::Rule>& rules() const noexcept { return rules_; }

    /// "left right"
    void add(std::string_view both) {
        const std::size_t space = both.find(' ');
        if (space == both.npos) {
            file_.fail("has the merge \"" + std::string(both) + "\" without a space");
        }
        add(both.substr(0, space), both.substr(space + 1));
    }

    void add(std::string_view first, std::string_view second) {
        static constexpr ByteCharacters characters;
        if (options_.bytes) {
            left_.clear();
            right_.clear();
            if (characters.append_bytes(first, left_)) first = left_;
            if (characters.append_bytes(second, right_)) second = right_;
        }
        std::string_view rest = second;
        if (!options_.continuing_prefix.empty() && rest.starts_with(options_.continuing_prefix))
            rest.remove_prefix(options_.continuing_prefix.size());
        joined_.assign(first);
        joined_ += rest;
        // Tokens have the order of their merges, nearly always.
        const Id next = rules_.empty() ? no_id : rules_.back().token + 1;
        const Id token = tokens_[next] == joined_ ? next : tokens_.find(joined_);
        const Bpe::Rule made{tokens_.find(first), tokens_.find(second), token};
        if (made.left == no_id || made.right == no_id || made.token == no_id) {
            const std::string_view missing = made.left == no_id    ? first
                                             : made.right == no_id ? second
                                                                   : std::string_view(joined_);
            file_.fail("has a merge of \"" + std::string(first) + "\" and \"" +
                       std::string(second) + "\", but \"" + std::string(missing) +
                       "\" is not in the vocabulary");
        }
        rules_.push_back(made);
    }

private:
    const JsonReader& file_;
    const TokenTable& tokens_;
    const BpeOptions& options_;
    std::vector<Bpe::Rule> rules_;
    std::string left_;
    std::string right_;
    std::string joined_;
};

} // namespace firth::detail
