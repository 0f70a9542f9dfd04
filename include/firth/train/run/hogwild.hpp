#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
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
/// (`SharedRows`), or copies where others step on them too (`PrivateTable::Rows`). Where
/// `announced` is true each row is announced before the worker's steps begin; `take` gives it, good
/// until they end; `prefetch`, called some windows before, brings it near. `Step` runs a window's
/// step on such rows.
template <class R>
concept RowAccess = std::constructible_from<typename R::Step, std::size_t, std::size_t> &&
    requires(R rows, Id id) {
    { rows.stride() } -> std::same_as<std::size_t>;
    { R::announced } -> std::convertible_to<bool>;
    rows.announce(id);
    rows.prefetch(id);
    { rows.take(id) } -> std::same_as<float*>;
};

/// Asks for the cache lines of a row, to be written soon. Always inlined, as must be what calls it:
/// gcc takes a function that only prefetches for one without effect, and drops calls of it.
FIRTH_ALWAYS_INLINE void prefetch_row(const float* row, std::size_t stride) noexcept {
    for (std::size_t k = 0; k < stride; k += row_alignment / sizeof(float)) {
        FIRTH_PREFETCH_WRITE(row + k);
    }
}

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
                const float value =
                    std::atomic_ref(row(window, r)[i]).load(std::memory_order_relaxed);
                before_[r * window.dim + i] = copies_[r][i] = value;
            }
        }
        simd::WindowRows in_private = window;
        in_private.contexts = copies_.data();
        in_private.outputs = copies_.data() + window.context_count;
        step(in_private);
        for (std::size_t r = 0; r < count; ++r) {
            for (std::size_t i = 0; i < window.dim; ++i) {
                const float change = copies_[r][i] - before_[r * window.dim + i];
                std::atomic_ref shared(row(window, r)[i]);
                shared.store(shared.load(std::memory_order_relaxed) + change,
                             std::memory_order_relaxed);
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

    [[nodiscard]] float* take(Id id) const noexcept { return table_.data() + id * table_.stride(); }

private:
    TableView<float> table_;
};

static_assert(RowAccess<SharedRows>);

} // namespace firth
