#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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
#include <firth/base/parallel.hpp>
#include <firth/io/fasttext_binary.hpp>
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
    Vocabulary labels{};              ///< with counts, without the prefix; of supervised models
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

/// The parts of a file in their order; all numbers are little-endian.
class QuantizedFastTextWriter {
public:
    explicit QuantizedFastTextWriter(ByteSink& sink) : sink_(&sink) {}

    void write(const QuantizedFastText& model) {
        number(fasttext_magic);
        number(fasttext_version);
        const FastTextArguments& a = model.arguments;
        for (const std::int32_t value :
             {a.dim, a.window, a.epochs, a.min_count, a.negative, a.word_ngrams, a.loss, a.model,
              a.buckets, a.min_length, a.max_length, a.update_rate}) {
            number(value);
        }
        number(a.sample);
        dictionary(model);
        number(std::uint8_t{1}); // the input is quantised
        quantized(model.input);
        const auto* const codes = std::get_if<ProductTable>(&model.output);
        number(static_cast<std::uint8_t>(codes != nullptr));
        if (codes != nullptr) {
            quantized(*codes);
        } else {
            const auto& table = std::get<EmbeddingTable<float>>(model.output);
            size(table.rows(), table.dim());
            for (std::size_t row = 0; row < table.rows(); ++row) {
                floats(table[row]);
            }
        }
    }

private:
    void dictionary(const QuantizedFastText& model) {
        number(static_cast<std::int32_t>(model.words.size() + model.labels.size()));
        number(static_cast<std::int32_t>(model.words.size()));
        number(static_cast<std::int32_t>(model.labels.size()));
        const auto sum = [](std::span<const std::uint64_t> counts) {
            return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        };
        number(static_cast<std::int64_t>(sum(model.words.counts()) + sum(model.labels.counts())));
        number(model.kept ? static_cast<std::int64_t>(model.kept->size()) : std::int64_t{-1});
        for (const Vocabulary* const symbols : {&model.words, &model.labels}) {
            for (Id id = 0; id < symbols->size(); ++id) {
                const std::string_view symbol = (*symbols)[id];
                if (symbol.find('\0') != symbol.npos) {
                    throw Error("the symbol \"" + std::string(symbol) +
                                "\" has a zero byte, which ends a symbol in a model of fastText");
                }
                sink_->write(symbol);
                number('\0');
                number(static_cast<std::int64_t>(symbols->count(id)));
                number(static_cast<std::uint8_t>(symbols == &model.labels));
            }
        }
        for (std::size_t row = 0; model.kept && row < model.kept->size(); ++row) {
            number(static_cast<std::int32_t>(model.kept->used()[row]));
            number(static_cast<std::int32_t>(row));
        }
    }

    void quantized(const ProductTable& table) {
        number(static_cast<std::uint8_t>(table.has_norms()));
        size(table.rows(), table.dim());
        number(static_cast<std::int32_t>(table.codes().size()));
        bytes(table.codes());
        quantizer(table.quantizer());
        if (!table.has_norms()) return;
        bytes(table.norm_codes());
        quantizer(table.norm_quantizer());
    }

    void quantizer(const ProductQuantizer& quantizer) {
        number(static_cast<std::int32_t>(quantizer.dim()));
        number(static_cast<std::int32_t>(quantizer.parts()));
        number(static_cast<std::int32_t>(quantizer.part_dim()));
        number(static_cast<std::int32_t>(quantizer.size(quantizer.parts() - 1)));
        floats(quantizer.centroids());
    }

    void size(std::size_t rows, std::size_t dim) {
        number(static_cast<std::int64_t>(rows));
        number(static_cast<std::int64_t>(dim));
    }

    void bytes(std::span<const std::uint8_t> codes) {
        sink_->write({reinterpret_cast<const char*>(codes.data()), codes.size()});
    }

    void floats(std::span<const float> values) {
        for (const float value : values) {
            number(value);
        }
    }

    template <class T>
    void number(T value) {
        auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
        if constexpr (std::endian::native == std::endian::big) {
            std::reverse(raw.begin(), raw.end());
        }
        sink_->write({raw.data(), raw.size()});
    }

    ByteSink* sink_;
};

} // namespace detail

/// The weights of a model's file, dense or quantised, as they are stored. Throws `FormatError`,
/// naming the byte, for what is not in the format, and `Error` for a word that stands there twice.
[[nodiscard]] inline FastTextWeights parse_fasttext_weights(std::string_view bytes,
                                                            const std::string& name = "the model") {
    const detail::FastTextFile file(bytes, name);
    FastTextWeights model;
    model.arguments = file.arguments();
    model.arguments.max_length = static_cast<std::int32_t>(file.options().max_length);
    const auto symbols = [&](const auto& entries, Vocabulary& to) {
        for (const auto& [symbol, count] : entries) {
            if (to.find(symbol)) {
                throw Error(name + ": \"" + std::string(symbol) +
                            "\" stands twice in the dictionary, expected once");
            }
            to.add(symbol, count);
        }
    };
    symbols(file.words(), model.words);
    symbols(file.labels(), model.labels);
    if (file.pruned()) model.kept = file.kept();
    const std::size_t words = model.words.size();
    model.input = EmbeddingTable<float>(words + file.ngrams(), file.dim());
    for (std::size_t row = 0; row < model.input.rows(); ++row) {
        if (row < words) {
            file.input().read(row, model.input[row]);
        } else {
            file.read_ngram(row - words, model.input[row]);
        }
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

/// A smaller model: the `count` input rows of the largest norms, of words and buckets together;
/// "</s>" is kept before all others (fastText's -cutoff). N-grams whose buckets have no row are
/// then skipped. The same model where it has no more rows. Throws `OptionError` for 0, and `Error`
/// where the model's parts do not fit each other.
[[nodiscard]] inline FastTextWeights keep_largest(FastTextWeights model, std::size_t count) {
    detail::check_fasttext(model);
    detail::require_option(count != 0, "the number of rows to keep", count, "1 or more");
    const std::size_t rows = model.input.rows();
    if (count >= rows) return model;
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
    detail::QuantizedFastTextWriter(sink).write(model);
    sink.commit();
}

/// The same to a file, which appears when it is whole.
inline void write_fasttext(const std::string& path, const QuantizedFastText& model) {
    AtomicFile file(path);
    write_fasttext(file, model);
}

} // namespace firth
