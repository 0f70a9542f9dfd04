#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/messages.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/fasttext_writer.hpp>
#include <firth/math/product_quantizer.hpp>
#include <firth/math/product_table.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>

/// Quantises models of fastText (Joulin et al. 2016, "FastText.zip") and writes them as .ftz, so
/// that fastText 0.9.2 reads them: first `keep_largest`, after which a model can be trained once
/// more, then `quantize`, then `write_fasttext`.
namespace firth {

/// A model as it was trained and as its file has it, rows of words without their n-grams.
struct FastTextWeights {
    FastTextArguments arguments{};
    Vocabulary words{};               ///< with counts
    Vocabulary labels{};              ///< with counts, as the file has them; of supervised models
    std::optional<BucketRows> kept{}; ///< the buckets that have a row; none where all have
    EmbeddingTable<float> input{};    ///< a row a word, then one a bucket
    EmbeddingTable<float> output{};   ///< a row a label, or a word where there are no labels; one
                                      ///< less is enough for hierarchical softmax
};

/// The same with codes for rows.
struct QuantizedFastText {
    FastTextArguments arguments{};
    Vocabulary words{};
    Vocabulary labels{};
    std::optional<BucketRows> kept{};
    ProductTable input{};
    std::variant<EmbeddingTable<float>, ProductTable> output{};
};

/// Whether the output is quantised, too.
enum class FastTextOutput {
    floats,
    codes ///< where it has 256 rows or more: of fewer, centroids take more room than floats
};

/// What fastText calls -dsub, -qnorm and -qout.
struct FastTextQuantizeOptions {
    ProductQuantizerOptions quantizer{}; ///< of the input; parts of the output have 2 elements
    RowNorms norms = RowNorms::in_parts;
    FastTextOutput output = FastTextOutput::floats;
};

namespace detail {

/// Throws `Error` where the parts of a model do not fit each other.
inline void check_fasttext(const FastTextWeights& model) {
    const std::size_t dim = model.input.dim();
    const std::size_t buckets =
        model.kept ? model.kept->size()
                   : static_cast<std::size_t>((std::max)(0, model.arguments.buckets));
    const std::size_t outputs = model.labels.empty() ? model.words.size() : model.labels.size();
    const auto require = [](bool fits, const std::string& what) {
        if (!fits) throw Error("a model of fastText with " + what);
    };
    const std::size_t rows = model.input.rows();
    require(rows == model.words.size() + buckets,
            std::to_string(rows) + " input rows, expected " + std::to_string(model.words.size()) +
                " for words and " + std::to_string(buckets) + " for buckets");
    require(rows != 0, "no input rows, expected one at least");
    require(dim == static_cast<std::size_t>(model.arguments.dim),
            "rows of " + std::to_string(dim) + " elements, expected the arguments' dim, " +
                std::to_string(model.arguments.dim));
    require(model.output.rows() <= outputs && model.output.rows() + 1 >= outputs &&
                (model.output.rows() == 0 || model.output.dim() == dim),
            "an output of " + std::to_string(model.output.rows()) + " x " +
                std::to_string(model.output.dim()) + ", expected " + std::to_string(outputs) +
                " x " + std::to_string(dim));
    if (!model.kept) return;
    require(model.kept->buckets() == static_cast<std::uint32_t>(model.arguments.buckets),
            "rows of " + std::to_string(model.kept->buckets()) +
                " buckets, expected the arguments', " + std::to_string(model.arguments.buckets));
    model.kept->check();
}

/// The rows of a table with these numbers.
inline EmbeddingTable<float> chosen_rows(const EmbeddingTable<float>& table,
                                         std::span<const std::size_t> ids) {
    EmbeddingTable<float> chosen(ids.size(), table.dim());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::copy(table[ids[i]].begin(), table[ids[i]].end(), chosen[i].begin());
    }
    return chosen;
}

/// The matrix of a file as codes, in the order of `rows`.
inline ProductTable product_table(const FastTextMatrix& matrix, std::span<const std::size_t> rows) {
    const FastTextCodes of = matrix.codes();
    const auto chosen = [&](const char* from, std::size_t parts) {
        AlignedBuffer<std::uint8_t> to(rows.size() * parts, Uninitialized());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            std::memcpy(to.data() + i * parts, from + rows[i] * parts, parts);
        }
        return to;
    };
    const auto learnt = [](const char* centroids, std::size_t dim, std::size_t part_dim) {
        AlignedBuffer<float> to(ProductQuantizer::codes * dim, Uninitialized());
        read_elements(centroids, ElementType::f32, sizeof(float), false, {to.data(), to.size()});
        return ProductQuantizer(dim, part_dim, std::move(to));
    };
    ProductQuantizer quantizer = learnt(of.centroids, matrix.dim(), of.part_dim);
    AlignedBuffer<std::uint8_t> codes = chosen(of.codes, of.parts);
    if (of.norm_codes == nullptr) return {std::move(quantizer), std::move(codes)};
    return {std::move(quantizer), std::move(codes), learnt(of.norm_centroids, 1, 1),
            chosen(of.norm_codes, 1)};
}

inline void write_quantizer(FastTextWriter& writer, const ProductQuantizer& quantizer) {
    const std::size_t last = quantizer.size(quantizer.parts() - 1);
    for (const std::size_t value :
         {quantizer.dim(), quantizer.parts(), quantizer.part_dim(), last}) {
        writer.number(static_cast<std::int32_t>(value));
    }
    writer.floats(quantizer.centroids());
}

inline void write_product_table(FastTextWriter& writer, const ProductTable& table) {
    writer.number(std::uint8_t{1}); // quantised
    writer.number(static_cast<std::uint8_t>(table.has_norms()));
    writer.number(static_cast<std::int64_t>(table.rows()));
    writer.number(static_cast<std::int64_t>(table.dim()));
    writer.number(static_cast<std::int32_t>(table.codes().size()));
    writer.bytes(table.codes());
    write_quantizer(writer, table.quantizer());
    if (!table.has_norms()) return;
    writer.bytes(table.norm_codes());
    write_quantizer(writer, table.norm_quantizer());
}

} // namespace detail

namespace detail {

/// Fills in what a model has beside its matrices, and returns where the rows of the input lie.
template <class Model>
std::vector<std::size_t> take_fasttext(const FastTextFile& file, const std::string& name,
                                       Model& model) {
    model.arguments = file.arguments();
    model.arguments.max_length = static_cast<std::int32_t>(file.options().max_length);
    const auto symbols = [&](const auto& entries, Vocabulary& to) {
        for (const auto& [symbol, count] : entries) {
            if (to.find(symbol)) {
                throw FormatError(name + ": \"" + std::string(symbol) +
                                  "\" stands twice in the dictionary, expected once");
            }
            to.add(symbol, count);
        }
    };
    symbols(file.words(), model.words);
    symbols(file.labels(), model.labels);
    if (file.pruned()) model.kept = file.kept();
    std::vector<std::size_t> rows(model.words.size() + file.ngrams());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        rows[row] = row < model.words.size() ? row : file.place(row - model.words.size());
    }
    return rows;
}

} // namespace detail

/// The weights of a model's file, dense or quantised, as they are stored. Throws `FormatError`,
/// naming the byte, for what is not in the format, and for a word that stands there twice; and
/// `Error` where memory has no room for them as floats.
[[nodiscard]] inline FastTextWeights parse_fasttext_weights(std::string_view bytes,
                                                            const std::string& name = "the model") {
    const detail::FastTextFile file(bytes, name);
    file.require_memory();
    FastTextWeights model;
    const std::vector<std::size_t> rows = detail::take_fasttext(file, name, model);
    model.input = EmbeddingTable<float>(rows.size(), file.dim());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        file.input().read(rows[row], model.input[row]);
    }
    model.output = EmbeddingTable<float>(file.output().rows(), file.dim());
    for (std::size_t row = 0; row < model.output.rows(); ++row) {
        file.output().read(row, model.output[row]);
    }
    return model;
}

/// The same from a file. Throws `IoError`, too.
[[nodiscard]] inline FastTextWeights read_fasttext_weights(const std::string& path) {
    const MappedFile file(path);
    return parse_fasttext_weights(file.bytes(), path);
}

/// A quantised model as it is stored: nothing is decoded, for machines with little memory. Throws
/// as `parse_fasttext_weights`, and for one that is not quantised.
[[nodiscard]] inline QuantizedFastText
parse_quantized_fasttext(std::string_view bytes, const std::string& name = "the model") {
    const detail::FastTextFile file(bytes, name);
    if (!file.input().is_quantized()) {
        throw FormatError(name + ": the model is not quantised, expected one that is");
    }
    QuantizedFastText model;
    model.input = detail::product_table(file.input(), detail::take_fasttext(file, name, model));
    if (file.output().is_quantized()) {
        std::vector<std::size_t> rows(file.output().rows());
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        model.output = detail::product_table(file.output(), rows);
    } else {
        EmbeddingTable<float> output(file.output().rows(), file.dim());
        for (std::size_t row = 0; row < output.rows(); ++row) {
            file.output().read(row, output[row]);
        }
        model.output = std::move(output);
    }
    return model;
}

/// The same from a file. Throws `IoError`, too.
[[nodiscard]] inline QuantizedFastText read_quantized_fasttext(const std::string& path) {
    const MappedFile file(path);
    return parse_quantized_fasttext(file.bytes(), path);
}

/// A smaller model: the `count` input rows of the largest norms, of words and buckets together;
/// "</s>" is kept before all others (fastText's -cutoff). N-grams whose buckets have no row are
/// then skipped. The same model where it has no more rows. Throws `OptionError` for 0, and `Error`
/// where the model's parts do not fit each other.
[[nodiscard]] inline FastTextWeights keep_largest(FastTextWeights model, std::size_t count) {
    detail::check_fasttext(model);
    detail::require_option(count != 0, "the number of rows to keep", count, "1 or more");
    const std::size_t rows = model.input.rows();
    if (count >= rows) return model;
    if (model.labels.empty() && model.output.rows() != model.words.size()) {
        throw Error(
            "a model of words by hierarchical softmax cannot lose some, since its output is "
            "of a tree of all words");
    }
    std::vector<float> norms(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        norms[row] = simd::norm(model.input[row]);
    }
    if (const std::optional<Id> end = model.words.find("</s>")) {
        norms[*end] = std::numeric_limits<float>::infinity();
    }
    std::vector<std::size_t> chosen(rows);
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    std::partial_sort(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(count),
                      chosen.end(), [&](std::size_t a, std::size_t b) {
                          return norms[a] > norms[b] || (norms[a] == norms[b] && a < b);
                      });
    chosen.resize(count);
    std::sort(chosen.begin(), chosen.end());
    Vocabulary words;
    std::vector<std::uint32_t> buckets;
    for (const std::size_t row : chosen) {
        if (row < model.words.size()) {
            const auto id = static_cast<Id>(row);
            words.add(model.words[id], model.words.count(id));
        } else {
            const std::size_t bucket = row - model.words.size();
            buckets.push_back(model.kept ? model.kept->used()[bucket]
                                         : static_cast<std::uint32_t>(bucket));
        }
    }
    AlignedBuffer<std::uint32_t> used(buckets.size(), Uninitialized());
    std::copy(buckets.begin(), buckets.end(), used.begin());
    model.kept = BucketRows(std::move(used), static_cast<std::uint32_t>(model.arguments.buckets));
    model.words = std::move(words);
    model.input = detail::chosen_rows(model.input, chosen);
    if (model.labels.empty()) {
        chosen.resize(model.words.size());
        model.output = detail::chosen_rows(model.output, chosen);
    }
    return model;
}

/// Replaces rows by codes. The result does not depend on the number of threads; nothing where
/// `progress` stops it. Throws `OptionError`, and `Error` where the model's parts do not fit each
/// other, a row holds NaN or infinity, or there would be 2^31 codes or more.
[[nodiscard]] inline std::optional<QuantizedFastText>
quantize(const FastTextWeights& model, const FastTextQuantizeOptions& options = {}) {
    detail::check_fasttext(model);
    const std::size_t part_dim = (std::max<std::size_t>)(options.quantizer.part_dim, 1);
    const std::size_t parts = (model.input.dim() + part_dim - 1) / part_dim;
    constexpr auto most = static_cast<std::size_t>((std::numeric_limits<std::int32_t>::max)());
    if (model.input.rows() > most / parts) {
        throw Error(std::to_string(model.input.rows()) + " rows of " + std::to_string(parts) +
                    " codes each, expected at most " + std::to_string(most) +
                    " codes, which is all that a model of fastText holds");
    }
    std::optional<ProductTable> input =
        quantize_rows(model.input, options.quantizer, options.norms);
    if (!input) return std::nullopt;
    QuantizedFastText result{model.arguments, model.words,       model.labels,
                             model.kept,      std::move(*input), model.output};
    if (options.output == FastTextOutput::codes && model.output.rows() >= ProductQuantizer::codes) {
        ProductQuantizerOptions of_output = options.quantizer;
        of_output.part_dim = (std::min<std::size_t>)(2, model.output.dim());
        std::optional<ProductTable> output = quantize_rows(model.output, of_output, options.norms);
        if (!output) return std::nullopt;
        result.output = std::move(*output);
    }
    return result;
}

/// Writes a quantised model as fastText 0.9.2 reads it. Throws `Error` for a symbol with a zero
/// byte, and `IoError`.
inline void write_fasttext(ByteSink& sink, const QuantizedFastText& model) {
    detail::FastTextWriter writer(sink);
    writer.begin(model.arguments);
    writer.dictionary(model.words, model.labels, model.kept ? &*model.kept : nullptr);
    detail::write_product_table(writer, model.input);
    if (const auto* const codes = std::get_if<ProductTable>(&model.output)) {
        detail::write_product_table(writer, *codes);
    } else {
        const auto& output = std::get<EmbeddingTable<float>>(model.output);
        writer.matrix(output.rows(), output.dim(), [&](std::size_t row, std::span<float> to) {
            std::copy(output[row].begin(), output[row].end(), to.begin());
        });
    }
    sink.commit();
}

/// The same to a file, which appears when it is whole.
inline void write_fasttext(const std::string& path, const QuantizedFastText& model) {
    AtomicFile file(path);
    write_fasttext(file, model);
}

} // namespace firth
