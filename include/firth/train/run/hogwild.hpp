#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/simd/row_list.hpp>
#include <firth/simd/window_tile.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

/// The one place where threads touch the same rows without a lock (Hogwild; Niu, Recht, Re and
/// Wright 2011). Threads that meet in a row may lose part of each other's step, which training
/// tolerates.
///
/// Plain loads and stores that race are undefined in C++ although every known compiler does the
/// obvious thing with them. Where FIRTH_USE_ATOMIC_ROWS() holds (thread sanitizer, or asked for),
/// each window is copied out by relaxed atomics, stepped in private, and its change added back by
/// relaxed atomics.
namespace firth {

/// How a worker reaches the rows of a table: as they are, shared with other workers
/// (`SharedRows`), or copies where others step on them too (`PrivateTable::Rows`). It is what a
/// `SymbolComposition` gets. A row is `stride()` floats, aligned to 64 bytes.
///
/// - `announce(id)`, where `announced` is true, for each row before the worker's steps begin;
/// - `prefetch(id)`, some windows before a row is reached, brings it near; `prefetch_l2(id)` does
///   so for more rows than the first cache holds;
/// - `take(id)` gives the row to windows, which step on it by a `Step`, made for windows of up to
///   so many rows of so many floats; good until the steps end;
/// - `mean(rows, to)` makes a vector of rows that were taken, and `add(change, rows)` adds to each
///   of them: for whatever happens to rows outside windows, so that all code that may race is in
///   this header.
template <class R>
concept RowAccess = std::constructible_from<typename R::Step, std::size_t, std::size_t> &&
    std::copy_constructible<R> &&
    requires(R rows, Id id, std::span<float* const> taken, float* to, const float* change,
             typename R::Step step, const simd::WindowRows& window) {
    { rows.stride() } -> std::same_as<std::size_t>;
    { R::announced } -> std::convertible_to<bool>;
    rows.announce(id);
    rows.prefetch(id);
    rows.prefetch_l2(id);
    { rows.take(id) } -> std::same_as<float*>;
    rows.mean(taken, to);
    rows.add(change, taken);
    step(window, [](const simd::WindowRows&) {});
};

/// Asks for the cache lines of a row, to be written soon. Always inlined, as must be what calls it:
/// gcc takes a function that only prefetches for one without effect, and drops calls of it.
FIRTH_ALWAYS_INLINE void prefetch_row(const float* row, std::size_t stride) noexcept {
    for (std::size_t k = 0; k < stride; k += row_alignment / sizeof(float)) {
        FIRTH_PREFETCH_WRITE(row + k);
    }
}

/// The same for the second cache.
FIRTH_ALWAYS_INLINE void prefetch_row_l2(const float* row, std::size_t stride) noexcept {
    for (std::size_t k = 0; k < stride; k += row_alignment / sizeof(float)) {
        FIRTH_PREFETCH_L2(row + k);
    }
}

namespace detail {

/// Reads, and adds to, a number that other threads may be changing.
[[nodiscard]] FIRTH_ALWAYS_INLINE float racing_read(const float& value) noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
    return std::atomic_ref(const_cast<float&>(value)).load(std::memory_order_relaxed);
#else
    return value;
#endif
}
FIRTH_ALWAYS_INLINE void racing_add(float& value, float change) noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
    std::atomic_ref(value).store(racing_read(value) + change, std::memory_order_relaxed);
#else
    value += change;
#endif
}

} // namespace detail

/// Runs a window's step on rows that other threads may be changing too.
class HogwildStep {
public:
    /// For windows of up to `rows` rows, contexts and outputs together.
    HogwildStep(std::size_t rows, std::size_t padded_dim) {
#if FIRTH_USE_ATOMIC_ROWS()
        before_ = AlignedBuffer<float>(rows * padded_dim);
        after_ = before_;
        copies_.resize(rows);
#else
        static_cast<void>(rows);
        static_cast<void>(padded_dim);
#endif
    }

    /// Calls `step(rows)`, which changes the window's rows in place.
    template <class Step>
    void operator()(const simd::WindowRows& window, Step&& step) noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
        const std::size_t count = window.context_count + window.output_count;
        for (std::size_t r = 0; r < count; ++r) {
            copies_[r] = after_.data() + r * window.dim;
            for (std::size_t i = 0; i < window.dim; ++i) {
                const float value = detail::racing_read(row(window, r)[i]);
                before_[r * window.dim + i] = copies_[r][i] = value;
            }
        }
        simd::WindowRows in_private = window;
        in_private.contexts = copies_.data();
        in_private.outputs = copies_.data() + window.context_count;
        step(in_private);
        for (std::size_t r = 0; r < count; ++r) {
            for (std::size_t i = 0; i < window.dim; ++i) {
                detail::racing_add(row(window, r)[i], copies_[r][i] - before_[r * window.dim + i]);
            }
        }
#else
        step(window);
#endif
    }

private:
#if FIRTH_USE_ATOMIC_ROWS()
    static float* row(const simd::WindowRows& window, std::size_t r) noexcept {
        return r < window.context_count ? window.contexts[r]
                                        : window.outputs[r - window.context_count];
    }

    AlignedBuffer<float> before_;
    AlignedBuffer<float> after_;
    std::vector<float*> copies_;
#endif
};

/// A `RowAccess`: the rows of a table as they are, shared with all other workers.
class SharedRows {
public:
    using Step = HogwildStep;
    static constexpr bool announced = false;

    explicit SharedRows(TableView<float> table) noexcept : table_(table) {}

    [[nodiscard]] std::size_t stride() const noexcept { return table_.stride(); }

    void announce(Id) const noexcept {}

    FIRTH_ALWAYS_INLINE void prefetch(Id id) const noexcept {
        prefetch_row(take(id), table_.stride());
    }

    FIRTH_ALWAYS_INLINE void prefetch_l2(Id id) const noexcept {
        prefetch_row_l2(take(id), table_.stride());
    }

    [[nodiscard]] float* take(Id id) const noexcept { return table_.data() + id * table_.stride(); }

    void mean(std::span<float* const> rows, float* to) const noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
        const float share = rows.empty() ? 0.0f : 1.0f / static_cast<float>(rows.size());
        for (std::size_t i = 0; i < stride(); ++i) {
            float sum = 0;
            for (const float* const row : rows) {
                sum += detail::racing_read(row[i]);
            }
            to[i] = share * sum;
        }
#else
        simd::mean_of_rows(rows, to, stride());
#endif
    }

    void add(const float* change, std::span<float* const> rows) const noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
        for (float* const row : rows) {
            for (std::size_t i = 0; i < stride(); ++i) {
                detail::racing_add(row[i], change[i]);
            }
        }
#else
        simd::add_to_rows(change, rows, stride());
#endif
    }

private:
    TableView<float> table_;
};

static_assert(RowAccess<SharedRows>);

} // namespace firth
