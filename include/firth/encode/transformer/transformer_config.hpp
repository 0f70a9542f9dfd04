#pragma once

#include <cstddef>
#include <string>

#include <firth/base/error.hpp>
#include <firth/simd/activation.hpp>

namespace firth {

/// What stands between the two products of a feed-forward step.
using simd::Activation;

/// The sizes of an encoder of BERT's kind (Devlin et al. 2019): layers of self-attention and
/// feed-forward steps, each added to its input and then normalised.
struct TransformerConfig {
    std::size_t vocabulary = 0; ///< ids are below it
    std::size_t dim = 0;        ///< elements of a token's vector
    std::size_t layers = 0;
    std::size_t heads = 0;          ///< they divide dim
    std::size_t inner = 0;          ///< elements between the products of a feed-forward step
    std::size_t positions = 0;      ///< rows of the table of positions
    std::size_t first_position = 0; ///< the row of a text's first token: RoBERTa's is 2
    std::size_t types = 0;          ///< rows of the table of token types; 0: it has none
    float norm_epsilon = 1e-12f;    ///< is added to a variance
    Activation activation = Activation::gelu;

    /// The longest text, in tokens.
    [[nodiscard]] std::size_t max_tokens() const noexcept { return positions - first_position; }

    /// Throws `FormatError`, naming `name`, for sizes that no such encoder has.
    void check(const std::string& name) const {
        const auto expect = [&](bool holds, const std::string& what) {
            if (!holds) throw FormatError(name + " " + what);
        };
        constexpr std::size_t most = std::size_t(1) << 24;
        expect(vocabulary > 0 && vocabulary < most && dim > 0 && dim < most && layers > 0 &&
                   layers < 1000 && inner > 0 && inner < most && positions < most && types < most,
               "has sizes of 0 or beyond 2^24, expected those of an encoder");
        expect(heads > 0 && dim % heads == 0, "has " + std::to_string(heads) +
                                                  " heads, expected a divisor of the dim " +
                                                  std::to_string(dim));
        expect(positions > first_position, "has " + std::to_string(positions) +
                                               " positions, expected more than " +
                                               std::to_string(first_position));
        expect(norm_epsilon >= 0 && norm_epsilon < 1, "has a layer_norm_eps outside 0 to 1");
    }
};

} // namespace firth
