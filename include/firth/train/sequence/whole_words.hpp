#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/table/id.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/run/private_rows.hpp>
#include <firth/train/sequence/sentence_worker.hpp>

namespace firth {

/// A worker's part of a `SymbolComposition`: turns the positions of a sentence into vectors of
/// floats that windows step on.
///
/// - `announce(sentence)` before the steps of any sentence begin;
/// - `begin(sentence)` before the first position;
/// - `prefetch(i)` some windows before `enter(i)`, which gives the vector of position i; both for
///   rising i. The vector is stepped on in place, by several windows, until `leave(i)`, which hands
///   what it learnt to the rows it is made of, where those are not the vector itself;
/// - `sentence_rows()`, at most `max_sentence_rows` vectors that are contexts of every window of
///   the sentence (a document's, say).
///
/// Optional: `weight(i)`, above 0, is how much position i counts in the mean of CBOW; vectors of
/// the sentence count 1. Without it all count the same.
///
/// It is made with the largest number of positions that are entered and not left.
template <class A, class Symbols, class Rows>
concept SymbolAccess = std::constructible_from<A, const Symbols&, Rows, std::size_t> &&
    requires(A access, const Sentence& sentence, std::size_t position) {
    access.announce(sentence);
    access.begin(sentence);
    access.prefetch(position);
    { access.enter(position) } -> std::same_as<float*>;
    access.leave(position);
    { access.sentence_rows() } -> std::convertible_to<std::span<float* const>>;
};

/// What a symbol is made of: rows of the input table. A policy of `SequenceTrainer`, shared by all
/// workers; `rows()` is how many input rows there are. Each worker has an `Access`, for rows that
/// are raced on and for those that are not. `settings` as in `WindowPrediction`.
///
/// A complete example, symbols that share fewer rows than they are:
///
///     struct Buckets {
///         static constexpr std::size_t max_sentence_rows = 0;
///         std::size_t buckets;
///         std::size_t rows() const { return buckets; }
///         std::string settings() const { return std::to_string(buckets) + " buckets"; }
///         template <firth::RowAccess Rows>
///         struct Access {
///             Access(const Buckets& symbols, Rows table, std::size_t)
///                 : buckets(symbols.buckets), rows(table) {}
///             void announce(const firth::Sentence& sentence) {
///                 for (const firth::Id id : sentence.ids) rows.announce(row(id));
///             }
///             void begin(const firth::Sentence& sentence) { ids = sentence.ids; }
///             void prefetch(std::size_t position) { rows.prefetch(row(ids[position])); }
///             float* enter(std::size_t position) { return rows.take(row(ids[position])); }
///             void leave(std::size_t) {}
///             std::span<float* const> sentence_rows() const { return {}; }
///             firth::Id row(firth::Id id) const { return static_cast<firth::Id>(id % buckets); }
///             std::size_t buckets;
///             Rows rows;
///             std::span<const firth::Id> ids;
///         };
///     };
template <class S>
concept SymbolComposition = SymbolAccess<typename S::template Access<SharedRows>, S, SharedRows> &&
    SymbolAccess<typename S::template Access<PrivateTable::Rows>, S, PrivateTable::Rows> &&
    requires(const S symbols) {
    { symbols.rows() } -> std::same_as<std::size_t>;
    { symbols.settings() } -> std::same_as<std::string>;
    { S::max_sentence_rows } -> std::convertible_to<std::size_t>;
};

/// Every symbol has one row, its vector. Rows may be frozen: windows then step on a copy that is
/// thrown away.
class WholeWords {
public:
    static constexpr std::size_t max_sentence_rows = 0;

    /// `frozen`: by id, empty where no row is.
    explicit WholeWords(std::size_t symbols, std::vector<bool> frozen = {})
        : symbols_(symbols), frozen_(std::move(frozen)) {}

    [[nodiscard]] std::size_t rows() const noexcept { return symbols_; }
    [[nodiscard]] bool is_frozen(Id id) const noexcept { return !frozen_.empty() && frozen_[id]; }

    [[nodiscard]] std::string settings() const {
        const auto frozen = std::count(frozen_.begin(), frozen_.end(), true);
        return "whole words, " + std::to_string(frozen) + " of them frozen";
    }

    template <RowAccess Rows>
    class Access {
    public:
        Access(const WholeWords& words, Rows rows, std::size_t max_span)
            : words_(&words), rows_(std::move(rows)) {
            if (!words.frozen_.empty()) {
                mask_ = std::bit_ceil(max_span) - 1;
                copies_ = AlignedBuffer<float>((mask_ + 1) * rows_.stride());
            }
        }

        void announce(const Sentence& sentence) {
            for (const Id id : sentence.ids) {
                rows_.announce(id);
            }
        }

        void begin(const Sentence& sentence) noexcept { ids_ = sentence.ids; }
        FIRTH_ALWAYS_INLINE void prefetch(std::size_t position) { rows_.prefetch(ids_[position]); }

        [[nodiscard]] float* enter(std::size_t position) {
            if (!words_->is_frozen(ids_[position])) return rows_.take(ids_[position]);
            float* const copy = copies_.data() + (position & mask_) * rows_.stride();
            float* const row = rows_.take(ids_[position]);
            rows_.mean({&row, 1}, copy);
            return copy;
        }

        void leave(std::size_t) const noexcept {}

        [[nodiscard]] std::span<float* const> sentence_rows() const noexcept { return {}; }

    private:
        const WholeWords* words_;
        Rows rows_;
        std::span<const Id> ids_;
        AlignedBuffer<float> copies_; ///< of the frozen rows within reach
        std::size_t mask_ = 0;
    };

private:
    std::size_t symbols_;
    std::vector<bool> frozen_;
};

static_assert(SymbolComposition<WholeWords>);

} // namespace firth
