#pragma once

/// Needs nlohmann/json, and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/encode/detail/model_json.hpp>
#include <firth/encode/static_encoder.hpp>
#include <firth/io/safetensors.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/text/encoding.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizer_json.hpp>
#include <firth/text/tokenizer_json_writer.hpp>
#include <firth/text/truncation.hpp>

namespace firth {

namespace detail {

/// Appends a number, little-endian.
template <class T>
void append_number(T value, std::string& to) {
    for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
        to += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * byte & 0xFF);
    }
}

inline void append_floats(std::span<const float> values, std::string& to) {
    for (const float value : values) {
        append_number(std::bit_cast<std::uint32_t>(value), to);
    }
}

/// The tensors of a static model's file.
class StaticTensors {
public:
    explicit StaticTensors(std::string path)
        : path_(std::move(path)), file_(std::make_shared<const MappedFile>(path_)),
          tensors_(parse_safetensors(file_->bytes(), path_)) {}

    [[noreturn]] void fail(const std::string& tensor, const std::string& what) const {
        throw FormatError(path_ + ": tensor \"" + tensor + "\" " + what);
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] const StoredTensor* find(std::string_view name) const {
        const auto found = std::ranges::find(tensors_, name, &StoredTensor::name);
        return found == tensors_.end() ? nullptr : &*found;
    }

    /// A matrix where it lies if it is of aligned float32, else a copy, and who keeps it.
    [[nodiscard]] std::pair<TableView<const float>, std::shared_ptr<const void>>
    matrix(const StoredTensor& tensor) const {
        if (tensor.shape.size() != 2 || tensor.shape[0] == 0 || tensor.shape[1] == 0) {
            fail(tensor.name, "is no matrix, expected a row a token");
        }
        if (tensor.shape[0] > max_rows || tensor.shape[1] > max_dim) {
            fail(tensor.name, "is too large, expected at most " + std::to_string(max_rows) +
                                  " rows of dim " + std::to_string(max_dim));
        }
        const auto rows = static_cast<std::size_t>(tensor.shape[0]);
        const auto dim = static_cast<std::size_t>(tensor.shape[1]);
        std::pair<TableView<const float>, std::shared_ptr<const void>> found;
        const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data());
        if (tensor.type == "F32" && address % alignof(float) == 0 &&
            std::endian::native == std::endian::little) {
            found = {{reinterpret_cast<const float*>(tensor.bytes.data()), rows, dim}, file_};
        } else {
            auto copy = std::make_shared<EmbeddingTable<float>>(rows, dim);
            StoredTensor row = tensor;
            const std::size_t size = tensor.bytes.size() / rows;
            for (std::size_t i = 0; i < rows; ++i) {
                row.bytes = tensor.bytes.substr(i * size, size);
                read(row, (*copy)[i]);
            }
            found = {std::as_const(*copy).view(), copy};
        }
        for (std::size_t row = 0; row < rows; ++row) {
            check_finite(tensor, found.first[row]);
        }
        return found;
    }

    /// The numbers of a list.
    [[nodiscard]] std::vector<float> numbers(const StoredTensor& tensor) const {
        if (tensor.shape.size() != 1) {
            fail(tensor.name, "is no list of numbers, expected a weight a token");
        }
        std::vector<float> values(static_cast<std::size_t>(tensor.shape[0]));
        read(tensor, values);
        check_finite(tensor, values);
        return values;
    }

    /// The numbers of a list of rows, each less than `below`.
    [[nodiscard]] std::vector<std::uint32_t> rows(const StoredTensor& tensor,
                                                  std::size_t below) const {
        if (tensor.shape.size() != 1 || (tensor.type != "I64" && tensor.type != "I32")) {
            fail(tensor.name, "is no list of I64 or I32, expected a row a token");
        }
        const std::size_t size = tensor.type == "I64" ? 8 : 4;
        std::vector<std::uint32_t> values;
        for (std::size_t at = 0; at < tensor.bytes.size(); at += size) {
            std::uint64_t row = 0;
            for (std::size_t byte = 0; byte < size; ++byte) {
                row |= std::uint64_t(static_cast<unsigned char>(tensor.bytes[at + byte]))
                       << 8 * byte;
            }
            if (row >= below) {
                fail(tensor.name, "has a row at " + std::to_string(values.size()) +
                                      " that is not below the table's " + std::to_string(below));
            }
            values.push_back(static_cast<std::uint32_t>(row));
        }
        return values;
    }

private:
    /// Numbers as floats. int8 has no scale: only the direction of such rows means something.
    void read(const StoredTensor& tensor, std::span<float> to) const {
        if (tensor.type == "I8") {
            std::ranges::transform(tensor.bytes, to.begin(), [](char byte) {
                return static_cast<float>(static_cast<signed char>(byte));
            });
        } else if (!read_floats(tensor, to)) {
            fail(tensor.name, "is of type " + tensor.type + ", expected F32, F16, BF16, F64 or I8");
        }
    }

    void check_finite(const StoredTensor& tensor, std::span<const float> values) const {
        if (!std::ranges::all_of(values, [](const float& value) { return is_finite(value); })) {
            fail(tensor.name, "holds a number that is not finite");
        }
    }

    std::string path_;
    std::shared_ptr<const MappedFile> file_;
    std::vector<StoredTensor> tensors_;
};

/// Writes tensors to a file, the numbers of each as they are added.
class TensorFile {
public:
    TensorFile() { header_["__metadata__"]["format"] = "pt"; }

    void add(const std::string& name, const char* type, std::initializer_list<std::size_t> shape,
             std::string bytes) {
        nlohmann::ordered_json entry{{"dtype", type}, {"shape", nlohmann::ordered_json::array()}};
        for (const std::size_t extent : shape) {
            entry["shape"].push_back(extent);
        }
        entry["data_offsets"] = nlohmann::ordered_json::array({offset_, offset_ + bytes.size()});
        offset_ += bytes.size();
        header_[name] = std::move(entry);
        data_.push_back(std::move(bytes));
    }

    void write(const std::string& path) const {
        std::string header = header_.dump();
        header.resize((header.size() + 8 + 63) / 64 * 64 - 8, ' '); // so that the data is aligned
        std::string size;
        append_number(std::uint64_t(header.size()), size);
        AtomicFile file(path);
        file.write(size);
        file.write(header);
        for (const std::string& bytes : data_) {
            file.write(bytes);
        }
        file.commit();
    }

private:
    nlohmann::ordered_json header_ = nlohmann::ordered_json::object();
    std::uint64_t offset_ = 0;
    std::vector<std::string> data_;
};

inline void write_text(const std::string& path, const std::string& text) {
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

/// The path of a module within its folder. Throws `FormatError` for one that leads out of it.
[[nodiscard]] inline std::string module_path(const ModelJson& reader,
                                             const nlohmann::json& module) {
    const auto path = reader.get<std::string>(module, "path", "");
    const std::filesystem::path within(path);
    if (within.is_absolute() || std::ranges::any_of(within, [](const std::filesystem::path& part) {
            return part == "..";
        })) {
        reader.fail("names the path \"" + path + "\", expected one within the folder");
    }
    return path;
}

} // namespace detail

/// The encoder of a folder: one of model2vec (config.json, model.safetensors with "embeddings" and
/// perhaps "weights" and "mapping", tokenizer.json), or one of sentence-transformers whose
/// modules.json names a StaticEmbedding (model.safetensors with "embedding.weight"). Rows of
/// float32 stay in the file, mapped; others become float32. Throws `IoError`, and `FormatError`,
/// naming file and tensor, for what is damaged or not supported.
[[nodiscard]] inline StaticEncoder read_static_encoder(const std::string& folder) {
    const auto within = [](const std::string& base, const std::string& name) {
        return (std::filesystem::path(base) / name).string();
    };
    std::error_code none;
    std::string base = folder;
    StaticEncoderOptions options{.normalize = false};
    const std::string modules = within(folder, "modules.json");
    if (std::filesystem::exists(modules, none)) {
        const detail::ModelJson reader(modules);
        bool found = false;
        for (const nlohmann::json& module : reader.list()) {
            const auto type = reader.get<std::string>(module, "type", "");
            const std::string name = type.substr(type.rfind('.') + 1);
            if (name == "StaticEmbedding" && !found) {
                found = true;
                base = within(folder, detail::module_path(reader, module));
            } else if (name == "Normalize") {
                options.normalize = true;
            } else {
                reader.refuse("module", type);
            }
        }
        if (!found) reader.fail("names no StaticEmbedding, expected a static model");
    }
    const detail::StaticTensors tensors(within(base, "model.safetensors"));
    const StoredTensor* table = tensors.find("embeddings");
    if (table == nullptr) {
        table = tensors.find("embedding.weight");
        options.rules = StaticRules::static_embedding;
        options.max_tokens.reset();
    }
    if (table == nullptr) {
        throw FormatError(tensors.path() + " has no tensor \"embeddings\" and no " +
                          "\"embedding.weight\", expected those of a static model");
    }
    auto [view, keeper] = tensors.matrix(*table);
    const Tokenizer tokenizer = read_tokenizer_json(within(base, "tokenizer.json"));
    if (options.rules == StaticRules::model2vec) {
        const detail::ModelJson reader(within(base, "config.json"));
        const nlohmann::json& config = reader.object();
        options.normalize = reader.get<bool>(config, "normalize", false);
        const auto length = config.find("max_length");
        if (length != config.end() && length->is_null()) options.max_tokens.reset();
        if (options.max_tokens) {
            options.max_tokens = reader.get<std::size_t>(config, "max_length", *options.max_tokens);
        }
        if (const StoredTensor* const weights = tensors.find("weights")) {
            options.weights = tensors.numbers(*weights);
        }
        if (const StoredTensor* const rows = tensors.find("mapping")) {
            options.rows = tensors.rows(*rows, view.rows());
        }
    } else if (const auto& truncation = tokenizer.steps().truncation) {
        if (truncation->side != EncodingSide::right) {
            throw FormatError(within(base, "tokenizer.json") +
                              " truncates texts on the left, which is not supported");
        }
        options.max_tokens = truncation->max_length;
    }
    const std::size_t tokens = tokenizer.size();
    const auto check = [&](const char* tensor, std::size_t there) {
        if (there < tokens) {
            tensors.fail(tensor, "has " + std::to_string(there) +
                                     " entries, expected one for each of the tokenizer's " +
                                     std::to_string(tokens) + " tokens");
        }
    };
    if (tensors.find("mapping") == nullptr || options.rules != StaticRules::model2vec) {
        check(table->name.c_str(), view.rows());
    } else {
        check("mapping", options.rows.size());
    }
    if (!options.weights.empty()) check("weights", options.weights.size());
    return {tokenizer.with_truncation(std::nullopt).with_padding(std::nullopt), view,
            std::move(keeper), std::move(options)};
}

/// Writes an encoder to a folder, which is made where it is not there, in float32: as model2vec
/// does, or, with the rules of `static_embedding`, as sentence-transformers. Throws `FormatError`
/// where tokenizer.json cannot hold the tokenizer, and `IoError`.
inline void write_static_encoder(const StaticEncoder& encoder, const std::string& folder) {
    const std::filesystem::path base(folder);
    const bool model2vec = encoder.options().rules == StaticRules::model2vec;
    const std::filesystem::path within = model2vec ? base : base / "0_StaticEmbedding";
    std::error_code code;
    std::filesystem::create_directories(within, code);
    if (code) throw IoError("cannot make the folder " + within.string() + ": " + code.message());

    Tokenizer tokenizer = encoder.tokenizer();
    const StaticEncoderOptions& options = encoder.options();
    const TableView<const float> table = encoder.table();
    detail::TensorFile file;
    const auto add_rows = [&](const char* name, std::size_t rows, auto&& row) {
        std::string bytes;
        std::vector<float> values(table.dim());
        for (std::size_t i = 0; i < rows; ++i) {
            row(i, std::span<float>(values));
            detail::append_floats(values, bytes);
        }
        file.add(name, "F32", {rows, table.dim()}, std::move(bytes));
    };
    std::vector<std::pair<std::string, std::string>> texts;
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    const auto add_module = [&](const std::string& path, const std::string& type) {
        const std::string number = std::to_string(modules.size());
        nlohmann::ordered_json module;
        module["idx"] = modules.size();
        module["name"] = number;
        module["path"] = path;
        module["type"] = "sentence_transformers.models." + type;
        modules.push_back(std::move(module));
    };
    if (model2vec) {
        // model2vec asks for as many rows as tokens.
        const std::size_t rows = options.rows.empty() ? tokenizer.size() : table.rows();
        add_rows("embeddings", rows, [&](std::size_t i, std::span<float> values) {
            std::ranges::copy(table[i], values.begin());
        });
        if (!options.weights.empty()) {
            std::string bytes;
            detail::append_floats(options.weights, bytes);
            file.add("weights", "F32", {options.weights.size()}, std::move(bytes));
        }
        nlohmann::ordered_json config{
            {"model_type", "model2vec"},
            {"architectures", nlohmann::ordered_json::array({"StaticModel"})},
            {"hidden_dim", table.dim()},
            {"seq_length", 1000000},
            {"normalize", options.normalize},
            {"max_length", nullptr},
            {"embedding_dtype", "float32"}};
        if (options.max_tokens) config["max_length"] = *options.max_tokens;
        if (!options.rows.empty()) {
            std::string bytes;
            for (const std::uint32_t row : options.rows) {
                detail::append_number(std::uint64_t(row), bytes);
            }
            file.add("mapping", "I64", {options.rows.size()}, std::move(bytes));
            config["vocabulary_quantization"] = table.rows();
        }
        add_module(".", "StaticEmbedding");
        texts.emplace_back((base / "config.json").string(), config.dump(2) + "\n");
    } else {
        add_rows("embedding.weight", tokenizer.size(), [&](std::size_t i, std::span<float> values) {
            std::ranges::copy(table[options.rows.empty() ? i : options.rows[i]], values.begin());
            if (!options.weights.empty()) simd::scale(options.weights[i], values);
        });
        if (options.max_tokens) {
            tokenizer = tokenizer.with_truncation(Truncation{.max_length = *options.max_tokens});
        }
        add_module("0_StaticEmbedding", "StaticEmbedding");
        texts.emplace_back((base / "config_sentence_transformers.json").string(), "{}\n");
    }
    if (options.normalize) add_module("1_Normalize", "Normalize");
    texts.emplace_back((base / "modules.json").string(), modules.dump(2) + "\n");

    write_tokenizer_json((within / "tokenizer.json").string(), tokenizer);
    for (const auto& [path, text] : texts) {
        detail::write_text(path, text);
    }
    file.write((within / "model.safetensors").string());
}

} // namespace firth
