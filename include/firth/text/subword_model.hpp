#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// A token and how many bytes of a piece it stands for.
struct SubwordToken {
    Id id = 0;
    std::size_t length = 0;
    bool operator==(const SubwordToken&) const = default;
};

namespace detail {

/// Stands for what a model is called with.
struct OnPieceToken {
    void operator()(Id id, std::size_t length) const;
};

} // namespace detail

/// What makes tokens of a piece: BPE, WordPiece, Unigram, whole words.
///
/// - `model(piece, scratch, on_token)` calls `on_token(Id id, std::size_t length)` for each token
///   of the piece in order. `length` is how many of the piece's bytes it stands for; together they
///   are all bytes of the piece, but where a model leaves out what it does not know. `scratch` is
///   a `T::Scratch`, default-constructible: memory that one thread's calls share. The result
///   depends on the piece alone, so that it may be kept;
/// - `size()` is the number of ids, which are below it; `token(id)` the token as the vocabulary has
///   it, `find(token)` its id if there is one;
/// - `length(id)` is how many bytes of a piece the token stands for, or 0 where that differs. Where
///   the lengths of a piece's tokens add up to the piece, they are right;
/// - `settings()` names in one line what the tokens depend on, the vocabulary too (its checksum).
///
/// A model may have `many(pieces, scratch, on_token)`, too, which calls `on_token(i, id, length)`
/// for the tokens of the i-th of a span of pieces, in their order: `Bpe` takes less time that way,
/// and `Tokenizer`, though no other composition, asks for it.
template <class T>
concept SubwordModel = requires(const T& model, std::string_view piece,
                                typename T::Scratch& scratch, Id id) {
    model(piece, scratch, detail::OnPieceToken());
    { model.size() } -> std::convertible_to<std::size_t>;
    { model.token(id) } -> std::convertible_to<std::string_view>;
    { model.find(piece) } -> std::same_as<std::optional<Id>>;
    { model.length(id) } -> std::convertible_to<std::size_t>;
    { model.settings() } -> std::same_as<std::string>;
};

/// A `SubwordModel` that can cut a piece in several ways and draws one of them, so that a learner
/// sees more than the best one (Kudo 2018, "Subword regularization").
///
/// - `model.sample(piece, strength, random, scratch, on_token)` calls `on_token` as the model does,
///   for tokens that depend on the piece, `strength` and the numbers of `random` alone. What
///   `strength` means is the model's;
/// - `usual_strength()` is that of a caller who says none.
template <class T>
concept SamplingModel = SubwordModel<T> &&
    requires(const T& model, std::string_view piece, Random& random, typename T::Scratch& scratch) {
    model.sample(piece, 0.5, random, scratch, detail::OnPieceToken());
    { model.usual_strength() } -> std::convertible_to<double>;
};

} // namespace firth
