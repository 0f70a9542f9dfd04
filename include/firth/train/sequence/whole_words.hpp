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
#include <firth/train/sequence/sentence_worker.hpp>

namespace firth {

/// What a symbol is made of: rows of the input table. A policy of `SequenceTrainer`, shared by all
/// workers; `rows()` is how many input rows there are. Each worker has an `Access`, which turns the
/// positions of a sentence into vectors of floats that windows step on:
///
/// - `announce(sentence)` before the steps of any sentence begin;
/// - `begin(sentence)` before the first position;
/// - `prefetch(i)` some windows before `enter(i)`, which gives the vector of position i; both for
///   rising i. The vector is stepped on in place, by several windows, until `leave(i)`, which hands
///   what it learnt to the rows it is made of, where those are not the vector itself;
/// - `sentence_rows()`, at most `max_sentence_rows` vectors that are contexts of every window of
///   the sentence (a document's, say).
///
/// `max_span` is the largest number of positions that are entered and not left. `settings` as in
/// `WindowPrediction`.
template <class S>
concept SymbolComposition = std::constructible_from < typename S::template Access<SharedRows>,
const S&, SharedRows,
    std::size_t > &&requires(const S symbols, typename S::template Access<SharedRows> access,
                             const Sentence& sentence, std::size_t position) {
    { symbols.rows() } -> std::same_as<std::size_t>;
    { symbols.settings() } -> std::same_as<std::string>;
    { S::max_sentence_rows } -> std::convertible_to<std::size_t>;
    access.announce(sentence);
    access.begin(sentence);
    access.prefetch(position);
    { access.enter(position) } -> std::same_as<float*>;
    access.leave(position);
    { access.sentence_rows() } -> std::convertible_to<std::span<float* const>>;
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
            rows_.read(ids_[position], copy);
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
