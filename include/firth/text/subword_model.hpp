#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <firth/table/id.hpp>

namespace firth {

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

} // namespace firth
