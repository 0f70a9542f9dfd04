#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// The output rows that one centre is scored against.
struct Outputs {
    std::size_t count = 0;
    std::size_t positives = 0; ///< this many, the first ones, have label 1, the others 0
};

/// Which rows of the output table a centre is scored against, and their labels. A policy of
/// `SequenceTrainer`, shared by all workers.
///
/// - `output_rows()` is how many rows the output table has;
/// - `max_outputs()` is the most that one centre is scored against;
/// - `Draw`, made from the sampler and a source of random numbers, one for each sentence, writes
///   the rows of a centre to `ids`, all different, those with label 1 first. There may be none;
/// - `settings()` as in `WindowPrediction`.
///
/// `train_word2vec` makes its sampler itself, by what `Word2VecSampler` (`word2vec.hpp`) asks for
/// beside this; `SequenceTrainer` takes one that is made.
///
/// A complete example, where a centre is scored against the ids next to it:
///
///     struct NextIds {
///         std::size_t symbols;
///         std::size_t output_rows() const { return symbols; }
///         std::size_t max_outputs() const { return 2; }
///         std::string settings() const { return "next ids"; }
///         struct Draw {
///             Draw(const NextIds& sampler, firth::Random&) : symbols(sampler.symbols) {}
///             firth::Outputs operator()(firth::Id centre, firth::Id* ids) {
///                 ids[0] = centre;
///                 ids[1] = static_cast<firth::Id>((centre + 1) % symbols);
///                 return {.count = symbols > 1 ? 2u : 1u, .positives = 1};
///             }
///             std::size_t symbols;
///         };
///     };
template <class S>
concept OutputSampler = std::constructible_from<typename S::Draw, const S&, Random&> &&
    requires(const S sampler, typename S::Draw draw, Id centre, Id* ids) {
    { sampler.output_rows() } -> std::same_as<std::size_t>;
    { sampler.max_outputs() } -> std::same_as<std::size_t>;
    { sampler.settings() } -> std::same_as<std::string>;
    { draw(centre, ids) } -> std::same_as<Outputs>;
};

} // namespace firth
