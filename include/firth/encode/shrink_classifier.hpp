#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/byte_sink.hpp>
#include <firth/base/error.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/io/fasttext_quantized.hpp>
#include <firth/math/product_quantizer.hpp>
#include <firth/math/product_table.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// A classifier made small.
struct ShrunkClassifier {
    QuantizedFastText quantized; ///< for `write_fasttext`
    ClassifierModel model;       ///< the same with floats, as a reader of the file has it
    std::size_t bytes = 0;       ///< of the file
    std::size_t part_dim = 0;    ///< elements a code stands for
    double score = 0;            ///< by the caller's function
};

namespace detail {

/// Bytes of a quantised file without its input's rows.
inline std::size_t size_without_rows(const FastTextWeights& weights, RowNorms norms) {
    std::size_t bytes = 64 + 28 + 22 + 16 + 4 * ProductQuantizer::codes * weights.input.dim();
    if (norms == RowNorms::apart) bytes += 16 + 4 * ProductQuantizer::codes;
    for (const std::string_view label : weights.labels.symbols()) {
        bytes += label.size() + 10;
    }
    return bytes + 17 + 4 * weights.output.rows() * weights.output.dim();
}

/// How many rows of the largest norms fit into a file: those that `keep_largest` would keep.
inline std::size_t rows_that_fit(const FastTextWeights& weights, std::size_t bytes,
                                 std::size_t part_dim, RowNorms norms) {
    const std::size_t rows = weights.input.rows();
    std::vector<std::pair<float, std::size_t>> order(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        order[row] = {-simd::norm(weights.input[row]), row};
    }
    if (const std::optional<Id> end = weights.words.find("</s>")) {
        order[*end].first = -std::numeric_limits<float>::infinity();
    }
    std::sort(order.begin(), order.end());
    const std::size_t codes = (weights.input.dim() + part_dim - 1) / part_dim +
                              static_cast<std::size_t>(norms == RowNorms::apart);
    std::size_t used = size_without_rows(weights, norms);
    std::size_t count = 0;
    for (; count < rows; ++count) {
        const std::size_t row = order[count].second;
        used +=
            codes + (row < weights.words.size() ? weights.words[static_cast<Id>(row)].size() + 10
                                                : std::size_t{8});
        if (used > bytes) break;
    }
    return count;
}

} // namespace detail

/// Makes a classifier fit into a quantised file of fastText of at most `bytes`: keeps the rows of
/// the largest norms that fit, with codes of 2, 4 and 8 elements, and takes what does best by
/// `score(const ClassifierModel&)`, or the first where all rows fit into it. `options` says the
/// rest, `arguments` what the file says of the training. The result does not depend on the number
/// of threads; nothing where the options' progress stops it.
///
/// Throws `Error` where none fits with 256 rows, or all there are, and what `quantize` throws.
/// Cost: up to three quantisations.
[[nodiscard]] inline std::optional<ShrunkClassifier>
shrink_classifier(const ClassifierModel& model, std::size_t bytes,
                  const std::function<double(const ClassifierModel&)>& score,
                  FastTextQuantizeOptions options = {.norms = RowNorms::apart},
                  const FastTextArguments& arguments = {}) {
    const FastTextWeights weights = fasttext_weights(model, arguments);
    const std::size_t rows = weights.input.rows();
    std::optional<ShrunkClassifier> best;
    for (const std::size_t part_dim : {2u, 4u, 8u}) {
        if (part_dim > 2 && part_dim > model.dim()) break;
        options.quantizer.part_dim = (std::min<std::size_t>)(part_dim, model.dim());
        const std::size_t count =
            detail::rows_that_fit(weights, bytes, options.quantizer.part_dim, options.norms);
        if (count < (std::min)(rows, ProductQuantizer::codes)) continue;
        std::optional<QuantizedFastText> quantized =
            quantize(keep_largest(weights, count), options);
        if (!quantized) return std::nullopt;
        std::string file;
        StringSink sink(file);
        write_fasttext(sink, *quantized);
        if (file.size() > bytes) continue;
        ClassifierModel read = classifier_model(parse_fasttext_weights(file));
        read.labels = model.labels;
        read.label_prefix = model.label_prefix;
        const double reached = score(read);
        if (!best || reached > best->score) {
            best.emplace(ShrunkClassifier{std::move(*quantized), std::move(read), file.size(),
                                          options.quantizer.part_dim, reached});
        }
        if (count == rows) break;
    }
    if (!best) {
        throw Error("no quantised model of " + std::to_string(bytes) +
                    " bytes has room for 256 rows of dim " + std::to_string(model.dim()) +
                    " and what else it holds, " +
                    std::to_string(detail::size_without_rows(weights, options.norms)) + " bytes");
    }
    return best;
}

} // namespace firth
