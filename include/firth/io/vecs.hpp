#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// The formats fvecs, bvecs and ivecs of the TEXMEX corpora, which Faiss and hnswlib work with: a
/// row is its dim (i32, little-endian) and dim elements of float32, uint8 or int32. The words, if
/// rows have any, lie in a file beside it, see `word_list.hpp`; without it rows are named by their
/// numbers.
namespace firth {

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

/// Writes such a file and the words beside it: the two are put in their places right behind each
/// other. Elements of u8 and i32 must be whole numbers in their range.
class VecsWriter final : public RowWriter {
public:
    /// `type` is f32, u8 or i32. Throws `OptionError` for others.
    VecsWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
               ElementType type = ElementType::f32)
        : RowWriter(path, rows, dim,
                    type == ElementType::u8    ? VectorFormat::bvecs
                    : type == ElementType::i32 ? VectorFormat::ivecs
                                               : VectorFormat::fvecs),
          type_(type), file_(path), words_(words_path(path)) {
        if (type != ElementType::f32 && type != ElementType::u8 && type != ElementType::i32) {
            throw OptionError("cannot write " + path + ": there are no vecs of type " +
                              std::string(element_name(type)) + ", expected f32, u8 or i32");
        }
    }

private:
    void put(const Row& row) override {
        words_.add(row);
        bytes_.clear();
        const auto size = static_cast<std::int32_t>(row.vector.size());
        detail::append_elements_of(std::span<const std::int32_t>(&size, 1), bytes_);
        if (type_ == ElementType::f32) {
            detail::append_elements_of(row.vector, bytes_);
        } else {
            for (const float value : row.vector) {
                put_integer(value);
            }
        }
        file_.write(bytes_);
    }

    void put_integer(float value) {
        const bool bytes = type_ == ElementType::u8;
        const float least = bytes ? 0.0f : -0x1p31f;
        const float beyond = bytes ? 256.0f : 0x1p31f;
        if (value != std::trunc(value) || value < least || value >= beyond) {
            fail("row " + std::to_string(added()) + " holds " + float_text(value) +
                 ", expected whole numbers in the range of " + std::string(element_name(type_)));
        }
        if (bytes) {
            bytes_ += static_cast<char>(static_cast<std::uint8_t>(value));
        } else {
            const auto number = static_cast<std::int32_t>(value);
            detail::append_elements_of(std::span<const std::int32_t>(&number, 1), bytes_);
        }
    }

    void end() override { words_.commit_with(file_); }

    ElementType type_;
    AtomicFile file_;
    WordListWriter words_;
    std::string bytes_;
};

/// Writes vectors to a file with elements of `type`. Throws what `VecsWriter` throws.
inline void write_vecs(const WordVectors<float>& vectors, const std::string& path,
                       ElementType type = ElementType::f32) {
    VecsWriter writer(path, vectors.size(), vectors.dim(), type);
    write_rows(vectors, writer);
}

} // namespace firth
