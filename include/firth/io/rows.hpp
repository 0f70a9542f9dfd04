#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/read_options.hpp>
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
class RowWriter {
public:
    RowWriter(const RowWriter&) = delete;
    RowWriter& operator=(const RowWriter&) = delete;
    virtual ~RowWriter() = default;

    /// Appends a row. Throws `Error` for a vector of another length or with NaN or infinity, for a
    /// word that the format cannot hold and for a row more than promised, `IoError` where the disk
    /// is full.
    void add(const Row& row) {
        if (row.vector.size() != dim_) {
            fail("the vector of \"" + std::string(row.word) + "\" has " +
                 std::to_string(row.vector.size()) + " elements, expected " + std::to_string(dim_));
        }
        if (added_ == rows_)
            fail("there are more rows than the " + std::to_string(rows_) + " that were promised");
        if (!detail::all_finite(row.vector)) {
            fail("the vector of \"" + std::string(row.word) +
                 "\" holds NaN or infinity, expected finite numbers");
        }
        put(row);
        ++added_;
    }

    /// Puts the file in its place. Throws `Error` where rows are missing, and `IoError`.
    void finish() {
        if (added_ != rows_) {
            fail("there are " + std::to_string(added_) + " rows, but " + std::to_string(rows_) +
                 " were promised");
        }
        end();
    }

protected:
    /// `name` is what errors call the file. Throws `OptionError` for a size that no table has.
    RowWriter(std::string name, std::uint64_t rows, std::size_t dim)
        : name_(std::move(name)), rows_(rows), dim_(dim) {
        // Vectors of no words have no dim.
        if (rows != 0 || dim != 0) detail::check_table_size(rows, dim);
    }

    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::uint64_t added() const noexcept { return added_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    /// Throws `Error` about the file.
    [[noreturn]] void fail(const std::string& message) const {
        throw Error("cannot write " + name_ + ": " + message);
    }

    /// Throws `Error` for a word that is empty or holds one of these bytes.
    void check_word(std::string_view word, std::string_view separators) const {
        if (!word.empty() && word.find_first_of(separators) == word.npos) return;
        fail("the word \"" + std::string(word) + "\" of row " + std::to_string(added_) +
             " is empty or holds a byte that ends words in this format");
    }

    virtual void put(const Row& row) = 0;
    virtual void end() = 0;

private:
    std::string name_;
    std::uint64_t rows_;
    std::uint64_t added_ = 0;
    std::size_t dim_;
};

/// Writes all rows and finishes. Throws what `RowWriter` throws, and `Error` where `progress`
/// cancels.
inline void write_rows(const WordVectors<float>& vectors, RowWriter& writer,
                       const ProgressCallback& progress = {}) {
    ProgressMeter meter(progress);
    const auto report = [&](std::size_t done, bool now) {
        Progress state;
        state.done = done;
        state.total = vectors.size();
        if (!meter.report(state, now)) throw Error("writing was cancelled");
    };
    for (Id id = 0; id < vectors.size(); ++id) {
        writer.add({vectors.word(id), vectors[id], vectors.vocabulary().count(id)});
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
