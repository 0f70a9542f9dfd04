#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth::detail {

/// A single query, where a table of them is expected.
template <class T>
struct OneQuery {
    std::span<const T> query;

    [[nodiscard]] std::size_t rows() const noexcept { return 1; }
    [[nodiscard]] std::span<const T> operator[](std::size_t) const noexcept { return query; }
};
template <class T>
OneQuery(std::span<const T>) -> OneQuery<T>;

/// The calls that every index has, made of one: `Derived::search_all(queries, options, take)`
/// searches for queries.rows() queries and calls take(q, neighbours) for each, from any thread.
template <class Derived, class Label>
class IndexCalls {
public:
    /// What identifies a row: its id or a label.
    using LabelType = Label;
    using NeighborType = NeighborOf<Label>;
    using Neighbors = std::vector<NeighborType>;
    using Options = SearchOptionsOf<Label>;

    /// The rows nearest to `query`, best first. The query has dim() elements. Throws `Error` for a
    /// query of another length or one that is not finite, and for options that do not fit.
    [[nodiscard]] Neighbors search(std::span<const float> query,
                                   const Options& options = {}) const {
        return search_one(as_table(query), options);
    }

    /// The `k` nearest, a whole number.
    template <std::integral K>
    [[nodiscard]] Neighbors search(std::span<const float> query, K k) const {
        return search(query, Options{.k = static_cast<std::size_t>(k)});
    }

    /// The nearest rows in the caller's memory, as many as `into` holds; returns the part that was
    /// filled. `options.k` does not count.
    std::span<NeighborType> search_into(std::span<const float> query, std::span<NeighborType> into,
                                        Options options = {}) const {
        options.k = into.size();
        Neighbors found = search(query, options);
        std::move(found.begin(), found.end(), into.begin());
        return into.first(found.size());
    }

    /// `search` for each row of `queries`, spread over the threads; queries of one thread
    /// share what is read while it is in cache.
    [[nodiscard]] std::vector<Neighbors> search_batch(TableView<const float> queries,
                                                      const Options& options = {}) const {
        return search_each(queries, options);
    }

    /// The `k` nearest of each.
    template <std::integral K>
    [[nodiscard]] std::vector<Neighbors> search_batch(TableView<const float> queries, K k) const {
        return search_batch(queries, Options{.k = static_cast<std::size_t>(k)});
    }

    /// The same in the caller's memory: options.k neighbours a query, one query after the other;
    /// where there are fewer rows, neighbours with the id `no_id` fill the rest. Throws `Error`
    /// where `into` has not queries.rows() * options.k of them. (With labels there is no such
    /// function: they have none that means no row.)
    void search_batch_into(TableView<const float> queries, std::span<Neighbor> into,
                           const Options& options = {}) const requires std::same_as<Label, Id> {
        const std::size_t k = options.k;
        if (k == 0 ? !into.empty() : into.size() / k != queries.rows() || into.size() % k != 0) {
            throw Error("room for " + std::to_string(into.size()) + " neighbours, expected " +
                        std::to_string(k) + " for each of " + std::to_string(queries.rows()) +
                        " queries");
        }
        self().search_all(queries, options, [&](std::size_t q, const Neighbors& found) {
            const std::span<Neighbor> to = into.subspan(q * k, k);
            std::fill(std::copy(found.begin(), found.end(), to.begin()), to.end(),
                      Neighbor{no_id, -std::numeric_limits<float>::infinity()});
        });
    }

protected:
    [[nodiscard]] static TableView<const float> as_table(std::span<const float> query) noexcept {
        return {query.data(), 1, query.size()};
    }

    /// What is found for one query; `more` goes to `search_all`, too.
    template <class Queries, class... More>
    [[nodiscard]] Neighbors search_one(const Queries& query, const Options& options,
                                       More&... more) const {
        Neighbors result;
        self().search_all(
            query, options, [&](std::size_t, Neighbors found) { result = std::move(found); },
            more...);
        return result;
    }

    /// What is found for each query.
    template <class Queries, class... More>
    [[nodiscard]] std::vector<Neighbors> search_each(const Queries& queries, const Options& options,
                                                     More&... more) const {
        std::vector<Neighbors> results(queries.rows());
        self().search_all(
            queries, options,
            [&](std::size_t q, Neighbors found) { results[q] = std::move(found); }, more...);
        return results;
    }

private:
    [[nodiscard]] const Derived& self() const noexcept {
        return static_cast<const Derived&>(*this);
    }
};

} // namespace firth::detail
