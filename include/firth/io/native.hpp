#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/scalar.hpp>
#include <firth/base/section_file.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/quantized_table.hpp>
#include <firth/table/vocabulary_sections.hpp>
#include <firth/table/word_vectors.hpp>

/// firth's own format, .firth: a section file of kind "vectors", version 1, with these sections.
///
///     shape          rows, dim (u64 each)
///     element        "f32", "f16", "bf16" or "i8"
///     rows           the table as it lies in memory: each row padded with zeros to 64 bytes
///     scales         i8 only: what each row's codes are multiplied by (f32 each)
///     norms          Euclidean norms (f32 each), of i8 rows before they were quantised
///     symbols, symbol ends, symbol slots, counts   the vocabulary, see `vocabulary_sections.hpp`
/// and those of n-grams, see `native_subwords.hpp`.
///
/// Sections that a reader does not know are passed over. A file is opened by mapping it: in no time
/// whatever its size, and nothing is read before it is touched.
namespace firth {

/// firth's own.
inline constexpr VectorFormat native_format{.name = "firth", .extensions = {".firth"}};

/// Vectors of int8, as a file holds them.
struct QuantizedVectors {
    Vocabulary vocabulary;
    QuantizedTable table;
};

namespace detail {

inline constexpr std::string_view native_kind = "vectors";
inline constexpr std::uint32_t native_version = 1;

/// Numbers are in the byte order of the machine, as in all section files.
inline constexpr bool native_is_big = std::endian::native == std::endian::big;

template <class T>
[[nodiscard]] constexpr ElementType element_type_of() noexcept {
    if constexpr (std::is_same_v<T, float16>) return ElementType::f16;
    if constexpr (std::is_same_v<T, bfloat16>) return ElementType::bf16;
    if constexpr (std::is_same_v<T, std::int8_t>) return ElementType::i8;
    return ElementType::f32;
}

} // namespace detail

/// A .firth file of any element type, opened: what is known of it before its sections are touched.
/// The tables and the vocabulary it gives keep the file mapped.
class NativeFile {
public:
    /// Throws `IoError`, and `FormatError` where the header or a bound of a section is damaged.
    explicit NativeFile(const std::string& path)
        : NativeFile(path, std::make_shared<MappedFile>(path, MappedFile::Access::copy_on_write)) {}

    /// The same of a file that was opened before: in place where it lies unpacked on the disk; else
    /// all that come from one object share its memory, tables that are changed too.
    explicit NativeFile(const OpenedFile& file)
        // Only what is mapped for changes can be given away as tables.
        : NativeFile(file.path(), file.in_place()
                                      ? std::make_shared<MappedFile>(
                                            file.path(), MappedFile::Access::copy_on_write)
                                      : file.mapping()) {}

    /// The same of a file that was mapped before, with `copy_on_write`; `path` is what errors call
    /// it.
    NativeFile(std::string path, std::shared_ptr<MappedFile> file)
        : file_(std::make_shared<SectionFile>(std::move(path), std::move(file), detail::native_kind,
                                              detail::native_version)) {
        const auto shape = file_->array<std::uint64_t>("shape");
        if (shape.size() != 2) file_->fail_in("shape", "is not two numbers");
        rows_ = shape[0];
        dim_ = shape[1];
        if (rows_ > max_rows || dim_ > max_dim || (dim_ == 0 && rows_ != 0)) {
            file_->fail_in("shape", "says " + std::to_string(rows_) + " x " + std::to_string(dim_) +
                                        ", expected at most " + std::to_string(max_rows) +
                                        " rows of 1 to " + std::to_string(max_dim) + " elements");
        }
        const std::string_view name = file_->section("element");
        constexpr std::array types{ElementType::f32, ElementType::f16, ElementType::bf16,
                                   ElementType::i8};
        const auto found = std::find_if(types.begin(), types.end(), [&](ElementType type) {
            return element_name(type) == name;
        });
        if (found == types.end()) {
            file_->fail_in("element", "says \"" + std::string(name.substr(0, 16)) +
                                          "\", expected f32, f16, bf16 or i8");
        }
        type_ = *found;
        if (file_->section("rows").size() != rows_ * row_bytes()) {
            file_->fail_in("rows", "has " + std::to_string(file_->section("rows").size()) +
                                       " bytes, expected " + std::to_string(rows_ * row_bytes()));
        }
        check_size("norms");
        if (type_ == ElementType::i8) check_size("scales");
        vocabulary_ = map_vocabulary(file_);
        if (vocabulary_.size() != rows_) {
            file_->fail_in("counts", "is of a vocabulary of " + std::to_string(vocabulary_.size()) +
                                         " symbols, expected " + std::to_string(rows_));
        }
    }

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
    [[nodiscard]] ElementType type() const noexcept { return type_; }
    [[nodiscard]] const SectionFile& sections() const noexcept { return *file_; }
    /// The same, for what is to keep it mapped.
    [[nodiscard]] const std::shared_ptr<SectionFile>& shared_sections() const noexcept {
        return file_;
    }
    [[nodiscard]] const std::string& path() const noexcept { return file_->path(); }
    [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }
    [[nodiscard]] std::span<const float> norms() const { return file_->array<float>("norms"); }

    /// The rows, in place.
    template <class T>
    [[nodiscard]] EmbeddingTable<T> table() const {
        if (detail::element_type_of<T>() != type_) {
            file_->fail_in("element", "says " + std::string(element_name(type_)) + ", expected " +
                                          std::string(element_name(detail::element_type_of<T>())));
        }
        if (dim_ == 0) return {};
        return {rows_, dim_, numbers<T>("rows")};
    }

    /// A section of numbers, in place.
    template <class T>
    [[nodiscard]] AlignedBuffer<T> numbers(std::string_view name) const {
        return mapped_array<T>(file_, name);
    }

    /// The rows as numbers of whatever type.
    [[nodiscard]] StoredMatrix matrix() const {
        StoredMatrix matrix;
        matrix.data = file_->section("rows").data();
        matrix.rows = rows_;
        matrix.dim = dim_;
        matrix.type = type_;
        matrix.big_endian = detail::native_is_big;
        matrix.element_step = element_size(type_);
        matrix.row_step = row_bytes();
        if (type_ == ElementType::i8) matrix.scales = file_->array<float>("scales");
        return matrix;
    }

    /// All words and their counts. Looks at each of them.
    [[nodiscard]] WordList words() const {
        const std::span<const std::uint64_t> counts = vocabulary_.counts();
        return {vocabulary_.symbols(), {counts.begin(), counts.end()}, file_};
    }

    [[nodiscard]] std::size_t row_bytes() const noexcept {
        return round_up(dim_ * element_size(type_), row_alignment);
    }

private:
    void check_size(const char* section) const {
        if (file_->array<float>(section).size() == rows_) return;
        file_->fail_in(section, "has " + std::to_string(file_->array<float>(section).size()) +
                                    " numbers, expected one a row");
    }

    std::shared_ptr<SectionFile> file_;
    std::size_t rows_ = 0;
    std::size_t dim_ = 0;
    ElementType type_ = ElementType::f32;
    Vocabulary vocabulary_;
};

/// Opens vectors of one type (float, float16, bfloat16) in place: the table, its norms and the
/// vocabulary stay in the file, which is read where it is touched. Changing rows changes them in
/// memory only. The header and the bounds of the sections are checked; what is in them is not, see
/// `verify_native`. Throws `IoError`, and `FormatError` where the file is damaged, no file of
/// vectors, or holds another type.
template <class T = float>
[[nodiscard]] WordVectors<T> open_native(const std::string& path) {
    const NativeFile file(path);
    return {file.vocabulary(), file.table<T>(), file.numbers<float>("norms")};
}

/// Opens vectors of int8 in place, as `open_native`.
[[nodiscard]] inline QuantizedVectors open_native_quantized(const std::string& path) {
    const NativeFile file(path);
    return {file.vocabulary(),
            QuantizedTable(file.table<std::int8_t>(), file.numbers<float>("scales"),
                           file.numbers<float>("norms"))};
}

/// The vectors of a file of any type as float32: in place where they are, read and converted where
/// they are not, or where the options ask for the first ones only. Throws as `open_native`.
[[nodiscard]] inline WordVectors<float>
read_native(const NativeFile& file, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    if (report != nullptr) *report = {.header_rows = file.rows(), .rows = file.rows()};
    const bool in_place = file.type() == ElementType::f32 && options.top == 0 &&
                          options.utf8 == ReadOptions::Utf8::keep_bytes;
    if (file.rows() == 0) {
        if (file.dim() == 0) return {};
        return {Vocabulary(), EmbeddingTable<float>(0, file.dim())};
    }
    if (in_place) {
        return {file.vocabulary(), file.table<float>(), file.numbers<float>("norms")};
    }
    return detail::read_matrix(file.matrix(), file.words(), file.path(), options, report);
}

/// The same from a path.
[[nodiscard]] inline WordVectors<float> read_native(const std::string& path,
                                                    const ReadOptions& options = {},
                                                    ReadReport* report = nullptr) {
    return read_native(NativeFile(path), options, report);
}

/// Reads the rows of such a file one after the other.
class NativeReader final : public RowReader {
public:
    explicit NativeReader(const std::string& path, const ReadOptions& options = {})
        : NativeReader(NativeFile(path), options) {}

    explicit NativeReader(NativeFile file, const ReadOptions& options = {})
        : file_(std::move(file)), rows_(file_.matrix(), file_.words(), file_.path(), options) {}

    [[nodiscard]] std::size_t dim() const override { return rows_.dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return rows_.rows(); }
    [[nodiscard]] std::optional<Row> next() override { return rows_.next(); }

private:
    NativeFile file_;
    MatrixRowReader rows_;
};

/// Looks at everything in such a file. Throws `FormatError`, saying where, for a section without
/// its checksum, a symbol that is not found under its id, a row that is not finite, padding that is
/// not zero, and a norm that is not its row's.
inline void verify_native(const NativeFile& file) {
    const std::string& path = file.path();
    file.sections().verify_all();
    check_vocabulary(file.vocabulary(), path);
    const StoredMatrix matrix = file.matrix();
    std::vector<float> row(matrix.dim);
    for (std::size_t id = 0; id < matrix.rows; ++id) {
        const auto fail = [&](const std::string& message) {
            throw FormatError(path + ": row " + std::to_string(id) + " " + message);
        };
        matrix.read(id, row);
        if (!detail::all_finite(row)) fail("holds NaN or infinity, expected finite numbers");
        const char* const end = matrix.data + (id + 1) * matrix.row_step;
        if (std::any_of(matrix.data + id * matrix.row_step + matrix.dim * matrix.element_step, end,
                        [](char byte) { return byte != 0; })) {
            fail("has padding that is not zero");
        }
        const float norm = simd::norm(std::span<const float>(row));
        // A code is within half a scale of its element.
        const float off = matrix.scales.empty()
                              ? 0.0f
                              : matrix.scales[id] * std::sqrt(static_cast<float>(matrix.dim));
        if (!(std::fabs(norm - file.norms()[id]) <= 1e-4f * norm + off)) {
            fail("has norm " + float_text(norm) + ", but the file says " +
                 float_text(file.norms()[id]));
        }
    }
}

/// The same from a path.
inline void verify_native(const std::string& path) {
    verify_native(NativeFile(path));
}

/// Writes such a file. Words may be any bytes, but each stands there once.
class NativeWriter final : public RowWriter {
public:
    /// `type` is f32, f16, bf16 or i8; `more` writes further sections in the end. Throws
    /// `OptionError` for other types.
    NativeWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
                 ElementType type = ElementType::f32,
                 std::function<void(SectionFileWriter&)> more = {})
        : RowWriter(path, rows, dim, native_format), type_(type), more_(std::move(more)),
          file_(path, detail::native_kind, detail::native_version) {
        const std::array<std::uint64_t, 2> shape{rows, dim};
        file_.begin("shape");
        file_.write_array(std::span<const std::uint64_t>(shape));
        file_.section("element", element_name(type));
        file_.begin("rows");
    }

private:
    void put(const Row& row) override {
        if (!vocabulary_.add(row.word, row.count).second) {
            fail("the word \"" + std::string(row.word) + "\" comes twice");
        }
        bytes_.clear();
        const float scale = detail::encode_row(row.vector, type_, bytes_, detail::native_is_big);
        float norm = simd::norm(row.vector);
        if (type_ == ElementType::i8) {
            scales_.push_back(scale);
        } else if (type_ != ElementType::f32) {
            // What reads back is what the norm belongs to.
            decoded_.resize(row.vector.size());
            read_elements(bytes_.data(), type_, element_size(type_), detail::native_is_big,
                          decoded_);
            norm = simd::norm(std::span<const float>(decoded_));
        }
        norms_.push_back(norm);
        bytes_.resize(round_up(bytes_.size(), row_alignment));
        file_.write(bytes_);
    }

    void end() override {
        if (type_ == ElementType::i8) {
            file_.begin("scales");
            file_.write_array(std::span<const float>(scales_));
        }
        file_.begin("norms");
        file_.write_array(std::span<const float>(norms_));
        write_mappable_vocabulary(file_, vocabulary_);
        if (more_) more_(file_);
        file_.commit();
    }

    ElementType type_;
    std::function<void(SectionFileWriter&)> more_;
    SectionFileWriter file_;
    Vocabulary vocabulary_;
    std::vector<float> norms_;
    std::vector<float> scales_;
    std::vector<float> decoded_;
    std::string bytes_;
};

/// Writes vectors in firth's own format. Throws what `NativeWriter` throws.
inline void write_native(const WordVectors<float>& vectors, const std::string& path,
                         ElementType type = ElementType::f32) {
    NativeWriter writer(path, vectors.size(), vectors.dim(), type);
    write_rows(vectors, writer);
}

} // namespace firth
