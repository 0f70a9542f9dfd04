#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A vocabulary and the table of its symbols' embeddings: row i belongs to the symbol with id i.
/// What training makes, files hold and queries ask.
template <class T = float>
class WordVectors {
public:
    WordVectors() = default;

    /// Throws `Error` where the vocabulary and the table differ in size.
    WordVectors(Vocabulary vocabulary, EmbeddingTable<T> table)
        : vocabulary_(std::move(vocabulary)), table_(std::move(table)) {
        if (vocabulary_.size() != table_.rows()) {
            throw Error("a vocabulary of " + std::to_string(vocabulary_.size()) +
                        " symbols cannot name the " + std::to_string(table_.rows()) +
                        " rows of a table");
        }
    }

    /// The same with the rows' Euclidean norms, one a row, where they are known already.
    WordVectors(Vocabulary vocabulary, EmbeddingTable<T> table, AlignedBuffer<float> norms)
        : WordVectors(std::move(vocabulary), std::move(table)) {
        if (norms.size() != table_.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to the " +
                        std::to_string(table_.rows()) + " rows of a table");
        }
        norms_ = std::move(norms);
    }

    [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }
    [[nodiscard]] const EmbeddingTable<T>& table() const noexcept { return table_; }

    /// The table, writable. Forgets the rows' norms.
    [[nodiscard]] EmbeddingTable<T>& mutable_table() noexcept {
        norms_ = {};
        return table_;
    }

    /// The norms of the rows where they are known, as they are of firth's own files; else empty.
    [[nodiscard]] std::span<const float> norms() const noexcept {
        return {norms_.data(), norms_.size()};
    }

    [[nodiscard]] std::size_t size() const noexcept { return vocabulary_.size(); }
    [[nodiscard]] std::size_t dim() const noexcept { return table_.dim(); }

    /// The symbol of row `id` < size().
    [[nodiscard]] std::string_view word(Id id) const { return vocabulary_[id]; }

    [[nodiscard]] bool contains(std::string_view word) const { return vocabulary_.contains(word); }

    /// The row of a symbol, or nothing.
    [[nodiscard]] std::optional<Id> find(std::string_view word) const {
        return vocabulary_.find(word);
    }

    /// The row of a symbol. Throws `UnknownWordError`, with the nearest spellings, where there is
    /// none.
    [[nodiscard]] Id id(std::string_view word) const {
        const std::optional<Id> found = find(word);
        if (!found) throw_unknown_word(vocabulary_, word);
        return *found;
    }

    /// The embedding of a symbol, `dim` elements. Throws `UnknownWordError`.
    [[nodiscard]] std::span<const T> operator[](std::string_view word) const {
        return table_[id(word)];
    }

    /// The embedding in row `id` < size(), `dim` elements.
    [[nodiscard]] std::span<const T> operator[](Id id) const noexcept { return table_[id]; }

private:
    Vocabulary vocabulary_;
    EmbeddingTable<T> table_;
    AlignedBuffer<float> norms_;
};

} // namespace firth
