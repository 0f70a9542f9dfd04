#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/io/detail/bucket_sections.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/native.hpp>
#include <firth/io/read_options.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>

/// N-grams in firth's own format: a .firth file of vectors with four sections more, which readers
/// of words alone pass over.
///
///     ngram options  shortest and longest n-gram, buckets, whether "</s>" has n-grams (0 or 1),
///                    whether n-grams without a row count as zeros (0 or 1) (u32 each)
///     ngram buckets, ngram groups   the buckets that have rows, see
///                    `io/detail/bucket_sections.hpp`; not there: every bucket has one
///     ngram rows     their vectors (f32), each padded with zeros to 64 bytes
///
/// The file is opened in place, and answers unknown words at once.
namespace firth {

namespace detail {

inline constexpr const char* ngram_options_section = "ngram options";
inline constexpr const char* ngram_rows_section = "ngram rows";

} // namespace detail

/// Whether a .firth file has vectors of n-grams.
[[nodiscard]] inline bool has_subwords(const NativeFile& file) {
    return file.sections().has(detail::ngram_options_section);
}

/// A model of words and n-grams, from a file that has both; n-grams in place, words too where they
/// are float32. The header and the bounds of the sections are checked; what is in them is not, see
/// `verify_subwords`. Throws `FormatError` where the file has no n-grams or is damaged.
[[nodiscard]] inline SubwordVectors read_native_subwords(const NativeFile& file,
                                                         const ReadOptions& options = {},
                                                         ReadReport* report = nullptr) {
    using namespace detail;
    const SectionFile& sections = file.sections();
    const auto numbers = sections.array<std::uint32_t>(ngram_options_section);
    if (numbers.size() != 5 || numbers[0] < 1 || numbers[1] < numbers[0] || numbers[1] > 255 ||
        numbers[2] < 1 || numbers[3] > 1 || numbers[4] > 1) {
        sections.fail_in(ngram_options_section,
                         "is not five numbers: lengths from 1 to 255, buckets, and two of 0 or 1");
    }
    const SubwordOptions subwords{numbers[0], numbers[1], numbers[2], numbers[3] == 1};
    const bool some = sections.has(bucket_section);
    BucketRows used;
    if (some) used = map_buckets(file.shared_sections(), subwords.buckets);
    const std::size_t rows = some ? used.size() : subwords.buckets;
    AlignedBuffer<float> values = file.numbers<float>(ngram_rows_section);
    const std::size_t stride = padded_dim<float>(file.dim());
    if (rows > subwords.buckets || (rows != 0 && stride == 0) || values.size() != rows * stride) {
        sections.fail_in(ngram_rows_section, "has " + std::to_string(values.size()) +
                                                 " numbers, expected " + std::to_string(rows) +
                                                 " rows of " + std::to_string(stride));
    }
    EmbeddingTable<float> ngrams;
    if (rows != 0) ngrams = EmbeddingTable<float>(rows, file.dim(), std::move(values));
    WordVectors<float> words = read_native(file, options, report);
    if (!some) return {std::move(words), std::move(ngrams), subwords};
    return {std::move(words), std::move(ngrams), subwords, std::move(used),
            numbers[4] == 1 ? UnseenNgram::zero : UnseenNgram::skipped};
}

/// The same from a path. Throws `IoError`, too.
[[nodiscard]] inline SubwordVectors read_native_subwords(const std::string& path,
                                                         const ReadOptions& options = {},
                                                         ReadReport* report = nullptr) {
    return read_native_subwords(NativeFile(path), options, report);
}

/// Writes a model of words and n-grams; `type` is that of the words' rows. Throws what
/// `NativeWriter` throws, and `Error` for an n-gram that is not finite.
inline void write_native(const SubwordVectors& model, const std::string& path,
                         ElementType type = ElementType::f32) {
    const EmbeddingTable<float>& ngrams = model.ngrams();
    for (std::size_t row = 0; row < ngrams.rows(); ++row) {
        if (detail::all_finite(ngrams[row])) continue;
        throw Error("cannot write " + path + ": row " + std::to_string(row) +
                    " of the n-grams holds NaN or infinity, expected finite numbers");
    }
    const bool has_ngrams = model.options().max_length != 0;
    NativeWriter writer(
        path, model.words().size(), model.dim(), type, [&](SectionFileWriter& file) {
            if (!has_ngrams) return;
            const SubwordOptions& options = model.options();
            const std::array<std::uint32_t, 5> numbers{options.min_length, options.max_length,
                                                       options.buckets, options.sentence_end,
                                                       model.unseen() == UnseenNgram::zero};
            file.array(detail::ngram_options_section, std::span<const std::uint32_t>(numbers));
            if (model.bucket_rows() != nullptr) {
                detail::write_buckets(file, *model.bucket_rows());
            }
            file.array(detail::ngram_rows_section,
                       std::span(ngrams.data(), ngrams.rows() * ngrams.stride()));
        });
    write_rows(model.words(), writer);
}

/// Looks at all n-grams of a file that has them. Throws `FormatError` for buckets that do not rise
/// or are grouped otherwise, a row that is not finite, and padding that is not zero. O(size of the
/// file).
inline void verify_subwords(const NativeFile& file) {
    const SubwordVectors model = read_native_subwords(file);
    if (model.bucket_rows() != nullptr) {
        detail::verify_buckets(file.sections(), *model.bucket_rows());
    }
    const EmbeddingTable<float>& ngrams = model.ngrams();
    for (std::size_t row = 0; row < ngrams.rows(); ++row) {
        if (!detail::all_finite(ngrams[row]) || !ngrams.padding_is_zero(row)) {
            file.sections().fail_in(detail::ngram_rows_section,
                                    "has in row " + std::to_string(row) +
                                        " NaN, infinity or padding that is not zero");
        }
    }
}

} // namespace firth
