#pragma once

#include <firth/io.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/support.hpp"

namespace test {

inline void require_same(const firth::WordVectors<float>& a, const firth::WordVectors<float>& b) {
    REQUIRE(a.size() == b.size());
    REQUIRE(a.dim() == b.dim());
    REQUIRE(a.vocabulary().symbols() == b.vocabulary().symbols());
    for (firth::Id id = 0; id < a.size(); ++id) {
        REQUIRE(std::ranges::equal(a[id], b[id]));
    }
}

/// Vectors with counts, and words of all kinds but for those in `left_out`.
inline firth::WordVectors<float> odd_vectors(std::size_t dim, const std::string& left_out = "") {
    firth::Vocabulary vocabulary;
    std::uint64_t count = 1000;
    for (const std::string word : {"plain", "gr\xC3\xBC\xC3\x9F", "two words", "tab\there",
                                   "new\nline", "\xFF\xC0 bytes", "back\\slash", "7 8", ""}) {
        if (word.find_first_of(left_out) != word.npos || (word.empty() && !left_out.empty()))
            continue;
        vocabulary.add(word, count -= 7);
    }
    firth::EmbeddingTable<float> table(vocabulary.size(), dim);
    const std::vector<float> values = random_floats(vocabulary.size() * dim, dim);
    for (std::size_t i = 0; i < values.size(); ++i) {
        table[i / dim][i % dim] = values[i];
    }
    return {std::move(vocabulary), std::move(table)};
}

/// A file's rows, one by one.
inline void require_rows(firth::RowReader&& file, const firth::WordVectors<float>& vectors) {
    firth::Id id = 0;
    while (const auto row = file.next()) {
        REQUIRE(row->word == vectors.word(id));
        REQUIRE(std::ranges::equal(row->vector, vectors[id]));
        ++id;
    }
    REQUIRE(id == vectors.size());
}

inline void require_same_counts(const firth::WordVectors<float>& a,
                                const firth::WordVectors<float>& b) {
    REQUIRE(std::ranges::equal(a.vocabulary().counts(), b.vocabulary().counts()));
}

/// The message of the `FormatError` for a file with these bytes.
template <class Read>
std::string format_error(Read&& read) {
    return message_of<firth::FormatError>([&] { static_cast<void>(read()); });
}

/// A number as it lies in a file.
template <class T>
std::string raw(T value) {
    return std::string(firth::detail::bytes_of(value));
}

/// A model of fastText made up from formulas, as a file and as what is in it: there is no writer.
struct FastTextSample {
    std::int32_t version = 12; ///< 0: from before there was a mark
    std::int32_t dim = 4;
    std::int32_t model = 2; ///< 1 CBOW, 2 skip-gram, 3 supervised
    std::int32_t buckets = 20;
    std::int32_t min_length = 2;
    std::int32_t max_length = 3;
    std::vector<std::string> words{"</s>", "king", "queen", "a"};
    std::vector<std::string> labels{};
    bool quantized = false;
    bool norms = false; ///< of quantised rows, apart from their directions
    bool quantized_output = false;
    std::int32_t part = 2; ///< elements of a quantiser's parts, but for the last
    bool pruned = false;
    std::vector<std::pair<std::int32_t, std::int32_t>> kept{}; ///< buckets and their rows

    [[nodiscard]] std::int32_t parts() const { return (dim + part - 1) / part; }
    [[nodiscard]] std::size_t ngram_rows() const {
        return pruned ? kept.size() : static_cast<std::size_t>(buckets);
    }
    [[nodiscard]] std::size_t output_rows() const {
        return model == 3 ? labels.size() : words.size();
    }

    static float dense(std::size_t row, std::size_t i) {
        return static_cast<float>((row * 31 + i * 17 + 5) % 101) / 64.0f - 0.75f;
    }
    static unsigned code(std::size_t row, std::size_t part) {
        return static_cast<unsigned>(row * 7 + part * 3 + 1) % 256;
    }
    static float centroid(std::size_t part, unsigned code, std::size_t i) {
        return static_cast<float>((code * 13 + part * 5 + i * 29) % 97) / 32.0f - 1.5f;
    }
    static unsigned norm_code(std::size_t row) { return static_cast<unsigned>(row * 11) % 256; }
    static float norm(unsigned code) { return 0.25f + static_cast<float>(code) / 64.0f; }

    /// A row of the input (or the output) as fastText's definition has it.
    [[nodiscard]] std::vector<float> row(std::size_t row, bool output = false) const {
        std::vector<float> values;
        const bool codes = quantized && (!output || quantized_output);
        for (std::size_t i = 0; i < static_cast<std::size_t>(dim); ++i) {
            if (!codes) {
                values.push_back(dense(row + (output ? 50 : 0), i));
                continue;
            }
            const std::size_t p = i / static_cast<std::size_t>(part);
            const float value = centroid(p, code(row, p), i % static_cast<std::size_t>(part));
            values.push_back(norms ? value * norm(norm_code(row)) : value);
        }
        return values;
    }

    [[nodiscard]] std::string matrix(std::size_t rows, bool codes, bool output) const {
        std::string bytes;
        if (codes) bytes += norms ? '\1' : '\0';
        bytes += raw(static_cast<std::int64_t>(rows)) + raw(std::int64_t{dim});
        if (!codes) {
            for (std::size_t r = 0; r < rows; ++r) {
                for (const float value : row(r, output)) {
                    bytes += raw(value);
                }
            }
            return bytes;
        }
        bytes += raw(static_cast<std::int32_t>(rows) * parts());
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::int32_t p = 0; p < parts(); ++p) {
                bytes += static_cast<char>(code(r, static_cast<std::size_t>(p)));
            }
        }
        const std::int32_t last = dim - (parts() - 1) * part;
        bytes += raw(dim) + raw(parts()) + raw(part) + raw(last);
        for (std::int32_t p = 0; p < parts(); ++p) {
            for (unsigned c = 0; c < 256; ++c) {
                for (std::int32_t i = 0; i < (p + 1 == parts() ? last : part); ++i) {
                    bytes +=
                        raw(centroid(static_cast<std::size_t>(p), c, static_cast<std::size_t>(i)));
                }
            }
        }
        if (!norms) return bytes;
        for (std::size_t r = 0; r < rows; ++r) {
            bytes += static_cast<char>(norm_code(r));
        }
        for (const std::int32_t value : {1, 1, 1, 1}) {
            bytes += raw(value);
        }
        for (unsigned c = 0; c < 256; ++c) {
            bytes += raw(norm(c));
        }
        return bytes;
    }

    [[nodiscard]] std::string bytes() const {
        std::string bytes;
        if (version != 0) bytes += raw(std::int32_t{793712314}) + raw(version);
        for (const std::int32_t value : {dim, 5, 3, 1, 5, 1, model == 3 ? 3 : 2, model, buckets,
                                         min_length, max_length, 100}) {
            bytes += raw(value);
        }
        bytes += raw(1e-4);
        bytes += raw(static_cast<std::int32_t>(words.size() + labels.size()));
        bytes += raw(static_cast<std::int32_t>(words.size()));
        bytes += raw(static_cast<std::int32_t>(labels.size())) + raw(std::int64_t{1000});
        if (version != 0) {
            bytes += raw(pruned ? static_cast<std::int64_t>(kept.size()) : std::int64_t{-1});
        }
        std::int64_t count = 100;
        for (const bool label : {false, true}) {
            for (const std::string& entry : label ? labels : words) {
                bytes += entry + '\0' + raw(count--) + (label ? '\1' : '\0');
            }
        }
        for (const auto& [bucket, row] : kept) {
            bytes += raw(bucket) + raw(row);
        }
        if (version != 0) bytes += quantized ? '\1' : '\0';
        bytes += matrix(words.size() + ngram_rows(), quantized, false);
        if (version != 0) bytes += quantized_output ? '\1' : '\0';
        bytes += matrix(output_rows(), quantized && quantized_output, true);
        return bytes;
    }

    /// fastText's hash, as its source has it.
    static std::uint32_t hash(const std::string& text) {
        std::uint32_t value = 2166136261u;
        for (const char byte : text) {
            value =
                (value ^ static_cast<std::uint32_t>(static_cast<std::int8_t>(byte))) * 16777619u;
        }
        return value;
    }

    /// The mean of a word's own row, if it has one, and those of its n-grams; ASCII words only.
    [[nodiscard]] std::vector<float> vector(const std::string& word, bool with_ngrams) const {
        std::vector<std::size_t> rows;
        for (std::size_t id = 0; id < words.size(); ++id) {
            if (words[id] == word) rows.push_back(id);
        }
        const std::string framed = '<' + word + '>';
        for (std::size_t begin = 0; with_ngrams && begin < framed.size(); ++begin) {
            for (std::size_t size = 1; begin + size <= framed.size(); ++size) {
                const bool edge = size == 1 && (begin == 0 || begin + 1 == framed.size());
                if (edge || size < static_cast<std::size_t>(min_length) ||
                    size > static_cast<std::size_t>(max_length)) {
                    continue;
                }
                const std::uint32_t bucket =
                    hash(framed.substr(begin, size)) % static_cast<std::uint32_t>(buckets);
                if (!pruned) {
                    rows.push_back(words.size() + bucket);
                    continue;
                }
                for (const auto& [from, to] : kept) {
                    if (static_cast<std::uint32_t>(from) == bucket) {
                        rows.push_back(words.size() + static_cast<std::size_t>(to));
                    }
                }
            }
        }
        std::vector<float> sum(static_cast<std::size_t>(dim));
        for (const std::size_t r : rows) {
            const std::vector<float> values = row(r);
            for (std::size_t i = 0; i < sum.size(); ++i) {
                sum[i] += values[i] / static_cast<float>(rows.size());
            }
        }
        return sum;
    }
};

} // namespace test
