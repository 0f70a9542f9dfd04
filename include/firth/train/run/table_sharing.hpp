#pragma once

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include <firth/table/matrix_view.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/run/private_rows.hpp>

namespace firth {

/// How the workers of a `SequenceLoop` share the tables that they train: they race, each with the
/// next chunk as soon as it is free, or they go in rounds (`in_rounds`). In a round each worker
/// takes one chunk, the same one every time, and all wait for each other between three parts: they
/// add the chunk's sentences; each calls `share(worker)` and trains; each calls `merge(worker)`.
/// Neither may throw.
///
/// A complete example, rounds of workers that share nothing:
///
///     struct Apart {
///         static constexpr bool in_rounds = true;
///         void share(std::size_t) {}
///         void merge(std::size_t) {}
///     };
template <class S>
concept TableSharing = std::same_as<const bool, decltype(S::in_rounds)> &&
    (!S::in_rounds || requires(S sharing, std::size_t worker) {
        sharing.share(worker);
        sharing.merge(worker);
    });

/// Tables that workers race on.
class SharedTables {
public:
    static constexpr bool in_rounds = false;
    using Rows = SharedRows;

    explicit SharedTables(std::vector<TableView<float>> tables = {}) : tables_(std::move(tables)) {}

    /// Of one of the tables, the same for all workers.
    [[nodiscard]] Rows rows(std::size_t table, std::size_t) const { return Rows(tables_[table]); }

private:
    std::vector<TableView<float>> tables_;
};

/// Tables of whose rows workers hold copies in each round.
class PrivateTables {
public:
    static constexpr bool in_rounds = true;
    using Rows = PrivateTable::Rows;

    PrivateTables(const std::vector<TableView<float>>& tables, std::size_t workers) {
        for (const TableView<float>& table : tables) {
            tables_.emplace_back(table, workers);
        }
    }

    /// Of one of the tables, as a worker sees them.
    [[nodiscard]] Rows rows(std::size_t table, std::size_t worker) {
        return tables_[table].rows(worker);
    }

    void share(std::size_t worker) noexcept {
        for (PrivateTable& table : tables_) {
            table.share(worker);
        }
    }
    void merge(std::size_t worker) noexcept {
        for (PrivateTable& table : tables_) {
            table.merge(worker);
        }
    }

private:
    std::vector<PrivateTable> tables_;
};

static_assert(TableSharing<SharedTables> && TableSharing<PrivateTables>);

} // namespace firth
