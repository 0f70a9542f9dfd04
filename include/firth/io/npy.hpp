#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// NumPy's .npy format, versions 1 to 3 (its "NEP 1" and `numpy.lib.format`): a matrix of float16,
/// float32, float64, int8 or uint8 of either byte order, in C's or Fortran's order. The words lie
/// in a file beside it, see `word_list.hpp`.
namespace firth {

/// NumPy's.
inline constexpr VectorFormat npy_format{.name = "npy",
                                         .extensions = {".npy"},
                                         .words = {.empty = false,
                                                   .separators = "\n",
                                                   .byte_order_mark = false,
                                                   .carriage_return = false},
                                         .words_file = words_path};

namespace detail {

inline constexpr std::string_view npy_magic{"\x93NUMPY", 6};

/// Reads the header's dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class NpyHeader {
public:
    NpyHeader(std::string_view text, const ByteReader& reader, std::size_t begin)
        : text_(text), reader_(&reader), begin_(begin) {
        expect('{');
        while (!skip('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && descr_.empty()) {
                descr_ = quoted();
            } else if (key == "fortran_order" && !fortran_) {
                fortran_ = truth();
            } else if (key == "shape" && shape_.empty()) {
                shape();
            } else {
                fail("the key \"" + std::string(key) + "\", expected descr, fortran_order and " +
                     "shape, once each");
            }
            if (!skip(',')) {
                expect('}');
                break;
            }
        }
        spaces();
        if (at_ != text_.size()) fail("more text follows the dictionary");
        if (descr_.empty() || !fortran_ || shape_.empty()) {
            fail("descr, fortran_order or shape is missing");
        }
    }

    [[nodiscard]] std::string_view descr() const noexcept { return descr_; }
    [[nodiscard]] bool fortran() const noexcept { return *fortran_; }
    [[nodiscard]] const std::vector<std::uint64_t>& shape_of() const noexcept { return shape_; }

private:
    [[noreturn]] void fail(const std::string& message) const {
        reader_->fail_at(begin_ + at_, "in the header of the array: " + message);
    }

    void spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
            ++at_;
        }
    }

    bool skip(char byte) {
        spaces();
        if (at_ == text_.size() || text_[at_] != byte) return false;
        ++at_;
        return true;
    }

    void expect(char byte) {
        if (!skip(byte)) fail(std::string("expected '") + byte + "'");
    }

    std::string_view quoted() {
        spaces();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        if (quote != '\'' && quote != '"') {
            fail("expected a string; structured and object arrays are not read");
        }
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == text_.npos) fail("expected the end of a string");
        const std::string_view string = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return string;
    }

    bool truth() {
        spaces();
        for (const bool value : {false, true}) {
            const std::string_view word = value ? "True" : "False";
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return value;
            }
        }
        fail("expected True or False");
    }

    void shape() {
        expect('(');
        while (!skip(')')) {
            spaces();
            std::uint64_t size = 0;
            const char* const end = text_.data() + text_.size();
            const auto parsed = std::from_chars(text_.data() + at_, end, size);
            if (parsed.ec != std::errc()) fail("expected a number");
            at_ = static_cast<std::size_t>(parsed.ptr - text_.data());
            if (shape_.size() == 2) fail("more than two dimensions, expected a matrix");
            shape_.push_back(size);
            if (!skip(',')) {
                expect(')');
                break;
            }
        }
        if (shape_.empty()) fail("no dimensions, expected a matrix");
    }

    std::string_view text_;
    const ByteReader* reader_;
    std::size_t begin_;
    std::size_t at_ = 0;
    std::string_view descr_;
    std::optional<bool> fortran_;
    std::vector<std::uint64_t> shape_;
};

/// NumPy's names of element types, without their byte order.
inline std::optional<ElementType> npy_type(std::string_view name) {
    if (name == "f2") return ElementType::f16;
    if (name == "f4") return ElementType::f32;
    if (name == "f8") return ElementType::f64;
    if (name == "i1") return ElementType::i8;
    if (name == "u1") return ElementType::u8;
    if (name == "i4") return ElementType::i32;
    return std::nullopt;
}

inline std::string npy_descr(ElementType type, const std::string& name) {
    switch (type) {
    case ElementType::f16:
        return "<f2";
    case ElementType::f32:
        return "<f4";
    case ElementType::i8:
        return "|i1";
    default:
        throw OptionError("cannot write " + name + ": NumPy's format has no elements of type " +
                          std::string(element_name(type)) + ", expected f32, f16 or i8");
    }
}

} // namespace detail

/// The matrix in the bytes of a .npy file. A vector counts as a matrix of one column. Throws
/// `FormatError`, naming the byte, for anything else.
[[nodiscard]] inline StoredMatrix parse_npy_matrix(std::string_view bytes,
                                                   const std::string& name = "the data") {
    ByteReader reader(bytes, name);
    if (!bytes.starts_with(detail::npy_magic)) reader.fail("expected the mark of NumPy's format");
    reader.take(detail::npy_magic.size(), "");
    const auto major = reader.number<std::uint8_t>("the version");
    reader.number<std::uint8_t>("the version");
    if (major < 1 || major > 3) {
        reader.fail_at(6, "version " + std::to_string(major) + " of the format, expected 1 to 3");
    }
    const std::size_t size = major == 1 ? reader.number<std::uint16_t>("the header's length")
                                        : reader.number<std::uint32_t>("the header's length");
    const std::size_t begin = reader.position();
    const detail::NpyHeader header(reader.take(size, "the header"), reader, begin);
    const std::string_view descr = header.descr();
    const auto type = detail::npy_type(descr.substr((std::min<std::size_t>)(1, descr.size())));
    if (!type || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) {
        reader.fail_at(begin, "elements of type '" + std::string(descr) +
                                  "', expected f2, f4, f8, i1, u1 or i4");
    }
    const std::uint64_t rows = header.shape_of()[0];
    const std::uint64_t dim = header.shape_of().size() == 1 ? 1 : header.shape_of()[1];
    detail::check_matrix_size(rows, dim, name);
    const std::size_t element = element_size(*type);
    StoredMatrix matrix;
    matrix.data = reader.take_rows(rows, dim * element, "the matrix").data();
    if (!reader.at_end()) {
        reader.fail(std::to_string(reader.rest().size()) + " more bytes follow the matrix");
    }
    matrix.rows = rows;
    matrix.dim = dim;
    matrix.type = *type;
    matrix.big_endian =
        descr[0] == '>' || (descr[0] == '=' && std::endian::native == std::endian::big);
    matrix.row_step = header.fortran() ? element : dim * element;
    matrix.element_step = header.fortran() ? rows * element : element;
    return matrix;
}

/// Writes a .npy file, version 1.0, and the words beside it.
class NpyWriter final : public detail::MatrixWriter {
public:
    /// `type` is f32, f16 or i8 (codes without their scales, of which only the direction means
    /// something). Throws `OptionError` for others.
    NpyWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
              ElementType type = ElementType::f32)
        : MatrixWriter(path, rows, dim, npy_format), type_(type),
          descr_(detail::npy_descr(type, path)) {
        if (type == ElementType::i8) lose_scales();
        file().write(header(rows));
    }

private:
    [[nodiscard]] std::string header(std::uint64_t rows) const {
        std::string text = "{'descr': '" + descr_ + "', 'fortran_order': False, 'shape': (" +
                           std::to_string(rows) + ", " + std::to_string(dim()) + "), }";
        constexpr std::size_t before = 10;
        // As long for fewer rows.
        const std::size_t spare = std::to_string(this->rows()).size() - std::to_string(rows).size();
        text.resize(round_up(before + text.size() + spare + 1, 64) - before - 1, ' ');
        text += '\n';
        std::string bytes(detail::npy_magic);
        bytes += std::string_view("\x01\x00", 2);
        bytes += static_cast<char>(text.size() & 0xFF);
        bytes += static_cast<char>(text.size() >> 8);
        return bytes + text;
    }

    void encode(std::span<const float> vector, std::string& to) override {
        detail::encode_row(vector, type_, to);
    }

    void complete() override {
        if (skipped() != 0) file().rewrite(0, header(added()));
    }

    ElementType type_;
    std::string descr_;
};

/// All that files go by, see `VectorFormatDescription`.
struct NpyFormat : detail::MatrixFormat<NpyFormat> {
    static constexpr VectorFormat format = npy_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return file.bytes().starts_with(detail::npy_magic);
    }

    [[nodiscard]] static StoredMatrix matrix(std::string_view bytes, const std::string& name) {
        return parse_npy_matrix(bytes, name);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        return std::make_unique<NpyWriter>(path, rows, dim, options.type);
    }
};

/// Reads vectors from a .npy file and the words beside it. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float>
read_npy(const std::string& path, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    return NpyFormat::load(MappedFile(path).bytes(), path, options, report);
}

/// Writes vectors to a .npy file and the words beside it. Throws what `NpyWriter` throws.
inline void write_npy(const WordVectors<float>& vectors, const std::string& path,
                      ElementType type = ElementType::f32) {
    NpyWriter writer(path, vectors.size(), vectors.dim(), type);
    write_rows(vectors, writer);
}

} // namespace firth
