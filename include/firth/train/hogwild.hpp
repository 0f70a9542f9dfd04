#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/simd/window_tile.hpp>

/// The one place where threads touch the same rows without a lock (Hogwild; Niu, Recht, Re and
/// Wright 2011). Threads that meet in a row may lose part of each other's step, which training
/// tolerates.
///
/// Plain loads and stores that race are undefined in C++ although every known compiler does the
/// obvious thing with them. Where FIRTH_USE_ATOMIC_ROWS() holds (thread sanitizer, or asked for),
/// each window is copied out by relaxed atomics, stepped in private, and its change added back by
/// relaxed atomics.
namespace firth {

/// The scratch memory of one worker for windows of up to a given size.
class HogwildScratch {
public:
    HogwildScratch(std::size_t contexts, std::size_t outputs, std::size_t padded_dim)
        : gradients_(simd::window_scratch_size(contexts, outputs)) {
#if FIRTH_USE_ATOMIC_ROWS()
        before_ = AlignedBuffer<float>((contexts + outputs) * padded_dim);
        after_ = before_;
        rows_.resize(contexts + outputs);
#else
        static_cast<void>(padded_dim);
#endif
    }

    /// One step on a window of rows that other threads may be changing too.
    template <class Arch = simd::default_arch>
    void sgns_step(const simd::WindowRows& window, float learning_rate) noexcept {
#if FIRTH_USE_ATOMIC_ROWS()
        for (std::size_t r = 0; r < window.context_count + window.output_count; ++r) {
            float* const copy = after_.data() + r * window.dim;
            float* const row = shared_row(window, r);
            for (std::size_t i = 0; i < window.dim; ++i) {
                copy[i] = std::atomic_ref(row[i]).load(std::memory_order_relaxed);
                before_[r * window.dim + i] = copy[i];
            }
            rows_[r] = copy;
        }
        simd::sgns_window<Arch>({rows_.data(), window.context_count,
                                 rows_.data() + window.context_count, window.output_count,
                                 window.dim},
                                learning_rate, gradients_.data());
        for (std::size_t r = 0; r < window.context_count + window.output_count; ++r) {
            float* const row = shared_row(window, r);
            for (std::size_t i = 0; i < window.dim; ++i) {
                const float change = after_[r * window.dim + i] - before_[r * window.dim + i];
                std::atomic_ref shared(row[i]);
                shared.store(shared.load(std::memory_order_relaxed) + change,
                             std::memory_order_relaxed);
            }
        }
#else
        simd::sgns_window<Arch>(window, learning_rate, gradients_.data());
#endif
    }

    /// The loss of the window of the last step; see `simd::window_loss`.
    [[nodiscard]] double loss(const simd::WindowRows& window, float learning_rate) const noexcept {
        return simd::window_loss(window, learning_rate, gradients_.data());
    }

private:
#if FIRTH_USE_ATOMIC_ROWS()
    static float* shared_row(const simd::WindowRows& window, std::size_t r) noexcept {
        return r < window.context_count ? window.contexts[r]
                                        : window.outputs[r - window.context_count];
    }

    AlignedBuffer<float> before_;
    AlignedBuffer<float> after_;
    std::vector<float*> rows_;
#endif
    AlignedBuffer<float> gradients_;
};

} // namespace firth
