#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/section_file.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/vocabulary_sections.hpp>

/// Co-occurrence counts as files.
///
/// Firth's own is a section file of kind "cooccurrence": the vocabulary
/// (`vocabulary_sections.hpp`), "entries", the rows one after the other (column u32, count f32),
/// and "row ends", as places among them (u64).
///
/// GloVe's cooccurrence.bin has no header: a record a count, word and context (i32, from 1) and
/// the count (f64), in any order. It goes with a vocab.txt (`io/vocabulary_text.hpp`).
namespace firth {

/// Counts, and the vocabulary of their rows and columns.
struct CountedCorpus {
    Vocabulary vocabulary;
    CooccurrenceCounts counts;
};

namespace detail {

inline constexpr std::string_view cooccurrence_kind = "cooccurrence";
inline constexpr std::uint32_t cooccurrence_version = 1;

/// A record of GloVe's file.
struct GloVeRecord {
    std::int32_t word;
    std::int32_t context;
    double count;
};
static_assert(sizeof(GloVeRecord) == 16);

} // namespace detail

/// Writes counts to a file, whole or not at all. Throws `IoError`, and `Error` where counts and
/// vocabulary differ in size.
inline void write_cooccurrences(const Vocabulary& vocabulary, const CooccurrenceCounts& counts,
                                const std::string& path) {
    check_counts(counts, vocabulary.size());
    SectionFileWriter file(path, detail::cooccurrence_kind, detail::cooccurrence_version);
    write_vocabulary(file, vocabulary);
    file.begin("entries");
    std::vector<std::uint64_t> ends;
    ends.reserve(counts.rows());
    for (Id row = 0; row < counts.rows(); ++row) {
        file.write_array(counts[row]);
        ends.push_back((ends.empty() ? 0 : ends.back()) + counts[row].size());
        counts.release(row);
    }
    file.begin("row ends");
    file.write_array(std::span<const std::uint64_t>(ends));
    file.commit();
}

/// Opens counts, which stay in the mapped file. Reads every byte once. Throws `IoError`, and
/// `FormatError` where the file is damaged or not sound: columns out of order or beyond the
/// vocabulary, counts that are not above zero.
[[nodiscard]] inline CountedCorpus open_cooccurrences(const std::string& path) {
    const auto file = std::make_shared<const SectionFile>(path, detail::cooccurrence_kind,
                                                          detail::cooccurrence_version);
    CountedCorpus result;
    result.vocabulary = read_vocabulary(*file);
    file->verify("entries");
    file->verify("row ends");
    const auto entries = file->array<SparseEntry>("entries");
    const auto ends = file->array<std::uint64_t>("row ends");
    const std::size_t symbols = result.vocabulary.size();
    if (ends.size() != symbols || (ends.empty() ? 0 : ends.back()) != entries.size()) {
        file->fail(0, "its rows do not fit its vocabulary");
    }
    std::vector<std::span<const SparseEntry>> rows;
    rows.reserve(symbols);
    std::uint64_t begin = 0;
    for (const std::uint64_t end : ends) {
        if (end < begin || end > entries.size()) file->fail(0, "the ends of its rows do not rise");
        const auto row = entries.subspan(begin, end - begin);
        std::uint64_t least = 0;
        for (const SparseEntry& entry : row) {
            if (entry.column < least || entry.column >= symbols || !(entry.value > 0) ||
                !is_finite(entry.value)) {
                file->fail(0, "row " + std::to_string(rows.size()) + " holds column " +
                                  std::to_string(entry.column) + " with count " +
                                  float_text(entry.value) + ", expected a column from " +
                                  std::to_string(least) + " to " + std::to_string(symbols) +
                                  " and a count above 0");
            }
            least = std::uint64_t{entry.column} + 1;
        }
        rows.push_back(row);
        begin = end;
    }
    result.counts = CooccurrenceCounts(std::move(rows), file);
    return result;
}

/// Writes counts as GloVe's cooccur does, ordered by word and context. Throws `IoError`, and
/// `Error` for more symbols than its numbers hold.
inline void write_glove_cooccurrences(const CooccurrenceCounts& counts, const std::string& path) {
    if (counts.rows() > 0x7FFFFFFFu) {
        throw Error("cannot write " + path + ": " + std::to_string(counts.rows()) +
                    " symbols, expected at most 2147483647");
    }
    AtomicFile file(path);
    std::vector<detail::GloVeRecord> records;
    for (Id row = 0; row < counts.rows(); ++row) {
        records.clear();
        for (const SparseEntry& entry : counts[row]) {
            records.push_back({static_cast<std::int32_t>(row + 1),
                               static_cast<std::int32_t>(entry.column + 1),
                               static_cast<double>(entry.value)});
        }
        file.write({reinterpret_cast<const char*>(records.data()),
                    records.size() * sizeof(detail::GloVeRecord)});
        counts.release(row);
    }
    file.commit();
}

/// Reads GloVe's cooccurrence.bin, or cooccurrence.shuf.bin, for a vocabulary of `symbols`; records
/// of the same pair are added. Memory beside the result: a quarter of `memory`, in bytes; a result
/// larger than that lies in a temporary file in `folder` ("": the system's own), and then the file
/// is read several times. Throws `IoError`, and `FormatError`, naming the byte, for a file that
/// ends within a record, numbers beyond the vocabulary and counts that are not above zero.
[[nodiscard]] inline CooccurrenceCounts
read_glove_cooccurrences(const std::string& path, std::size_t symbols,
                         std::uint64_t memory = std::uint64_t{4} << 30,
                         const std::string& folder = {}) {
    const MappedFile file(path);
    const std::string_view bytes = file.bytes();
    constexpr std::size_t record_size = sizeof(detail::GloVeRecord);
    const auto fail = [&](std::size_t at, const std::string& message) {
        throw FormatError(path + ", byte " + std::to_string(at) + ": " + message);
    };
    if (bytes.size() % record_size != 0) {
        fail(bytes.size(), "the file ends within a record of 16 bytes: it was cut or is no "
                           "cooccurrence.bin");
    }
    const auto for_records = [&](auto&& visit) {
        constexpr std::size_t piece = std::size_t{1} << 24;
        for (std::size_t begin = 0; begin < bytes.size(); begin += piece) {
            const std::size_t end = (std::min)(bytes.size(), begin + piece);
            for (std::size_t at = begin; at < end; at += record_size) {
                visit(at, detail::number_at<detail::GloVeRecord>(bytes, at));
            }
            file.release(begin, end);
        }
    };
    std::vector<std::uint64_t> sizes(symbols);
    for_records([&](std::size_t at, const detail::GloVeRecord& record) {
        const auto outside = [&](std::int32_t number) {
            return number < 1 || static_cast<std::uint32_t>(number) > symbols;
        };
        if (outside(record.word) || outside(record.context)) {
            fail(at, "words " + std::to_string(record.word) + " and " +
                         std::to_string(record.context) + ", expected 1 to " +
                         std::to_string(symbols) + ", the size of the vocabulary");
        }
        if (!(record.count > 0) || !is_finite(static_cast<float>(record.count))) {
            fail(at + 8,
                 "a count of " + float_text(record.count) + ", expected a finite number above 0");
        }
        ++sizes[static_cast<std::size_t>(record.word) - 1];
    });

    struct Wide {
        Id column;
        double count;
    };
    const auto store = std::make_shared<ArrayStore<SparseEntry>>(symbols, memory / 4, folder);
    ArrayStore<SparseEntry>::Writer writer(*store);
    std::vector<Wide> entries;
    std::vector<SparseEntry> row;
    for (std::size_t first = 0; first < symbols;) {
        // As many rows as fit the memory, at least one.
        std::vector<std::size_t> begins{0};
        std::size_t last = first;
        while (last < symbols &&
               (last == first || (begins.back() + sizes[last]) * sizeof(Wide) <= memory / 4)) {
            begins.push_back(begins.back() + sizes[last++]);
        }
        entries.resize(begins.back());
        std::vector<std::size_t> next(begins);
        for_records([&](std::size_t, const detail::GloVeRecord& record) {
            const auto word = static_cast<std::size_t>(record.word) - 1;
            if (word < first || word >= last) return;
            entries[next[word - first]++] = {static_cast<Id>(record.context - 1), record.count};
        });
        for (std::size_t id = first; id < last; ++id) {
            const auto values = std::span(entries).subspan(begins[id - first], sizes[id]);
            std::stable_sort(values.begin(), values.end(),
                             [](const Wide& a, const Wide& b) { return a.column < b.column; });
            row.clear();
            for (auto at = values.begin(); at != values.end();) {
                Wide sum = *at;
                while (++at != values.end() && at->column == sum.column) {
                    sum.count += at->count;
                }
                const auto count = static_cast<float>(sum.count);
                if (!(count > 0) || !is_finite(count)) {
                    throw FormatError(path + ": the counts of words " + std::to_string(id + 1) +
                                      " and " + std::to_string(sum.column + 1) + " add up to " +
                                      float_text(sum.count) +
                                      ", expected a number that float32 holds");
                }
                row.push_back({sum.column, count});
            }
            writer.put(id, row);
        }
        first = last;
    }
    writer.finish();
    store->map();
    return CooccurrenceCounts(store);
}

} // namespace firth
