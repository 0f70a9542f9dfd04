#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/json_walk.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// The safetensors format: a length (u64), so many bytes of JSON that name the tensors, and their
/// numbers, one tensor right behind the other. Vectors are the tensor "embeddings" (rows x dim), or
/// "embedding.weight", or the only matrix there is, or the one that is asked for.
///
/// What firth writes holds beside "embeddings" the tensors "words" (u8, UTF-8 with a newline
/// between words), "counts" (u64) where counts are known, and, for i8, "scales" (f32, what each row
/// is multiplied by); it is read back whole. Without "words" those of the file beside it are taken,
/// see `word_list.hpp`.
namespace firth {

/// safetensors.
inline constexpr VectorFormat safetensors_format{
    .name = "safetensors", .extensions = {".safetensors"}, .words = {.separators = "\n"}};

/// A tensor in a file.
struct StoredTensor {
    std::string name;
    std::string type;                 ///< "F32", "BF16" ...
    std::vector<std::uint64_t> shape; ///< sizes of its dimensions
    std::string_view bytes;
};

namespace detail {

inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

/// True for bytes that begin with the length of a header and its first character.
inline bool looks_like_safetensors(std::string_view bytes) {
    if (bytes.size() < 9 || bytes[8] != '{') return false;
    return ByteReader(bytes, "").number<std::uint64_t>("") <= safetensors_header_limit;
}

/// Takes in the header as it is walked through (see `JsonWalk`), and stops at what does not belong
/// there, so that a hostile header cannot make it take memory.
class SafetensorsHeader {
public:
    struct Entry {
        StoredTensor tensor;
        std::vector<std::uint64_t> offsets;
    };

    std::vector<Entry> entries;
    std::string error;

    bool null() {
        // No metadata, as some writers say it.
        return depth_ == 1 && in_metadata_ ? true : refuse("null");
    }
    bool boolean() { return refuse("true or false"); }
    bool negative() { return refuse("a negative number"); }
    bool fraction() { return refuse("a fraction"); }

    bool number(std::uint64_t value) {
        if (list_ == nullptr) return refuse("a number");
        if (list_->size() == most_dimensions) return refuse("more than 16 numbers in a list");
        list_->push_back(value);
        return true;
    }

    bool string(const std::string& value) {
        if (depth_ == 2 && in_metadata_) return true;
        if (depth_ != 2 || key_ != "dtype" || !entries.back().tensor.type.empty()) {
            return refuse("a string");
        }
        entries.back().tensor.type = value;
        return true;
    }

    bool start_object() {
        if (++depth_ > 2 || list_ != nullptr) return refuse("an object");
        return true;
    }

    bool end_object() {
        --depth_;
        in_metadata_ = false;
        return true;
    }

    bool key(const std::string& name) {
        if (depth_ == 2) {
            key_ = name;
            return true;
        }
        in_metadata_ = name == "__metadata__";
        if (in_metadata_) return true;
        if (entries.size() == most_tensors) return refuse("more than 100,000 tensors");
        entries.push_back({{name, {}, {}, {}}, {}});
        return true;
    }

    bool start_array() {
        if (depth_ != 2 || in_metadata_ || list_ != nullptr) return refuse("a list");
        Entry& entry = entries.back();
        list_ = key_ == "shape"          ? &entry.tensor.shape
                : key_ == "data_offsets" ? &entry.offsets
                                         : nullptr;
        return list_ != nullptr && list_->empty() ? true : refuse("a list");
    }

    bool end_array() {
        list_ = nullptr;
        return true;
    }

    void broken(std::size_t position) {
        error = "no JSON from byte " + std::to_string(position) + " on";
    }

private:
    static constexpr std::size_t most_tensors = 100'000;
    static constexpr std::size_t most_dimensions = 16;

    bool refuse(const std::string& what) {
        error = what + " where it does not belong";
        if (!entries.empty()) error += ", near \"" + entries.back().tensor.name.substr(0, 60) + '"';
        return false;
    }

    std::size_t depth_ = 0;
    bool in_metadata_ = false;
    std::string key_;
    std::vector<std::uint64_t>* list_ = nullptr;
};

/// The bytes of an element of a safetensors type; 0 for unknown types.
inline std::size_t tensor_element_size(std::string_view type) {
    struct Size {
        std::string_view type;
        std::size_t bytes;
    };
    constexpr std::array<Size, 12> sizes{{{"BOOL", 1},
                                          {"U8", 1},
                                          {"I8", 1},
                                          {"I16", 2},
                                          {"U16", 2},
                                          {"F16", 2},
                                          {"BF16", 2},
                                          {"I32", 4},
                                          {"U32", 4},
                                          {"F32", 4},
                                          {"F64", 8},
                                          {"I64", 8}}};
    if (type == "U64") return 8;
    for (const Size& size : sizes) {
        if (size.type == type) return size.bytes;
    }
    return 0;
}

inline std::optional<ElementType> tensor_element_type(std::string_view type) {
    if (type == "F32") return ElementType::f32;
    if (type == "F16") return ElementType::f16;
    if (type == "BF16") return ElementType::bf16;
    if (type == "F64") return ElementType::f64;
    if (type == "I8") return ElementType::i8;
    if (type == "U8") return ElementType::u8;
    if (type == "I32") return ElementType::i32;
    return std::nullopt;
}

} // namespace detail

/// The tensors in the bytes of a file, in the order of their data. Throws `FormatError`, naming the
/// byte, where the file breaks a rule of the format: the tensors' data must follow each other
/// without a gap and end with the file, and each must have the size that its type and shape say.
[[nodiscard]] inline std::vector<StoredTensor>
parse_safetensors(std::string_view bytes, const std::string& name = "the data") {
    ByteReader reader(bytes, name);
    const auto size = reader.number<std::uint64_t>("the header's length");
    if (size > detail::safetensors_header_limit) {
        reader.fail_at(0, "a header of " + std::to_string(size) + " bytes, expected at most " +
                              std::to_string(detail::safetensors_header_limit));
    }
    const std::string_view json = reader.take(static_cast<std::size_t>(size), "the header");
    if (!json.starts_with('{')) reader.fail_at(8, "the header begins with no '{'");
    detail::SafetensorsHeader header;
    if (!detail::JsonWalk(json, header).run()) {
        reader.fail_at(8, "the header holds " + header.error);
    }
    auto& entries = header.entries;
    for (const auto& [tensor, offsets] : entries) {
        if (offsets.size() != 2 || tensor.type.empty()) {
            reader.fail_at(8,
                           "tensor \"" + tensor.name + "\" has no dtype or not two data_offsets");
        }
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
    const std::string_view data = reader.rest();
    std::vector<StoredTensor> tensors;
    std::uint64_t end = 0;
    for (auto& [tensor, offsets] : entries) {
        if (offsets[0] != end || offsets[1] < end || offsets[1] > data.size()) {
            reader.fail_at(8, "tensor \"" + tensor.name + "\" has the bytes " +
                                  std::to_string(offsets[0]) + " to " + std::to_string(offsets[1]) +
                                  " of " + std::to_string(data.size()) + ", expected to begin at " +
                                  std::to_string(end) + ", where the one before ends");
        }
        end = offsets[1];
        tensor.bytes = data.substr(offsets[0], end - offsets[0]);
        std::uint64_t expected = detail::tensor_element_size(tensor.type);
        bool fits = true;
        for (const std::uint64_t extent : tensor.shape) {
            fits = fits && (extent == 0 || expected <= tensor.bytes.size() / extent);
            if (fits) expected *= extent;
        }
        if (detail::tensor_element_size(tensor.type) != 0 &&
            (!fits || expected != tensor.bytes.size())) {
            reader.fail_at(8, "tensor \"" + tensor.name + "\" has " +
                                  std::to_string(tensor.bytes.size()) +
                                  " bytes, which its dtype and shape do not make");
        }
        tensors.push_back(std::move(tensor));
    }
    if (end != data.size()) {
        reader.fail(std::to_string(data.size() - end) + " bytes more than the tensors have");
    }
    return tensors;
}

/// Writes the numbers of a tensor of type F32, F16, BF16 or F64, as many as `to` has, as floats;
/// false, and nothing written, for another type.
[[nodiscard]] inline bool read_floats(const StoredTensor& tensor, std::span<float> to) {
    const std::optional<ElementType> type = detail::tensor_element_type(tensor.type);
    if (!type || *type == ElementType::i8 || *type == ElementType::u8 || *type == ElementType::i32)
        return false;
    read_elements(tensor.bytes.data(), *type, element_size(*type), false, to);
    return true;
}

namespace detail {

/// A file's vectors, what their scales are and which words they have.
struct SafetensorsVectors {
    StoredMatrix matrix;
    std::vector<float> scales;
    WordList words;
};

inline const StoredTensor* find_tensor(const std::vector<StoredTensor>& tensors,
                                       std::string_view name) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(),
                     [&](const StoredTensor& tensor) { return tensor.name == name; });
    return found == tensors.end() ? nullptr : &*found;
}

inline const StoredTensor& choose_tensor(const std::vector<StoredTensor>& tensors,
                                         const std::string& wanted, const std::string& name) {
    const auto is_matrix = [](const StoredTensor& tensor) {
        return tensor.shape.size() == 2 && tensor_element_type(tensor.type).has_value();
    };
    std::string there;
    const StoredTensor* only = nullptr;
    std::size_t matrices = 0;
    for (const StoredTensor& tensor : tensors) {
        if (there.size() < 200) there += (there.empty() ? "\"" : ", \"") + tensor.name + '"';
        if (!is_matrix(tensor)) continue;
        only = &tensor;
        ++matrices;
    }
    const StoredTensor* chosen = nullptr;
    if (!wanted.empty()) {
        chosen = find_tensor(tensors, wanted);
    } else {
        chosen = find_tensor(tensors, "embeddings");
        if (chosen == nullptr) chosen = find_tensor(tensors, "embedding.weight");
        if (chosen == nullptr && matrices == 1) chosen = only;
    }
    if (chosen != nullptr && is_matrix(*chosen)) return *chosen;
    throw FormatError(name + " holds " + std::to_string(tensors.size()) + " tensors (" + there +
                      "), expected " +
                      (wanted.empty() ? "a matrix called \"embeddings\", or one matrix alone"
                                      : "a matrix called \"" + wanted + '"') +
                      ", of type F32, F16, BF16, F64, I8, U8 or I32");
}

inline SafetensorsVectors open_safetensors(std::string_view bytes, const std::string& path,
                                           const ReadOptions& options, ReadReport* report) {
    const std::vector<StoredTensor> tensors = parse_safetensors(bytes, path);
    const StoredTensor& chosen = choose_tensor(tensors, options.tensor, path);
    check_matrix_size(chosen.shape[0], chosen.shape[1], path);
    SafetensorsVectors vectors;
    StoredMatrix& matrix = vectors.matrix;
    matrix.type = *tensor_element_type(chosen.type);
    matrix.data = chosen.bytes.data();
    matrix.rows = static_cast<std::size_t>(chosen.shape[0]);
    matrix.dim = static_cast<std::size_t>(chosen.shape[1]);
    matrix.element_step = element_size(matrix.type);
    matrix.row_step = matrix.dim * matrix.element_step;
    const StoredTensor* const scales = find_tensor(tensors, "scales");
    if (matrix.type == ElementType::i8 && scales != nullptr && scales->type == "F32" &&
        scales->bytes.size() == matrix.rows * sizeof(float)) {
        vectors.scales.resize(matrix.rows);
        read_elements(scales->bytes.data(), ElementType::f32, sizeof(float), false, vectors.scales);
        matrix.scales = vectors.scales;
    }
    const StoredTensor* const words = find_tensor(tensors, "words");
    if (words == nullptr || words->type != "U8" || !options.words.empty()) {
        vectors.words = words_of(path, matrix.rows, options, report, words_path(path));
        return vectors;
    }
    std::string_view text = words->bytes;
    while (!text.empty() && vectors.words.words.size() <= matrix.rows) {
        vectors.words.words.push_back(take_line(text));
    }
    if (vectors.words.words.size() != matrix.rows) {
        throw FormatError(path + ": the tensor \"words\" holds no word for each of the " +
                          std::to_string(matrix.rows) + " rows");
    }
    const StoredTensor* const counts = find_tensor(tensors, "counts");
    if (counts != nullptr && counts->type == "U64" &&
        counts->bytes.size() == matrix.rows * sizeof(std::uint64_t)) {
        ByteReader numbers(counts->bytes, path);
        for (std::size_t row = 0; row < matrix.rows; ++row) {
            vectors.words.counts.push_back(numbers.number<std::uint64_t>("a count"));
        }
    }
    return vectors;
}

} // namespace detail

/// Reads vectors from the bytes of a file; `path` is what errors call it, and beside what its words
/// may lie. Throws `FormatError`.
[[nodiscard]] inline WordVectors<float> parse_safetensors_vectors(std::string_view bytes,
                                                                  const std::string& path,
                                                                  const ReadOptions& options = {},
                                                                  ReadReport* report = nullptr) {
    detail::SafetensorsVectors vectors = detail::open_safetensors(bytes, path, options, report);
    return detail::read_matrix(vectors.matrix, std::move(vectors.words), path, options, report);
}

/// Reads vectors from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float> read_safetensors(const std::string& path,
                                                         const ReadOptions& options = {},
                                                         ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_safetensors_vectors(file.bytes(), path, options, report);
}

/// Reads the rows of a file one after the other.
class SafetensorsReader final : public RowReader {
public:
    /// The bytes are those of `path`, and must outlive it.
    SafetensorsReader(std::string_view bytes, const std::string& path, const ReadOptions& options)
        : vectors_(detail::open_safetensors(bytes, path, options, nullptr)),
          rows_(vectors_.matrix, vectors_.words, path, options) {}

    [[nodiscard]] std::size_t dim() const override { return rows_.dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return rows_.rows(); }
    [[nodiscard]] std::optional<Row> next() override { return rows_.next(); }

private:
    detail::SafetensorsVectors vectors_;
    MatrixRowReader rows_;
};

/// Writes vectors and their words as one file.
class SafetensorsWriter final : public RowWriter {
public:
    /// `type` is f32, f16, bf16 or i8. Throws `OptionError` for others.
    SafetensorsWriter(const std::string& path, std::uint64_t rows, std::size_t dim,
                      ElementType type = ElementType::f32)
        : RowWriter(path, rows, dim, safetensors_format), type_(type),
          file_(path, AtomicFile::Order::any) {
        // The header's place is kept until the words are known.
        file_.write(std::string(header_size, ' '));
    }

private:
    /// With the eight bytes of its length a multiple of 64, so that the rows begin on one.
    static constexpr std::size_t header_size = 640;

    void put(const Row& row) override {
        words_ += row.word;
        words_ += '\n';
        counts_.push_back(row.count);
        bytes_.clear();
        const float scale = detail::encode_row(row.vector, type_, bytes_);
        if (type_ == ElementType::i8) scales_.push_back(scale);
        file_.write(bytes_);
    }

    void end() override {
        const std::uint64_t row_bytes = dim() * element_size(type_);
        add("embeddings", type_name(), {added(), dim()}, added() * row_bytes);
        if (type_ == ElementType::i8) {
            add_numbers("scales", "F32", std::span<const float>(scales_));
        }
        if (std::any_of(counts_.begin(), counts_.end(), [](auto count) { return count != 0; })) {
            add_numbers("counts", "U64", std::span<const std::uint64_t>(counts_));
        }
        add("words", "U8", {words_.size()}, words_.size());
        file_.write(words_);
        std::string header;
        const std::uint64_t length = header_size - sizeof(std::uint64_t);
        detail::append_elements_of(std::span<const std::uint64_t>(&length, 1), header);
        header += header_ + '}';
        header.resize(header_size, ' ');
        file_.rewrite(0, header);
        file_.commit();
    }

    [[nodiscard]] const char* type_name() const {
        switch (type_) {
        case ElementType::f16:
            return "F16";
        case ElementType::bf16:
            return "BF16";
        case ElementType::i8:
            return "I8";
        default:
            return "F32";
        }
    }

    void add(const std::string& name, const std::string& type,
             std::initializer_list<std::uint64_t> shape, std::uint64_t bytes) {
        const auto list = [](std::initializer_list<std::uint64_t> numbers) {
            std::string text;
            for (const std::uint64_t number : numbers) {
                text += (text.empty() ? '[' : ',') + std::to_string(number);
            }
            return text + ']';
        };
        header_ += ",\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + list(shape) +
                   R"(,"data_offsets":)" + list({offset_, offset_ + bytes}) + '}';
        offset_ += bytes;
    }

    template <class T>
    void add_numbers(const char* name, const char* type, std::span<const T> values) {
        add(name, type, {values.size()}, values.size_bytes());
        bytes_.clear();
        detail::append_elements_of(values, bytes_);
        file_.write(bytes_);
    }

    ElementType type_;
    AtomicFile file_;
    std::string header_ = R"({"__metadata__":{"format":"pt"})";
    std::uint64_t offset_ = 0;
    std::string words_;
    std::vector<std::uint64_t> counts_;
    std::vector<float> scales_;
    std::string bytes_;
};

/// Writes vectors to a safetensors file. Throws what `SafetensorsWriter` throws.
inline void write_safetensors(const WordVectors<float>& vectors, const std::string& path,
                              ElementType type = ElementType::f32) {
    SafetensorsWriter writer(path, vectors.size(), vectors.dim(), type);
    write_rows(vectors, writer);
}

/// All that files go by, see `VectorFormatDescription`.
struct SafetensorsFormat {
    static constexpr VectorFormat format = safetensors_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return detail::looks_like_safetensors(file.bytes());
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_safetensors_vectors(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<SafetensorsReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        return std::make_unique<SafetensorsWriter>(path, rows, dim, options.type);
    }

    [[nodiscard]] static ElementType stored_type(const OpenedFile& file,
                                                 const ReadOptions& options) {
        return detail::open_safetensors(file.bytes(), file.path(), options, nullptr).matrix.type;
    }
};

} // namespace firth
