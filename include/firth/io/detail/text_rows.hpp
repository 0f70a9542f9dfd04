#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/word_rule.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>

/// Rows as lines of text, which word2vec's, GloVe's and the projector's formats share.
namespace firth::detail {

/// The line without the spaces and the carriage return at its end.
inline std::string_view trim_line(std::string_view line) noexcept {
    std::size_t size = line.size();
    while (size != 0 &&
           (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r')) {
        --size;
    }
    return line.substr(0, size);
}

/// Numbers, each with one space or tab before it, and nothing else. False where the text is not so.
inline bool parse_fields(std::string_view fields, std::span<float> vector) {
    for (float& value : vector) {
        if (!fields.starts_with(' ') && !fields.starts_with('\t')) return false;
        fields.remove_prefix(1);
        const ParsedFloat parsed = parse_float(fields);
        if (parsed.size == 0) return false;
        value = parsed.value;
        fields.remove_prefix(parsed.size);
    }
    return fields.empty();
}

/// Splits a row's line into its word, which is returned, and the last vector.size() fields. Words
/// may hold spaces, but for those that look like a row with too many numbers: they are refused
/// unless `keep_numbers`. Throws the message of a `FormatError` without its place, as an `Error`.
inline std::string_view parse_row(std::string_view line, std::span<float> vector,
                                  bool keep_numbers) {
    line = trim_line(line);
    std::size_t word_end = 0;
    while (word_end < line.size() && line[word_end] != ' ' && line[word_end] != '\t') {
        ++word_end;
    }
    if (parse_fields(line.substr(word_end), vector)) return line.substr(0, word_end);
    word_end = line.size();
    for (std::size_t field = 0; field < vector.size(); ++field) {
        const std::size_t space =
            word_end == 0 ? line.npos : line.find_last_of(" \t", word_end - 1);
        if (space == line.npos) {
            throw Error("the row has " + std::to_string(field) + " numbers, expected a word and " +
                        std::to_string(vector.size()));
        }
        word_end = space;
    }
    if (!parse_fields(line.substr(word_end), vector)) {
        throw Error("the last " + std::to_string(vector.size()) + " fields of the row of \"" +
                    std::string(line.substr(0, (std::min<std::size_t>)(word_end, 40))) +
                    "\" are not all numbers");
    }
    const std::string_view word = line.substr(0, word_end);
    if (!keep_numbers && holds_number(word)) {
        const std::size_t tab = word.rfind('\t');
        const bool is_tabbed = tab != word.npos && is_number(word.substr(tab + 1));
        throw Error("before the last " + std::to_string(vector.size()) + " numbers there is \"" +
                    std::string(word.substr(0, 40)) + "\", a word with a number in it" +
                    (is_tabbed ? " after a tab: expected a space between the word and its numbers."
                               : ": too many numbers, or two rows on one line?") +
                    " If it is a word, keep its numbers (firth convert --spaced-numbers keep)");
    }
    return word;
}

/// A line of numbers alone. Throws as `parse_row`, and returns no word.
inline std::string_view parse_numbers(std::string_view line, std::span<float> vector, bool) {
    line = trim_line(line);
    const ParsedFloat first = parse_float(line);
    if (vector.empty() || first.size == 0 ||
        !parse_fields(line.substr(first.size), vector.subspan(1))) {
        throw Error("the line does not hold " + std::to_string(vector.size()) +
                    " numbers with a tab between them");
    }
    vector[0] = first.value;
    return {};
}

/// How a line becomes a word and a vector.
using ParseLine = std::string_view (*)(std::string_view line, std::span<float> vector,
                                       bool keep_numbers);

/// A reader that stands behind the byte-order mark, where the text begins with one.
inline ByteReader text_reader(std::string_view bytes, const std::string& name) {
    ByteReader reader(bytes, name);
    if (bytes.starts_with(byte_order_mark)) reader.take(byte_order_mark.size(), "");
    return reader;
}

/// The lines behind a reader's place, blank ones left out.
class TextLines {
public:
    /// `promised` rows, as a header says.
    TextLines(ByteReader reader, std::size_t dim, ParseLine parse_line,
              std::optional<std::uint64_t> promised, const ReadOptions& options)
        : reader_(std::move(reader)), options_(options), promised_(promised), dim_(dim),
          parse_(parse_line) {}

    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
    [[nodiscard]] std::optional<std::uint64_t> promised() const noexcept { return promised_; }

    [[nodiscard]] bool has_byte_order_mark() const noexcept {
        return reader_.bytes().starts_with(byte_order_mark);
    }

    /// Parses a line and checks its numbers. Throws `FormatError` with its place.
    std::string_view parse(std::string_view line, std::span<float> vector) const {
        std::string_view word;
        try {
            word =
                parse_(line, vector, options_.spaced_numbers == ReadOptions::SpacedNumbers::keep);
        } catch (const Error& error) {
            fail_line(line, error.what());
        }
        if (options_.non_finite == ReadOptions::NonFinite::refuse && !all_finite(vector)) {
            fail_line(line, "the vector of \"" + std::string(word) +
                                "\" holds NaN or infinity, expected finite numbers");
        }
        return word;
    }

    /// The next line that is not blank, or nothing.
    std::optional<std::string_view> next() {
        while (!reader_.at_end()) {
            const std::size_t size = (std::min)(reader_.rest().find('\n'), reader_.rest().size());
            const std::string_view line = reader_.take(size, "a row");
            reader_.take(reader_.at_end() ? 0 : 1, "a row");
            if (!trim_line(line).empty()) return line;
        }
        return std::nullopt;
    }

    /// Throws `FormatError` where the file has another number of rows than promised.
    void check_rows(std::uint64_t found) const {
        if (!promised_ || found == *promised_ || options_.header == ReadOptions::Header::tolerant)
            return;
        reader_.fail_at(reader_.bytes().size(),
                        "the header promises " + std::to_string(*promised_) +
                            " rows, but the file has " + std::to_string(found));
    }

    /// The number of rows: counts the lines.
    [[nodiscard]] std::size_t count() const { return rows_before_chunks().back(); }

    /// Parses all lines on all threads, `options.top` of them at most; words are left in `words`.
    [[nodiscard]] EmbeddingTable<float> parse_all(std::vector<std::string_view>& words) const {
        const std::string_view text = reader_.rest();
        const std::vector<std::size_t> first_row = rows_before_chunks();
        const std::size_t chunks = first_row.size() - 1;
        check_rows(first_row[chunks]);
        if (first_row[chunks] > max_rows) {
            reader_.fail("there are " + std::to_string(first_row[chunks]) +
                         " rows, expected at most " + std::to_string(max_rows));
        }
        const std::size_t rows =
            options_.top == 0 ? first_row[chunks] : (std::min)(options_.top, first_row[chunks]);
        EmbeddingTable<float> table(rows, dim_, Uninitialized());
        words.resize(rows);
        for_rows(chunks, 1, reader_.name(), options_, [&](std::size_t begin, std::size_t end) {
            for (std::size_t c = begin; c < end; ++c) {
                std::size_t row = first_row[c];
                for_lines(text, c * chunk, (c + 1) * chunk, [&](std::string_view line) {
                    if (row >= rows) return false;
                    words[row] = parse(line, table[row]);
                    table.clear_padding(row);
                    ++row;
                    return true;
                });
            }
        });
        return table;
    }

    [[noreturn]] void fail_line(std::string_view line, const std::string& message) const {
        const auto byte = static_cast<std::size_t>(line.data() - reader_.bytes().data());
        const auto number = 1 + std::count(reader_.bytes().data(), line.data(), '\n');
        throw FormatError(reader_.name() + ", line " + std::to_string(number) + " (byte " +
                          std::to_string(byte) + "): " + message);
    }

private:
    static constexpr std::size_t chunk = std::size_t{1} << 18;

    /// How many rows begin before each chunk of the text, and at last how many there are.
    [[nodiscard]] std::vector<std::size_t> rows_before_chunks() const {
        const std::string_view text = reader_.rest();
        const std::size_t chunks = (text.size() + chunk - 1) / chunk;
        std::vector<std::size_t> first_row(chunks + 1);
        parallel_for(
            chunks, 16, resolve_threads(options_.threads), [&](std::size_t begin, std::size_t end) {
                for (std::size_t c = begin; c < end; ++c) {
                    for_lines(text, c * chunk, (c + 1) * chunk, [&](std::string_view line) {
                        check_length(line);
                        ++first_row[c + 1];
                        return true;
                    });
                }
            });
        for (std::size_t c = 0; c < chunks; ++c) {
            first_row[c + 1] += first_row[c];
        }
        return first_row;
    }

    /// Calls `use(line)` for the lines that begin in [begin, end) of the text, until it says no.
    template <class Use>
    static void for_lines(std::string_view text, std::size_t begin, std::size_t end, Use&& use) {
        end = (std::min)(end, text.size());
        if (begin != 0) {
            // Looked for no further than here, so that a line of many chunks is read only once.
            const std::size_t found = text.substr(begin - 1, end - begin + 1).find('\n');
            if (found == text.npos) return;
            begin += found;
        }
        for (std::size_t at = begin; at < end;) {
            const std::size_t line_end = (std::min)(text.find('\n', at), text.size());
            const std::string_view line = text.substr(at, line_end - at);
            if (!trim_line(line).empty() && !use(line)) return;
            at = line_end + 1;
        }
    }

    /// A line too short for its numbers is found before memory is asked for on its account.
    void check_length(std::string_view line) const {
        if (line.size() + 1 >= 2 * dim_) return;
        fail_line(line, "the row has " + std::to_string(line.size()) + " bytes, expected " +
                            std::to_string(dim_) + " numbers");
    }

    ByteReader reader_;
    ReadOptions options_;
    std::optional<std::uint64_t> promised_;
    std::size_t dim_;
    ParseLine parse_;
};

/// Reads all lines as rows with their words.
inline WordVectors<float> read_text_rows(const TextLines& lines, const std::string& name,
                                         const ReadOptions& options, ReadReport* report) {
    if (report != nullptr) {
        *report = {.header_rows = lines.promised().value_or(0),
                   .byte_order_mark = lines.has_byte_order_mark()};
    }
    if (lines.dim() == 0) { // vectors of no words
        lines.check_rows(lines.count());
        return {};
    }
    std::vector<std::string_view> words;
    EmbeddingTable<float> table = lines.parse_all(words);
    return assemble(words, {}, std::move(table), name, options, report);
}

/// Reads lines one after the other.
class TextRowReader : public RowReader {
public:
    explicit TextRowReader(TextLines lines) : lines_(std::move(lines)), vector_(lines_.dim()) {}

    [[nodiscard]] std::size_t dim() const override { return lines_.dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return lines_.promised(); }

    [[nodiscard]] std::optional<Row> next() override {
        const std::optional<std::string_view> line = lines_.next();
        if (!line) {
            lines_.check_rows(read_);
            return std::nullopt;
        }
        ++read_;
        return Row{lines_.parse(*line, vector_), vector_};
    }

private:
    TextLines lines_;
    std::vector<float> vector_;
    std::uint64_t read_ = 0;
};

/// Appends " number" for each element.
inline void append_numbers(std::string& line, std::span<const float> vector, char separator) {
    for (const float value : vector) {
        line += separator;
        append_float(line, value);
    }
}

} // namespace firth::detail
