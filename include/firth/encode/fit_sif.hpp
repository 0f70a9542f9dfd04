#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/encode/word_mean_encoder.hpp>
#include <firth/math/singular_directions.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// The share of each symbol in a text, by id: by its count, or where none was counted, as in most
/// files of vectors, by Zipf's law from its place, 1 / (id + 2) before they add up to 1.
[[nodiscard]] inline std::vector<double> symbol_shares(const Vocabulary& vocabulary) {
    std::vector<double> shares(vocabulary.counts().begin(), vocabulary.counts().end());
    double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (sum == 0) {
        for (std::size_t id = 0; id < shares.size(); ++id) {
            shares[id] = 1 / static_cast<double>(id + 2);
            sum += shares[id];
        }
    }
    for (double& share : shares) {
        share /= sum;
    }
    return shares;
}

struct SifOptions {
    double a = 1e-3;            ///< a word of share p has weight a / (a + p)
    std::size_t components = 1; ///< directions that are taken out, at most dim
};

namespace detail {

/// Fits an encoder's directions to texts with its weights as they are; `share_of(k, squares)` of
/// the projection on direction k is taken out.
template <class Encoder, class ShareOf>
void fit_directions(Encoder& encoder, std::span<const std::string_view> texts,
                    std::size_t components, std::size_t threads, ShareOf&& share_of) {
    encoder.set_directions({}, {}); // so that texts are means
    SingularDirections found =
        singular_directions(encode_texts(encoder, texts, threads), components);
    std::vector<float> shares(components);
    for (std::size_t k = 0; k < components; ++k) {
        shares[k] = static_cast<float>(share_of(k, found.squares));
    }
    encoder.set_directions(std::move(found.directions), std::move(shares));
}

} // namespace detail

/// Smooth inverse frequency (Arora, Liang and Ma 2017, algorithm 1): weights by the words' shares,
/// and the directions that the given texts have in common, which later texts lose, too. Words
/// outside the vocabulary weigh 1. Throws `OptionError` for an `a` that is not above 0 and for more
/// components than dim. Texts on so many threads; the result does not depend on it.
template <class Tokenizer>
void fit_sif(WordMeanEncoder<Tokenizer>& encoder, std::span<const std::string_view> texts,
             const SifOptions& options = {}, std::size_t threads = 1) {
    if (!(options.a > 0)) {
        throw OptionError("a is " + std::to_string(options.a) + ", expected more than 0");
    }
    std::vector<float> weights;
    for (const double share : symbol_shares(encoder.words().vocabulary())) {
        weights.push_back(static_cast<float>(options.a / (options.a + share)));
    }
    encoder.set_weights(std::move(weights), 1);
    detail::fit_directions(encoder, texts, options.components, threads,
                           [](std::size_t, const std::vector<double>&) { return 1.0; });
}

/// Unsupervised SIF (Ethayarajh 2018): the weights' only constant follows from the vocabulary, and
/// of each of five directions that part is taken out which its squared singular value is of the
/// five's. Words outside the vocabulary weigh 2, as one of share 0.
template <class Tokenizer>
void fit_usif(WordMeanEncoder<Tokenizer>& encoder, std::span<const std::string_view> texts,
              std::size_t threads = 1) {
    constexpr double words_of_text = 11; // the paper's: a random walk over so many words
    constexpr std::size_t directions = 5;
    const std::vector<double> word_shares = symbol_shares(encoder.words().vocabulary());
    const auto size = static_cast<double>(word_shares.size());
    const double threshold = 1 - std::pow(1 - 1 / size, words_of_text);
    const auto above =
        std::ranges::count_if(word_shares, [&](double share) { return share > threshold; });
    // Where no word is that frequent, as in vocabularies of few words, a text meets all alike.
    const double alpha = (std::max)(static_cast<double>(above), 1.0) / size;
    const double half_a = (1 - alpha) / (alpha * size);
    std::vector<float> weights;
    for (const double share : word_shares) {
        weights.push_back(half_a + share == 0 ? 1.0f
                                              : static_cast<float>(2 * half_a / (half_a + share)));
    }
    encoder.set_weights(std::move(weights), 2);
    detail::fit_directions(encoder, texts, (std::min)(directions, encoder.dim()), threads,
                           [](std::size_t k, const std::vector<double>& squares) {
                               const double sum =
                                   std::accumulate(squares.begin(), squares.end(), 0.0);
                               return sum == 0 ? 0.0 : squares[k] / sum;
                           });
}

} // namespace firth
