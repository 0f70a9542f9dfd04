#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/section_file.hpp>
#include <firth/io/detail/bucket_sections.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/rows.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/math/product_quantizer.hpp>
#include <firth/math/product_table.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary_sections.hpp>

/// Classifiers in firth's own format: a section file of kind "classifier", version 1.
///
///     settings       loss (0 softmax, 1 hierarchical softmax, 2 negative sampling, 3 one-vs-all),
///                    longest n-gram of words, shortest and longest n-gram of characters, buckets,
///                    whether "</s>" has n-grams, whether n-grams without a row count as zeros (0
///                    or 1) (u32 each)
///     shape          input rows, output rows, dim (u64 each)
///     label prefix   what labels begin with in texts
///     symbols, symbol ends, counts, symbol slots   the words, see `vocabulary_sections.hpp`
///     labels, label ends, label counts, label slots    the labels likewise, without the prefix
///     ngram buckets, ngram groups   the buckets that have input rows, see
///                    `io/detail/bucket_sections.hpp`
/// and of "input", a row a word and then one a bucket, and of "output" either
///     input          the rows (f32), each padded with zeros to 64 bytes
/// or, of a product quantiser,
///     input part     elements a code stands for (u32)
///     input codes    those of each row one after the other (u8)
///     input centroids    of each part 256, one after the other (f32)
///     input norm ids, input norms  which of 256 norms each row has (u8), and these (f32); not
///                    there: rows have what their codes say
///
/// The file is opened in place, in no time whatever its size: words, buckets and rows are read
/// where a text touches them.
namespace firth {

namespace detail {

inline constexpr std::string_view classifier_kind = "classifier";
inline constexpr std::uint32_t classifier_version = 1;
inline constexpr VocabularySections label_sections{"labels", "label ends", "label counts",
                                                   "label slots"};

/// A section of `count` numbers, in place. Throws `FormatError` for more or fewer.
template <class T>
[[nodiscard]] AlignedBuffer<T> mapped_numbers(const std::shared_ptr<SectionFile>& file,
                                              const std::string& name, std::size_t count) {
    AlignedBuffer<T> values = mapped_array<T>(file, name);
    if (values.size() != count) {
        file->fail_in(name, "has " + std::to_string(values.size()) + " numbers, expected " +
                                std::to_string(count));
    }
    return values;
}

/// The rows of one of the two tables, in place.
[[nodiscard]] inline ClassifierRows map_rows(const std::shared_ptr<SectionFile>& file,
                                             const std::string& table, std::size_t rows,
                                             std::size_t dim) {
    if (file->has(table)) {
        return EmbeddingTable<float>(
            rows, dim, mapped_numbers<float>(file, table, rows * padded_dim<float>(dim)));
    }
    const std::size_t part = mapped_numbers<std::uint32_t>(file, table + " part", 1)[0];
    if (part < 1 || part > dim) {
        file->fail_in(table + " part", "says that codes stand for " + std::to_string(part) +
                                           " elements, expected 1 to " + std::to_string(dim) +
                                           ", the dim");
    }
    constexpr std::size_t each = ProductQuantizer::codes;
    ProductQuantizer quantizer(dim, part,
                               mapped_numbers<float>(file, table + " centroids", each * dim));
    auto codes = mapped_numbers<std::uint8_t>(file, table + " codes", rows * quantizer.parts());
    if (!file->has(table + " norm ids"))
        return ProductTable(std::move(quantizer), std::move(codes));
    return ProductTable(std::move(quantizer), std::move(codes),
                        ProductQuantizer(1, 1, mapped_numbers<float>(file, table + " norms", each)),
                        mapped_numbers<std::uint8_t>(file, table + " norm ids", rows));
}

inline void write_rows(SectionFileWriter& file, const std::string& table,
                       const EmbeddingTable<float>& rows) {
    file.array(table, std::span(rows.data(), rows.rows() * rows.stride()));
}

inline void write_rows(SectionFileWriter& file, const std::string& table,
                       const ProductTable& rows) {
    const std::array part{static_cast<std::uint32_t>(rows.quantizer().part_dim())};
    file.array(table + " part", std::span<const std::uint32_t>(part));
    file.array(table + " codes", rows.codes());
    file.array(table + " centroids", rows.quantizer().centroids());
    if (!rows.has_norms()) return;
    file.array(table + " norm ids", rows.norm_codes());
    file.array(table + " norms", rows.norm_quantizer().centroids());
}

/// Calls `use` with the table that there is.
template <class Use>
decltype(auto) with_table(const ClassifierRows& rows, Use&& use) {
    return rows.floats() != nullptr ? use(*rows.floats()) : use(*rows.codes());
}

inline void write_rows(SectionFileWriter& file, const std::string& table,
                       const ClassifierRows& rows) {
    with_table(rows, [&](const auto& stored) { write_rows(file, table, stored); });
}

/// What is wrong with rows, or nothing: a number that is not finite, padding that is not zero.
[[nodiscard]] inline std::optional<std::string> flaw_of(const EmbeddingTable<float>& rows) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (!all_finite(rows[row])) return "NaN or infinity in row " + std::to_string(row);
        if (!rows.padding_is_zero(row)) {
            return "padding that is not zero in row " + std::to_string(row);
        }
    }
    return std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> flaw_of(const ProductTable& rows) {
    if (all_finite(rows.quantizer().centroids()) && all_finite(rows.norm_quantizer().centroids())) {
        return std::nullopt;
    }
    return "NaN or infinity among the numbers of its codes";
}
[[nodiscard]] inline std::optional<std::string> flaw_of(const ClassifierRows& rows) {
    return with_table(rows, [](const auto& stored) { return flaw_of(stored); });
}

[[nodiscard]] inline StoredClassifierModel map_classifier(std::shared_ptr<SectionFile> file) {
    const auto settings = file->array<std::uint32_t>("settings");
    if (settings.size() != 7 || settings[0] > 3 || settings[1] < 1 || settings[3] > 255 ||
        settings[5] > 1 || settings[6] > 1) {
        file->fail_in("settings", "is not seven numbers: a loss up to 3, n-grams of 1 word or "
                                  "more and up to 255 characters, buckets, and two of 0 or 1");
    }
    StoredClassifierModel model;
    model.loss = static_cast<ClassifierLoss>(settings[0]);
    model.ngrams = {.characters = {.min_length = settings[2],
                                   .max_length = settings[3],
                                   .buckets = settings[4],
                                   .sentence_end = settings[5] == 1},
                    .words = settings[1]};
    model.unseen = settings[6] == 1 ? UnseenNgram::zero : UnseenNgram::skipped;
    if (model.ngrams.any() && settings[4] == 0) {
        file->fail_in("settings", "says that n-grams are hashed to 0 buckets, expected 1 or more");
    }
    const auto shape = file->array<std::uint64_t>("shape");
    if (shape.size() != 3 || shape[0] > max_rows || shape[1] > max_rows || shape[2] < 1 ||
        shape[2] > max_dim) {
        file->fail_in("shape", "is not three numbers: at most " + std::to_string(max_rows) +
                                   " rows twice, and 1 to " + std::to_string(max_dim) +
                                   " elements a row");
    }
    model.label_prefix = file->section("label prefix");
    model.words = map_vocabulary(file);
    model.labels = map_vocabulary(file, label_sections);
    model.buckets = map_buckets(file, settings[4]);
    model.input = map_rows(file, "input", shape[0], shape[2]);
    model.output = map_rows(file, "output", shape[1], shape[2]);
    try {
        check_model(model);
    } catch (const Error& error) {
        throw FormatError(file->path() + ": " + error.what());
    }
    return model;
}

} // namespace detail

/// Opens a classifier in place: nothing but the sizes of the sections and the label prefix is
/// looked at; what is in them is checked where it is used, and all of it by
/// `verify_native_classifier`. The model keeps the file mapped. Throws `FormatError` where the file
/// is damaged or holds something else. O(1).
[[nodiscard]] inline StoredClassifierModel open_native_classifier(const OpenedFile& file) {
    // Only what is mapped for changes can be given away as tables.
    auto mapping = file.in_place() ? std::make_shared<MappedFile>(file.path(),
                                                                  MappedFile::Access::copy_on_write)
                                   : file.mapping();
    return detail::map_classifier(std::make_shared<SectionFile>(
        file.path(), std::move(mapping), detail::classifier_kind, detail::classifier_version));
}

/// The same from a path. Throws `IoError`, too.
[[nodiscard]] inline StoredClassifierModel open_native_classifier(const std::string& path) {
    return detail::map_classifier(std::make_shared<SectionFile>(path, detail::classifier_kind,
                                                                detail::classifier_version,
                                                                MappedFile::Access::copy_on_write));
}

/// Writes a classifier, trained or stored, with the rows that it has. Throws `Error` where its
/// parts do not fit each other or a number is not finite, and `IoError`.
template <class Rows>
void write_native(const BasicClassifierModel<Rows>& model, const std::string& path) {
    check_model(model);
    for (const auto& [name, rows] :
         {std::pair{"input", &model.input}, std::pair{"output", &model.output}}) {
        if (const auto flaw = detail::flaw_of(*rows)) {
            throw Error("cannot write " + path + ": the " + name + " rows have " + *flaw +
                        ", expected finite numbers");
        }
    }
    const SubwordOptions& characters = model.ngrams.characters;
    const std::array<std::uint32_t, 7> settings{static_cast<std::uint32_t>(model.loss),
                                                model.ngrams.words,
                                                characters.min_length,
                                                characters.max_length,
                                                characters.buckets,
                                                characters.sentence_end,
                                                model.unseen == UnseenNgram::zero};
    const std::array<std::uint64_t, 3> shape{model.input.rows(), model.output.rows(), model.dim()};
    SectionFileWriter file(path, detail::classifier_kind, detail::classifier_version);
    file.array("settings", std::span<const std::uint32_t>(settings));
    file.array("shape", std::span<const std::uint64_t>(shape));
    file.section("label prefix", model.label_prefix);
    write_mappable_vocabulary(file, model.words);
    write_mappable_vocabulary(file, model.labels, detail::label_sections);
    detail::write_buckets(file, model.buckets);
    detail::write_rows(file, "input", model.input);
    detail::write_rows(file, "output", model.output);
    file.commit();
}

/// Looks at everything in such a file. Throws `FormatError` for a section without its checksum, a
/// word or label that is not found under its number, buckets that do not rise or are grouped
/// otherwise, a number that is not finite, and padding that is not zero. O(size of the file).
inline void verify_native_classifier(const OpenedFile& file) {
    const SectionFile sections = file.sections();
    sections.verify_all();
    const StoredClassifierModel model = open_native_classifier(file);
    check_vocabulary(model.words, file.path());
    check_vocabulary(model.labels, file.path());
    detail::verify_buckets(sections, model.buckets);
    for (const auto& [name, rows] :
         {std::pair{"input", &model.input}, std::pair{"output", &model.output}}) {
        if (const auto flaw = detail::flaw_of(*rows)) {
            sections.fail_in(rows->floats() != nullptr ? name : name + std::string(" centroids"),
                             "has " + *flaw);
        }
    }
}

} // namespace firth
