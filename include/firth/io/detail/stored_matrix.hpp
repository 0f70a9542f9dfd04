#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// A matrix that lies in a file as numbers, whatever their type and order. All of it was found to
/// lie within the file.
struct StoredMatrix {
    const char* data = nullptr;
    std::size_t rows = 0;
    std::size_t dim = 0;
    ElementType type = ElementType::f32;
    bool big_endian = false;
    std::size_t row_step = 0;        ///< bytes from one row to the next
    std::size_t element_step = 0;    ///< bytes from one element to the next
    std::span<const float> scales{}; ///< what each row is multiplied by; empty: nothing

    /// Row `id` < rows as floats, dim of them.
    void read(std::size_t id, std::span<float> to) const {
        read_elements(data + id * row_step, type, element_step, big_endian, to);
        if (scales.empty()) return;
        for (float& value : to) {
            value *= scales[id];
        }
    }
};

namespace detail {

/// Reads a row and checks its numbers. Throws `FormatError` with the row.
inline void read_checked(const StoredMatrix& matrix, std::size_t row, std::string_view word,
                         const std::string& name, const ReadOptions& options, std::span<float> to) {
    matrix.read(row, to);
    if (options.non_finite == ReadOptions::NonFinite::keep || all_finite(to)) return;
    throw FormatError(name + ", row " + std::to_string(row + 1) + ": the vector of \"" +
                      std::string(word) + "\" holds NaN or infinity, expected finite numbers");
}

/// Throws `FormatError` for a matrix that no table can hold.
inline void check_matrix_size(std::uint64_t rows, std::uint64_t dim, const std::string& name) {
    const bool none = rows == 0 && dim == 0; // vectors of no words
    if ((dim == 0 && !none) || dim > max_dim || rows > max_rows) {
        throw FormatError(name + ": a matrix of " + std::to_string(rows) + " x " +
                          std::to_string(dim) + ", expected at most " + std::to_string(max_rows) +
                          " rows of 1 to " + std::to_string(max_dim) + " elements");
    }
}

/// A matrix and its rows' words as word vectors, read on several threads.
inline WordVectors<float> read_matrix(const StoredMatrix& matrix, WordList words,
                                      const std::string& name, const ReadOptions& options,
                                      ReadReport* report) {
    if (report != nullptr) report->header_rows = matrix.rows;
    if (matrix.dim == 0) return {}; // vectors of no words
    const std::size_t rows = options.top == 0 ? matrix.rows : (std::min)(options.top, matrix.rows);
    EmbeddingTable<float> table(rows, matrix.dim, Uninitialized());
    for_rows(rows, 1024, name, options, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            read_checked(matrix, row, words.words[row], name, options, table[row]);
            table.clear_padding(row);
        }
    });
    words.words.resize(rows);
    return assemble(words.words, words.counts, std::move(table), name, options, report);
}

} // namespace detail

/// Reads a matrix row by row.
class MatrixRowReader : public RowReader {
public:
    /// The matrix and the words must stay where they are.
    MatrixRowReader(const StoredMatrix& matrix, WordList words, std::string name,
                    const ReadOptions& options)
        : matrix_(matrix), words_(std::move(words)), name_(std::move(name)), options_(options),
          vector_(matrix.dim) {}

    [[nodiscard]] std::size_t dim() const override { return matrix_.dim; }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return matrix_.rows; }

    [[nodiscard]] std::optional<Row> next() override {
        if (read_ == matrix_.rows) return std::nullopt;
        const std::string_view word = words_.words[read_];
        detail::read_checked(matrix_, read_, word, name_, options_, vector_);
        const std::uint64_t count = words_.counts.empty() ? 0 : words_.counts[read_];
        ++read_;
        return Row{word, vector_, count};
    }

private:
    StoredMatrix matrix_;
    WordList words_;
    std::string name_;
    ReadOptions options_;
    std::vector<float> vector_;
    std::size_t read_ = 0;
};

namespace detail {

/// What formats have in common whose file is one matrix, F::matrix(bytes, name), and leaves the
/// words to a file beside it.
template <class F>
struct MatrixFormat {
    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return load(file.bytes(), file.path(), options, report);
    }

    /// The same of bytes that lie in `path`.
    [[nodiscard]] static WordVectors<float> load(std::string_view bytes, const std::string& path,
                                                 const ReadOptions& options, ReadReport* report) {
        const StoredMatrix matrix = F::matrix(bytes, path);
        return read_matrix(matrix, words_of(path, matrix.rows, options, report, words_path(path)),
                           path, options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        const std::string& path = file.path();
        const StoredMatrix matrix = F::matrix(file.bytes(), path);
        return std::make_unique<MatrixRowReader>(
            matrix, words_of(path, matrix.rows, options, nullptr, words_path(path)), path, options);
    }

    [[nodiscard]] static ElementType stored_type(const OpenedFile& file, const ReadOptions&) {
        return F::matrix(file.bytes(), file.path()).type;
    }
};

/// Writes such a file, row by row, and the words beside it: the two are put in their
/// places one right after the other.
class MatrixWriter : public RowWriter {
protected:
    MatrixWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
                 const VectorFormat& format)
        : RowWriter(path, rows, dim, format), file_(path), words_(words_path(path)) {}

    [[nodiscard]] AtomicFile& file() noexcept { return file_; }

    /// Appends a row's bytes.
    virtual void encode(std::span<const float> vector, std::string& to) = 0;

    /// What is left to do before the files are put in their places.
    virtual void complete() {}

private:
    void put(const Row& row) final {
        words_.add(row);
        bytes_.clear();
        encode(row.vector, bytes_);
        file_.write(bytes_);
    }

    void end() final {
        complete();
        words_.commit_with(file_);
    }

    AtomicFile file_;
    WordListWriter words_;
    std::string bytes_;
};

} // namespace detail

} // namespace firth
