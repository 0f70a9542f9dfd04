#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/detail/writing.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/word_rule.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>

/// The formats fvecs, bvecs and ivecs of the TEXMEX corpora, which Faiss and hnswlib work with: a
/// row is its dim (i32, little-endian) and dim elements of float32, uint8 or int32. The words, if
/// rows have any, lie in a file beside it, see `word_list.hpp`; without it rows are named by their
/// numbers.
namespace firth {

namespace detail {

inline constexpr WordRule vecs_words{.empty = false,
                                     .separators = "\n",
                                     .byte_order_mark = false,
                                     .carriage_return = false,
                                     .no_rows = false};

} // namespace detail

/// Rows of float32.
inline constexpr VectorFormat fvecs_format{.name = "fvecs",
                                           .extensions = {".fvecs"},
                                           .words = detail::vecs_words,
                                           .words_file = words_path};
/// Rows of uint8.
inline constexpr VectorFormat bvecs_format{.name = "bvecs",
                                           .extensions = {".bvecs"},
                                           .words = detail::vecs_words,
                                           .words_file = words_path};
/// Rows of int32.
inline constexpr VectorFormat ivecs_format{.name = "ivecs",
                                           .extensions = {".ivecs"},
                                           .words = detail::vecs_words,
                                           .words_file = words_path};

namespace detail {

/// The format of rows with elements of `type`.
[[nodiscard]] constexpr const VectorFormat& vecs_format(ElementType type) noexcept {
    return type == ElementType::u8    ? bvecs_format
           : type == ElementType::i32 ? ivecs_format
                                      : fvecs_format;
}

/// The number of rows in bytes that look like vecs with elements of `size` bytes: as far as the
/// first hundred rows tell, all have the same dim. 0 where they do not.
inline std::size_t vecs_rows(std::string_view bytes, std::size_t size) {
    if (bytes.size() < 4) return 0;
    const auto dim = ByteReader(bytes, "").number<std::int32_t>("");
    if (dim < 1 || static_cast<std::size_t>(dim) > max_dim) return 0;
    const std::size_t step = 4 + static_cast<std::size_t>(dim) * size;
    if (bytes.size() % step != 0) return 0;
    const std::size_t rows = bytes.size() / step;
    for (std::size_t row = 1; row < (std::min<std::size_t>)(100, rows); ++row) {
        if (bytes.substr(row * step, 4) != bytes.substr(0, 4)) return 0;
    }
    return rows;
}

/// True for 4-byte elements that are whole numbers: as floats those would all be next to nothing.
inline bool looks_like_integers(std::string_view bytes) {
    ByteReader reader(bytes, "");
    const auto dim = reader.number<std::int32_t>("");
    bool any = false;
    for (std::int32_t i = 0; i < dim; ++i) {
        const auto value = reader.number<std::int32_t>("");
        if (value < 0 || value >= 0x00800000) return false;
        any = any || value != 0;
    }
    return any;
}

/// The type of the elements in bytes that look like rows of such a format; nothing where they do
/// not. Rows of 2 or 8 bytes have the dims of rows of floats, too; the reverse is next to
/// impossible.
inline std::optional<ElementType> vecs_type(std::string_view bytes) {
    const std::size_t narrow = vecs_rows(bytes, 1);
    if (narrow <= 1 && vecs_rows(bytes, 4) != 0) {
        return looks_like_integers(bytes) ? ElementType::i32 : ElementType::f32;
    }
    return narrow != 0 ? std::optional(ElementType::u8) : std::nullopt;
}

} // namespace detail

/// The matrix in the bytes of such a file, with elements of `type`: f32, u8 or i32. Throws
/// `FormatError`, naming the byte, where rows differ in dim or the file ends within one.
[[nodiscard]] inline StoredMatrix parse_vecs_matrix(std::string_view bytes, ElementType type,
                                                    const std::string& name = "the data") {
    ByteReader reader(bytes, name);
    const auto dim = reader.number<std::int32_t>("the dim of the first row");
    if (dim < 1 || static_cast<std::size_t>(dim) > max_dim) {
        reader.fail_at(0, "the first row has dim " + std::to_string(dim) + ", expected 1 to " +
                              std::to_string(max_dim));
    }
    StoredMatrix matrix;
    matrix.dim = static_cast<std::size_t>(dim);
    matrix.type = type;
    matrix.element_step = element_size(type);
    matrix.row_step = 4 + matrix.dim * matrix.element_step;
    matrix.rows = bytes.size() / matrix.row_step;
    detail::check_matrix_size(matrix.rows, matrix.dim, name);
    if (bytes.size() % matrix.row_step != 0) {
        reader.fail_at(bytes.size(), "the file ends within a row: its size is no multiple of the " +
                                         std::to_string(matrix.row_step) + " bytes of a row");
    }
    for (std::size_t row = 1; row < matrix.rows; ++row) {
        ByteReader at(bytes.substr(row * matrix.row_step), name);
        const auto other = at.number<std::int32_t>("the dim of a row");
        if (other != dim) {
            reader.fail_at(row * matrix.row_step, "row " + std::to_string(row + 1) + " has dim " +
                                                      std::to_string(other) + ", expected " +
                                                      std::to_string(dim) + " as the first");
        }
    }
    matrix.data = bytes.data() + 4;
    return matrix;
}

/// Writes such a file and the words beside it. Elements of u8 and i32 must be whole numbers in
/// their range.
class VecsWriter final : public detail::MatrixWriter {
public:
    /// `type` is f32, u8 or i32. Throws `OptionError` for others.
    VecsWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
               ElementType type = ElementType::f32)
        : MatrixWriter(path, rows, dim, detail::vecs_format(type)), type_(type) {
        if (type != ElementType::f32 && type != ElementType::u8 && type != ElementType::i32) {
            throw OptionError("cannot write " + path + ": there are no vecs of type " +
                              std::string(element_name(type)) + ", expected f32, u8 or i32");
        }
    }

private:
    void encode(std::span<const float> vector, std::string& to) override {
        const auto size = static_cast<std::int32_t>(vector.size());
        detail::append_elements_of(std::span<const std::int32_t>(&size, 1), to);
        if (type_ == ElementType::f32) {
            detail::append_elements_of(vector, to);
        } else {
            for (const float value : vector) {
                put_integer(value, to);
            }
        }
    }

    void put_integer(float value, std::string& to) {
        const bool bytes = type_ == ElementType::u8;
        const float least = bytes ? 0.0f : -0x1p31f;
        const float beyond = bytes ? 256.0f : 0x1p31f;
        if (value != std::trunc(value) || value < least || value >= beyond) {
            fail("row " + std::to_string(added()) + " holds " + float_text(value) +
                 ", expected whole numbers in the range of " + std::string(element_name(type_)));
        }
        if (bytes) {
            to += static_cast<char>(static_cast<std::uint8_t>(value));
        } else {
            const auto number = static_cast<std::int32_t>(value);
            detail::append_elements_of(std::span<const std::int32_t>(&number, 1), to);
        }
    }

    ElementType type_;
};

/// What files of rows with elements of `type` go by, see `VectorFormatDescription`.
template <ElementType type>
struct VecsFormat : detail::MatrixFormat<VecsFormat<type>> {
    static constexpr VectorFormat format = detail::vecs_format(type);

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return detail::vecs_type(file.bytes()) == type;
    }

    [[nodiscard]] static StoredMatrix matrix(std::string_view bytes, const std::string& name) {
        return parse_vecs_matrix(bytes, type, name);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        detail::check_only_f32(path, format, options);
        return std::make_unique<VecsWriter>(path, rows, dim, type);
    }
};
using FvecsFormat = VecsFormat<ElementType::f32>;
using BvecsFormat = VecsFormat<ElementType::u8>;
using IvecsFormat = VecsFormat<ElementType::i32>;

/// Reads vectors from a file with elements of `type`: f32, u8 or i32. Integers beyond 2^24 are
/// rounded. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float> read_vecs(const std::string& path, ElementType type,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    const MappedFile file(path);
    const StoredMatrix matrix = parse_vecs_matrix(file.bytes(), type, path);
    return detail::read_matrix(matrix,
                               words_of(path, matrix.rows, options, report, words_path(path)), path,
                               options, report);
}

/// Writes vectors to a file with elements of `type`. Throws what `VecsWriter` throws.
inline void write_vecs(const WordVectors<float>& vectors, const std::string& path,
                       ElementType type = ElementType::f32) {
    VecsWriter writer(path, vectors.size(), vectors.dim(), type);
    write_rows(vectors, writer);
}

} // namespace firth
