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
#include <firth/base/progress.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>

/// All rows of a reader at once: what `load` of a format of your own does.
namespace firth {
namespace detail {

/// A table that grows by rows.
class GrowingRows {
public:
    explicit GrowingRows(std::size_t dim) : table_(0, dim) {}

    void add(std::span<const float> row) {
        if (rows_ == table_.rows()) {
            EmbeddingTable<float> larger(2 * rows_ + 256, table_.dim(), Uninitialized());
            std::copy_n(table_.data(), rows_ * table_.stride(), larger.data());
            table_ = std::move(larger);
        }
        std::copy(row.begin(), row.end(), table_[rows_].begin());
        table_.clear_padding(rows_++);
    }

    [[nodiscard]] EmbeddingTable<float> take() {
        table_.truncate(rows_);
        return std::move(table_);
    }

private:
    EmbeddingTable<float> table_;
    std::size_t rows_ = 0;
};

} // namespace detail

/// All rows of a reader as vectors. It does what the options say of duplicates, NaN, words that are
/// not UTF-8, a header's wrong number of rows, `top` and the progress, and fills in `report`,
/// unless null. In a format of your own (see `VectorFormatDescription`):
///
///     static firth::WordVectors<float> load(const firth::OpenedFile& file,
///                                           const firth::ReadOptions& options,
///                                           firth::ReadReport* report) {
///         return firth::read_rows(*rows(file, options), file.path(), options, report);
///     }
///
/// `name` is what errors call the file. Throws what the reader throws, `FormatError` by the options
/// and for rows that are not of the reader's dim, and `Error` where the progress callback cancels.
/// Runs on one thread, in memory for twice the vectors at most; nothing is reserved by what the
/// file promises.
[[nodiscard]] inline WordVectors<float> read_rows(RowReader& reader, const std::string& name,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    const std::optional<std::uint64_t> promised = reader.rows();
    if (report != nullptr) *report = {.header_rows = promised.value_or(0)};
    const std::size_t dim = reader.dim();
    std::string text; // the words, one after the other
    std::vector<std::size_t> ends;
    std::vector<std::uint64_t> counts;
    std::optional<detail::GrowingRows> vectors;
    ProgressMeter meter(options.progress);
    const auto tell = [&](bool now) {
        Progress state;
        state.done = ends.size();
        state.total = promised.value_or(0);
        if (!meter.report(state, now)) throw Error("reading " + name + " was cancelled");
    };
    while (options.top == 0 || ends.size() < options.top) {
        const std::optional<Row> row = reader.next();
        if (!row) {
            if (promised && *promised != ends.size() &&
                options.header == ReadOptions::Header::strict) {
                throw FormatError(name + ": the header promises " + std::to_string(*promised) +
                                  " rows, but the file has " + std::to_string(ends.size()));
            }
            break;
        }
        const auto fail = [&](const std::string& message) {
            throw FormatError(name + ", row " + std::to_string(ends.size() + 1) +
                              ": the vector of \"" + std::string(row->word) + "\" " + message);
        };
        if (dim == 0 || dim > max_dim || row->vector.size() != dim) {
            fail("has " + std::to_string(row->vector.size()) + " elements, expected " +
                 (dim == 0 || dim > max_dim ? "1 to " + std::to_string(max_dim)
                                            : std::to_string(dim)));
        }
        if (options.non_finite == ReadOptions::NonFinite::refuse &&
            !detail::all_finite(row->vector)) {
            fail("holds NaN or infinity, expected finite numbers");
        }
        if (!vectors) vectors.emplace(dim);
        vectors->add(row->vector);
        text += row->word;
        ends.push_back(text.size());
        counts.push_back(row->count);
        if (ends.size() % 256 == 0) tell(false);
    }
    tell(true);
    if (!vectors) return {}; // vectors of no words
    std::vector<std::string_view> words;
    words.reserve(ends.size());
    for (const std::size_t end : ends) {
        const std::size_t begin = words.empty() ? 0 : ends[words.size() - 1];
        words.push_back(std::string_view(text).substr(begin, end - begin));
    }
    return detail::assemble(words, counts, vectors->take(), name, options, report);
}

} // namespace firth
