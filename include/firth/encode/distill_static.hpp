#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/encode/static_encoder.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/math/principal_components.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/post_processors/template.hpp>
#include <firth/text/tokenizer.hpp>

namespace firth {

/// What the rows of a distilled model are multiplied by.
enum class DistilledWeights {
    none,
    /// a / (a + p), where p is a token's share by Zipf's law, 1 / (its place + 2) before they add
    /// up to 1: ids are taken to be by falling frequency, as those of most vocabularies are nearly.
    zipf,
};

struct DistillOptions {
    std::size_t dim = 256; ///< principal components of the rows; 0: these stay as they are
    DistilledWeights weights = DistilledWeights::zipf;
    double a = 1e-4;                     ///< above 0
    std::vector<float> token_weights{};  ///< by token id, in place of `weights`; none: those
    std::size_t threads = 1;             ///< 0: all of the machine's
    ProgressCallback progress = nullptr; ///< in tokens
};

/// An encoder with a transformer, such as `SentenceEncoder`.
template <class E>
concept TransformerEncoder = requires(const E& encoder) {
    encoder.transformer().config().vocabulary;
    { encoder.tokenizer() } -> std::convertible_to<const Tokenizer&>;
};

/// The tokens of which texts are made, by id: all but special ones and those that BERT's
/// vocabularies keep free, "[unused0]" and so on.
[[nodiscard]] inline std::vector<Id> distilled_tokens(const Tokenizer& tokenizer) {
    std::vector<bool> left_out(tokenizer.size());
    for (const AddedToken& token : tokenizer.steps().added_tokens) {
        if (token.special) left_out[token.id] = true;
    }
    std::vector<Id> kept;
    for (std::size_t i = 0; i < tokenizer.size(); ++i) {
        const std::string_view token = tokenizer.token(static_cast<Id>(i));
        constexpr std::string_view unused = "[unused";
        const bool is_free =
            token.starts_with(unused) && token.size() > unused.size() + 1 &&
            token.find_first_not_of("0123456789", unused.size()) == token.size() - 1 &&
            token.ends_with(']');
        if (!token.empty() && !left_out[i] && !is_free) kept.push_back(static_cast<Id>(i));
    }
    return kept;
}

namespace detail {

/// Calls `make(worker, begin, end)` for all of `count` rows, in blocks, on several threads, and
/// reports how far it is. Throws `Error` where the callback cancels.
template <class Make>
void make_distilled_rows(std::size_t count, std::size_t block, std::size_t threads,
                         const ProgressCallback& progress, Make&& make) {
    WorkQueue blocks((count + block - 1) / block);
    std::atomic<std::size_t> done{0};
    std::atomic<bool> stopped{false};
    ProgressMeter meter(progress);
    const auto report = [&](bool now) {
        Progress at;
        at.done = done;
        at.total = count;
        return meter.report(at, now);
    };
    bool cancelled = false;
    run_workers(threads, [&](std::size_t worker) {
        try {
            while (!stopped) {
                const auto next = blocks.next();
                if (!next) return;
                const std::size_t begin = *next * block;
                const std::size_t end = (std::min)(begin + block, count);
                make(worker, begin, end);
                done += end - begin;
                if (worker == 0 && !report(false)) cancelled = stopped = true;
            }
        } catch (...) {
            stopped = true;
            throw;
        }
    });
    if (cancelled || !report(true)) throw Error("the distilling was cancelled");
}

inline void check_distill_options(const DistillOptions& options, std::size_t dim,
                                  std::size_t tokens, std::size_t kept) {
    if (options.dim > dim) {
        throw OptionError("dim = " + std::to_string(options.dim) +
                          ", expected at most the encoder's " + std::to_string(dim));
    }
    if (!(options.a > 0)) {
        throw OptionError("a is " + std::to_string(options.a) + ", expected more than 0");
    }
    if (!options.token_weights.empty() && options.token_weights.size() < tokens) {
        throw OptionError(std::to_string(options.token_weights.size()) +
                          " weights of tokens, expected one for each of the tokenizer's " +
                          std::to_string(tokens));
    }
    if (kept == 0) throw Error("the tokenizer has no tokens but special ones");
}

/// The static encoder of the kept tokens' rows.
[[nodiscard]] inline StaticEncoder distilled(const Tokenizer& tokenizer, std::span<const Id> kept,
                                             EmbeddingTable<float> rows,
                                             const DistillOptions& options) {
    if (options.dim != 0) rows = principal_components(rows, options.dim).scores;
    double sum = 0;
    for (std::size_t place = 0; place < kept.size(); ++place) {
        sum += 1 / static_cast<double>(place + 2);
    }
    EmbeddingTable<float> table(tokenizer.size(), rows.dim());
    for (std::size_t place = 0; place < kept.size(); ++place) {
        float weight = 1;
        if (!options.token_weights.empty()) {
            weight = options.token_weights[kept[place]];
        } else if (options.weights == DistilledWeights::zipf) {
            const double share = 1 / static_cast<double>(place + 2) / sum;
            weight = static_cast<float>(options.a / (options.a + share));
        }
        const std::span<float> row = table[kept[place]];
        std::ranges::copy(rows[place], row.begin());
        simd::scale(weight, row);
    }
    return {tokenizer.with_truncation(std::nullopt).with_padding(std::nullopt), std::move(table)};
}

} // namespace detail

/// A static encoder of an encoder with a transformer, as model2vec makes it (Tulkens and van
/// Dongen 2024): each token alone, with the special ones around it, goes through the transformer,
/// and the mean of the outputs is its row; then principal components, and weights. The result has
/// the encoder's tokenizer; rows of tokens that were left out are zeros, which change no direction.
/// It does not depend on the number of threads.
///
///     const auto encoder = firth::read_sentence_encoder("all-MiniLM-L6-v2");
///     firth::write_static_encoder(firth::distill_static(encoder), "static");
///
/// Throws `OptionError` for more components than the encoder's dim, and `Error` where `progress`
/// cancels. Cost: the vocabulary through the transformer, some 90,000 tokens with BERT's.
template <TransformerEncoder E>
[[nodiscard]] StaticEncoder distill_static(const E& encoder, const DistillOptions& options = {}) {
    const auto& transformer = encoder.transformer();
    const Tokenizer& tokenizer = encoder.tokenizer();
    std::vector<Id> kept = distilled_tokens(tokenizer);
    std::erase_if(kept, [&](Id id) { return id >= transformer.config().vocabulary; });
    detail::check_distill_options(options, transformer.dim(), tokenizer.size(), kept.size());
    const auto& around = tokenizer.steps().post_processor;
    const std::size_t length = around.added(false) + 1;
    if (length > transformer.config().max_tokens()) {
        throw Error("the transformer takes " + std::to_string(transformer.config().max_tokens()) +
                    " tokens, expected room for one with the special ones around it");
    }
    EmbeddingTable<float> rows(kept.size(), transformer.dim());
    const std::size_t threads = resolve_threads(options.threads);
    using Workspace = typename std::remove_cvref_t<decltype(transformer)>::Workspace;
    std::vector<Workspace> workspaces(threads);
    constexpr std::size_t most_tokens = 512; // at once
    detail::make_distilled_rows(
        kept.size(), (std::max)(most_tokens / length, std::size_t{1}), threads, options.progress,
        [&](std::size_t worker, std::size_t begin, std::size_t end) {
            TokenBatch batch;
            for (std::size_t i = begin; i < end; ++i) {
                for (const EncodingTemplate::Item& item : around.single) {
                    const bool special = item.kind == EncodingTemplate::Item::Kind::token;
                    batch.ids.push_back(special ? item.id : kept[i]);
                }
                batch.ends.push_back(batch.ids.size());
            }
            const auto outputs = transformer(batch, workspaces[worker]);
            for (std::size_t i = begin; i < end; ++i) {
                for (std::size_t k = 0; k < length; ++k) {
                    simd::axpy(1 / static_cast<float>(length), outputs[(i - begin) * length + k],
                               rows[i]);
                }
            }
        });
    return detail::distilled(tokenizer, kept, std::move(rows), options);
}

/// The same of any encoder, for the tokens of a tokenizer of one's own, say of `WordLevel` with the
/// words that matter, by falling frequency: the text of each token alone is encoded.
template <TextEncoder E>
[[nodiscard]] StaticEncoder distill_static(const E& encoder, const Tokenizer& tokenizer,
                                           const DistillOptions& options = {}) {
    const std::vector<Id> kept = distilled_tokens(tokenizer);
    detail::check_distill_options(options, encoder.dim(), tokenizer.size(), kept.size());
    EmbeddingTable<float> rows(kept.size(), encoder.dim());
    detail::make_distilled_rows(
        kept.size(), 64, resolve_threads(options.threads), options.progress,
        [&](std::size_t, std::size_t begin, std::size_t end) {
            std::vector<std::string> texts;
            for (std::size_t i = begin; i < end; ++i) {
                texts.push_back(tokenizer.decode(std::span<const Id>(&kept[i], 1)));
            }
            const std::vector<std::string_view> views(texts.begin(), texts.end());
            const TableView<float> to(rows[begin].data(), end - begin, rows.dim(), rows.stride());
            if constexpr (requires { encoder.encode(std::span(views), to); }) {
                encoder.encode(std::span(views), to);
            } else {
                for (std::size_t i = 0; i < views.size(); ++i) {
                    encoder.encode(views[i], to[i]);
                }
            }
        });
    return detail::distilled(tokenizer, kept, std::move(rows), options);
}

} // namespace firth
