#pragma once

/// The tokens of a model as JSON files and merges.txt have them. Needs nlohmann/json.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/bpe_merges.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth::detail {

/// A vocabulary with the added tokens that have to be in it, and how tokens are spelled there:
/// bytes by their characters.
class ModelSpelling {
public:
    /// Which added tokens join the vocabulary that are not in it.
    enum class Joining {
        all,
        /// None where a reader numbers them as they are, after the vocabulary and in the order of
        /// their ids; else all.
        misnumbered,
    };

    /// Throws `FormatError`, calling the file `file`, for an added token of which the model has the
    /// spelling with another id, or the id with another spelling.
    ModelSpelling(const Tokenizer& tokenizer, const TokenTable* table, Joining joining,
                  std::string file)
        : tokenizer_(tokenizer), file_(std::move(file)), table_(table),
          bpe_(tokenizer.steps().model.get_if<Bpe>()),
          byte_level_(bpe_ != nullptr && bpe_->options().bytes),
          added_(tokenizer.steps().added_tokens) {
        std::stable_sort(added_.begin(), added_.end(),
                         [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
        const std::size_t tokens = count();
        std::size_t next = tokens;
        bool as_expected = joining == Joining::misnumbered;
        for (const AddedToken& token : added_) {
            if (!is_in_model(token)) {
                joining_.push_back(&token);
                as_expected &= token.id == next;
                ++next;
            } else if (token.id >= tokens) {
                next = (std::max)(next, std::size_t(token.id) + 1);
            }
        }
        if (as_expected) joining_.clear();
        if (table_ == nullptr && !joining_.empty()) {
            refuse("the added token \"" + joining_[0]->content + "\" has the id " +
                   std::to_string(joining_[0]->id) +
                   ", but readers number added tokens one after another from " +
                   std::to_string(tokens) + " on");
        }
    }

    ModelSpelling(const ModelSpelling&) = delete;
    ModelSpelling& operator=(const ModelSpelling&) = delete;

    [[noreturn]] void refuse(const std::string& why) const {
        throw FormatError(file_ + " cannot be written: " + why);
    }

    [[nodiscard]] bool byte_level() const noexcept { return byte_level_; }
    /// By their ids.
    [[nodiscard]] const std::vector<AddedToken>& added() const noexcept { return added_; }

    /// Appends the members of an object {"token": id}, a line each.
    void append_vocabulary(std::string& to) const {
        to.reserve(to.size() + 24 * table_->size());
        bool is_first = true;
        const auto put = [&](std::string_view token, Id id) {
            to += is_first ? "\n" : ",\n";
            is_first = false;
            append_json_string(token, to, "a token");
            to += ": " + std::to_string(id);
        };
        std::string room;
        auto next = joining_.begin();
        for (Id id = 0; id < table_->size(); ++id) {
            for (; next != joining_.end() && (*next)->id < id; ++next) {
                put((*next)->content, (*next)->id);
            }
            if (table_->contains(id)) put(spelled(id, room), id);
        }
        for (; next != joining_.end(); ++next) {
            put((*next)->content, (*next)->id);
        }
        to += '\n';
    }

    /// The merges of a BPE model in their order. Throws `FormatError` where one makes another token
    /// than both together, as no file can say.
    [[nodiscard]] std::vector<Bpe::Rule> merges() const {
        std::vector<Bpe::Rule> rules = bpe_merges(*bpe_);
        const std::string& prefix = bpe_->options().continuing_prefix;
        std::string joined;
        for (const Bpe::Rule& rule : rules) {
            std::string_view rest = (*table_)[rule.right];
            if (!prefix.empty() && rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
            joined.assign((*table_)[rule.left]);
            joined += rest;
            if ((*table_)[rule.token] == joined) continue;
            refuse("the merge of \"" + shown((*table_)[rule.left]) + "\" and \"" +
                   shown((*table_)[rule.right]) + "\" makes \"" + shown((*table_)[rule.token]) +
                   "\", which is not both together");
        }
        return rules;
    }

    /// A token as files have it, in `room` or where it stands: bytes by their characters, but for
    /// an added token that is not spelled so.
    [[nodiscard]] std::string_view spelled(Id id, std::string& room) const {
        const std::string_view token = (*table_)[id];
        if (!byte_level_ || std::binary_search(unspelled_.begin(), unspelled_.end(), id))
            return token;
        room.clear();
        for (const char byte : token) {
            append_utf8(room, characters.point(static_cast<unsigned char>(byte)));
        }
        return room;
    }

private:
    [[nodiscard]] std::size_t count() const {
        if (table_ == nullptr) return tokenizer_.steps().model.size();
        std::size_t tokens = 0;
        for (Id id = 0; id < table_->size(); ++id) {
            tokens += table_->contains(id);
        }
        return tokens;
    }

    /// Whether the model has the token with its id.
    [[nodiscard]] bool is_in_model(const AddedToken& token) {
        const AnyModel& model = tokenizer_.steps().model;
        const auto differs = [&](const std::string& how) {
            refuse("the added token \"" + token.content + "\" has the id " +
                   std::to_string(token.id) + ", but " + how);
        };
        std::string bytes; // that the vocabulary's spelling of it stands for
        const bool has_bytes = byte_level_ && characters.append_bytes(token.content, bytes);
        if (!has_bytes) bytes = token.content;
        const std::optional<Id> found = model.find(bytes);
        if (found && *found == token.id) {
            if (!has_bytes) unspelled_.push_back(token.id);
            return true;
        }
        if (found) differs("the model's token of this spelling has " + std::to_string(*found));
        const std::string_view there =
            token.id < model.size() ? model.token(token.id) : std::string_view();
        if (!there.empty()) differs("it is the model's token \"" + shown(there) + '"');
        return false;
    }

    [[nodiscard]] std::string shown(std::string_view token) const {
        return byte_level_ ? characters.spelled(token) : std::string(token);
    }

    static constexpr ByteCharacters characters{};

    const Tokenizer& tokenizer_;
    std::string file_;
    const TokenTable* table_;
    const Bpe* bpe_;
    bool byte_level_;
    std::vector<AddedToken> added_;
    std::vector<const AddedToken*> joining_;
    std::vector<Id> unspelled_; ///< of the vocabulary, not bytes' characters
};

} // namespace firth::detail
