#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/format.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/word_rule.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

/// What all file formats have in common: they are rows, each a word and a vector.
namespace firth {

namespace detail {

/// True where no element is NaN or infinite.
inline bool all_finite(std::span<const float> vector) noexcept {
    bool finite = true;
    for (const float value : vector) {
        finite &= is_finite(value);
    }
    return finite;
}

} // namespace detail

/// One row of a file.
struct Row {
    std::string_view word;
    std::span<const float> vector;
    std::uint64_t count = 0; ///< of the word in its corpus, 0 where the file does not say
};

/// Reads a file one row after the other, in memory for one row. Duplicate words are handed on.
/// Readers look after what concerns one row; `read_rows` reads all of them by the options.
class RowReader {
public:
    RowReader() = default;
    RowReader(const RowReader&) = delete;
    RowReader& operator=(const RowReader&) = delete;
    virtual ~RowReader() = default;

    /// The elements of a row.
    [[nodiscard]] virtual std::size_t dim() const = 0;

    /// The number of rows where the file says so in advance.
    [[nodiscard]] virtual std::optional<std::uint64_t> rows() const { return std::nullopt; }

    /// The next row, which stays as it is until the next call; nothing at the end. Throws
    /// `FormatError`.
    [[nodiscard]] virtual std::optional<Row> next() = 0;
};

/// Writes a file one row after the other, in memory for one row (and the words where the format
/// puts them elsewhere). Without `finish` nothing is left in the place of the file.
///
/// A writer of your own hands the constructor what its format is, and has `put` and `end`. Files
/// that are replaced whole or not at all are written through `AtomicFile`:
///
///     class PlainWriter final : public firth::RowWriter {
///     public:
///         PlainWriter(const std::string& path, std::uint64_t rows, std::size_t dim)
///             : RowWriter(path, rows, dim, plain_format), file_(path) {}
///
///     private:
///         void put(const firth::Row& row) override { file_.write(line_of(row)); }
///         void end() override { file_.commit(); }
///
///         firth::AtomicFile file_;
///     };
class RowWriter {
public:
    RowWriter(const RowWriter&) = delete;
    RowWriter& operator=(const RowWriter&) = delete;
    virtual ~RowWriter() = default;

    /// What is done with words that the format cannot hold. Words that are replaced may become the
    /// same as others, which `save` looks after.
    void set_unwritable(UnwritableWords policy) noexcept { unwritable_ = policy; }

    /// What was left out so far, and how many rows were written.
    [[nodiscard]] const SaveReport& report() const noexcept { return report_; }

    /// Appends a row. Throws `Error` for a vector of another length or with NaN or infinity, for a
    /// word that the format cannot hold and for a row more than promised, `IoError` where the disk
    /// is full.
    void add(const Row& row) {
        if (row.vector.size() != dim_) {
            fail("the vector of \"" + std::string(row.word) + "\" has " +
                 std::to_string(row.vector.size()) + " elements, expected " + std::to_string(dim_));
        }
        if (report_.rows + report_.skipped == rows_)
            fail("there are more rows than the " + std::to_string(rows_) + " that were promised");
        if (!detail::all_finite(row.vector)) {
            fail("the vector of \"" + std::string(row.word) +
                 "\" holds NaN or infinity, expected finite numbers");
        }
        if (format_.words.holds(row.word)) {
            put(row);
            ++report_.rows;
        } else {
            add_unwritable(row);
        }
    }

    /// Puts the file in its place. Throws `Error` where rows are missing, and `IoError`.
    void finish() {
        if (report_.rows + report_.skipped != rows_) {
            fail("there are " + std::to_string(report_.rows + report_.skipped) + " rows, but " +
                 std::to_string(rows_) + " were promised");
        }
        if (report_.rows == 0 && !format_.words.no_rows) {
            fail("there are no rows, and a file of no rows is empty in this format");
        }
        end();
    }

protected:
    /// `name` is what errors call the file. Throws `OptionError` for a size that no table has.
    RowWriter(std::string name, std::uint64_t rows, std::size_t dim, const VectorFormat& format)
        : name_(std::move(name)), rows_(rows), dim_(dim), format_(format) {
        // Vectors of no words have no dim.
        if (rows != 0 || dim != 0) detail::check_table_size(rows, dim);
    }

    /// The rows that were promised, those written so far, and those left out for their words.
    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::uint64_t added() const noexcept { return report_.rows; }
    [[nodiscard]] std::uint64_t skipped() const noexcept { return report_.skipped; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    /// Says that vectors lose their length in this file.
    void lose_scales() noexcept { report_.scales_lost = true; }

    /// Throws `Error` about the file.
    [[noreturn]] void fail(const std::string& message) const {
        throw Error("cannot write " + name_ + ": " + message);
    }

    /// Writes a row: `dim()` finite numbers, and a word that the format holds.
    virtual void put(const Row& row) = 0;

    /// Puts the file in its place; called once, after the last row. A header that told of `rows()`
    /// must be corrected here where rows were `skipped()`: `added()` are there.
    virtual void end() = 0;

private:
    void add_unwritable(const Row& row) {
        if (unwritable_ == UnwritableWords::refuse) {
            fail("row " + std::to_string(report_.rows) + " has " +
                 detail::unwritable(format_, row.word));
        }
        const bool first = report_.skipped + report_.replaced == 0;
        if (first) report_.first_unwritable = row.word;
        if (unwritable_ == UnwritableWords::skip) {
            ++report_.skipped;
            return;
        }
        const std::string replacement = format_.words.replace(row.word);
        if (first) report_.first_replacement = replacement;
        put({replacement, row.vector, row.count});
        ++report_.rows;
        ++report_.replaced;
    }

    std::string name_;
    std::uint64_t rows_;
    std::size_t dim_;
    VectorFormat format_;
    UnwritableWords unwritable_ = UnwritableWords::refuse;
    SaveReport report_;
};

namespace detail {

/// The words of a vocabulary as a format can hold them, by a policy. Those that are replaced become
/// the same as no other word.
class WritableWords {
public:
    WritableWords() = default; ///< all as they are

    WritableWords(const Vocabulary& vocabulary, const WordRule& rule, UnwritableWords policy)
        : rows_(vocabulary.size()) {
        if (policy == UnwritableWords::refuse) return; // the writer refuses them
        for (Id id = 0; id < vocabulary.size(); ++id) {
            const std::string_view word = vocabulary[id];
            if (rule.holds(word)) continue;
            std::string other;
            if (policy == UnwritableWords::skip) {
                ++report_.skipped;
            } else {
                ++report_.replaced;
                other = rule.replace(word);
                while (vocabulary.contains(other) || !taken_.insert(other).second) {
                    other += '_';
                }
            }
            if (changed_.empty()) {
                report_.first_unwritable = word;
                report_.first_replacement = other;
            }
            changed_.emplace(id, std::move(other));
        }
        skips_ = policy == UnwritableWords::skip;
        rows_ -= report_.skipped;
    }

    /// The number of rows that are left.
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] const SaveReport& report() const noexcept { return report_; }

    /// The word of row `id`, or nothing where it is left out.
    [[nodiscard]] std::optional<std::string_view> operator()(Id id, std::string_view word) const {
        if (changed_.empty()) return word;
        const auto found = changed_.find(id);
        if (found == changed_.end()) return word;
        if (skips_) return std::nullopt;
        return found->second;
    }

private:
    std::unordered_map<Id, std::string> changed_;
    std::unordered_set<std::string> taken_;
    bool skips_ = false;
    std::size_t rows_ = 0;
    SaveReport report_;
};

} // namespace detail

/// Writes all rows and finishes. Throws what `RowWriter` throws, and `Error` where `progress`
/// cancels.
inline void write_rows(const WordVectors<float>& vectors, RowWriter& writer,
                       const ProgressCallback& progress = {},
                       const detail::WritableWords& words = {}) {
    ProgressMeter meter(progress);
    const auto report = [&](std::size_t done, bool now) {
        Progress state;
        state.done = done;
        state.total = vectors.size();
        if (!meter.report(state, now)) throw Error("writing was cancelled");
    };
    for (Id id = 0; id < vectors.size(); ++id) {
        if (const std::optional<std::string_view> word = words(id, vectors.word(id))) {
            writer.add({*word, vectors[id], vectors.vocabulary().count(id)});
        }
        if (id % 256 == 0) report(id, false);
    }
    report(vectors.size(), true);
    writer.finish();
}

namespace detail {

/// Joins words, their counts (none, or one each) and rows by the options' policies.
inline WordVectors<float> assemble(const std::vector<std::string_view>& words,
                                   std::span<const std::uint64_t> counts,
                                   EmbeddingTable<float> table, const std::string& name,
                                   const ReadOptions& options, ReadReport* report) {
    Vocabulary vocabulary;
    vocabulary.reserve(words.size());
    ReadReport found;
    if (report != nullptr) {
        found.header_rows = report->header_rows;
        found.numbered = report->numbered;
        found.byte_order_mark = report->byte_order_mark;
    }
    found.rows = words.size();
    std::string replaced;
    for (std::size_t row = 0; row < words.size(); ++row) {
        std::string_view word = words[row];
        if (!is_utf8(word)) {
            ++found.not_utf8;
            if (options.utf8 == ReadOptions::Utf8::refuse) {
                throw FormatError(name + ", row " + std::to_string(row + 1) + ": the word \"" +
                                  std::string(word) + "\" is not UTF-8");
            }
            if (options.utf8 == ReadOptions::Utf8::replace) {
                word = replaced = replace_invalid_utf8(word);
            }
        }
        if (const std::optional<Id> known = vocabulary.find(word)) {
            if (options.duplicates == ReadOptions::Duplicates::refuse) {
                throw FormatError(name + ", row " + std::to_string(row + 1) + ": the word \"" +
                                  std::string(word) + "\" was there before, as word " +
                                  std::to_string(*known + 1));
            }
            if (found.duplicates++ == 0) found.first_duplicate = word;
            continue;
        }
        const Id id = vocabulary.add(word, counts.empty() ? 0 : counts[row]).first;
        if (id != row) std::copy_n(table[row].begin(), table.dim(), table[id].begin());
    }
    if (report != nullptr) *report = found;
    table.truncate(vocabulary.size());
    return WordVectors<float>(std::move(vocabulary), std::move(table));
}

/// Calls `work(begin, end)` for ranges of rows on several threads, and tells of the progress.
template <class Work>
void for_rows(std::size_t rows, std::size_t grain, const std::string& name,
              const ReadOptions& options, Work&& work) {
    const std::size_t threads = resolve_threads(options.threads);
    ProgressMeter meter(options.progress);
    // Progress is told between pieces, by the thread that asked for it.
    const std::size_t pieces = options.progress ? 100 : 1;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        const std::size_t first = rows * piece / pieces;
        const std::size_t last = rows * (piece + 1) / pieces;
        parallel_for(last - first, grain, threads,
                     [&](std::size_t begin, std::size_t end) { work(first + begin, first + end); });
        Progress state;
        state.done = last;
        state.total = rows;
        if (!meter.report(state, last == rows)) {
            throw Error("reading " + name + " was cancelled");
        }
    }
}

} // namespace detail
} // namespace firth
