#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/dot_tile.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/window_link.hpp>

/// One step of skip-gram or CBOW on a whole window: C context rows of the input table meet R rows
/// of the output table as a C x R tile of scores. With negative sampling the outputs are the
/// centre, label 1, and the negatives, label 0; with hierarchical softmax they are the inner nodes
/// on the centre's path, labelled by its code.
///
/// A link (`WindowLink`) makes the gradient g of a score; `Logistic`, g = label - sigmoid(context .
/// output), follows the log-likelihood (Mikolov et al. 2013, equations 3 and 4). Skip-gram's step
/// is
///     context += lr * sum over outputs of g * output,
///     output  += lr * sum over contexts of g * context,
/// both from the rows as they were before the step. Rows are read twice and written once.
///
/// Kernels for `Logistic`, and CBOW's for `Softmax`, are those of `firth::dispatch` where the
/// architecture is `dispatched`. Those for other links are compiled where they are called, for the
/// highest architecture that the flags there allow.
///
/// Numerics: float32; scores as in `dot_tile`, sigmoid within 4e-7, scores clamped to [-88, 87].
namespace firth::simd {

/// The rows of one window. All are `dim` floats, dim a multiple of 16, aligned to 64 bytes.
struct WindowRows {
    float* const* contexts;    ///< rows of the input table; one row may occur several times
    std::size_t context_count; ///< C >= 1
    float* const* outputs;    ///< rows of the output table, all different, those with label 1 first
    std::size_t output_count; ///< R >= 1
    std::size_t dim;
    std::size_t positive_count = 1; ///< the number of outputs with label 1, 0 to R
    /// What each context counts in CBOW's mean, above 0; null: all the same.
    const float* context_weights = nullptr;
};

namespace detail {

/// Outputs whose columns stay in registers together during the update, and registers a column
/// takes.
inline constexpr std::size_t update_width = 6;
template <class Arch>
inline constexpr std::size_t update_columns = vector_registers<Arch> >= 32 ? 2 : 1;

/// Where the gradients of a window lie in its scratch memory: contexts are split evenly into tiles
/// of at most four; the gradient of context h of a tile with output o is at tile * stride + 4 * o +
/// h.
struct GradientLayout {
    explicit GradientLayout(const WindowRows& rows) noexcept
        : tiles((rows.context_count + 3) / 4), height(rows.context_count / tiles),
          taller(rows.context_count % tiles), stride(4 * rows.output_count) {}

    /// Calls `body(first context, height, first gradient's place)` for each tile.
    template <class Body>
    FIRTH_ALWAYS_INLINE void for_each_tile(Body&& body) const {
        std::size_t first = 0;
        for (std::size_t tile = 0; tile < tiles; ++tile) {
            const std::size_t rows_here = height + (tile < taller ? 1 : 0);
            body(first, rows_here, tile * stride);
            first += rows_here;
        }
    }

    std::size_t tiles;
    std::size_t height;
    std::size_t taller; ///< this many tiles, the first ones, have one context more
    std::size_t stride;
};

/// Ones, then zeros: a load that straddles the middle gives the labels of a register of scores.
template <class Arch>
alignas(64) inline constexpr float label_steps[32] = {1, 1, 1, 1, 1, 1, 1, 1,
                                                      1, 1, 1, 1, 1, 1, 1, 1};

/// The labels of the register whose first quad belongs to output `first`, 1 for the outputs below
/// `positives`.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> labels(std::size_t first, std::size_t positives) noexcept {
    constexpr std::size_t quads = lanes<Arch> / 4;
    const std::size_t ones = positives - (std::min)(positives, first);
    return Batch<Arch>::load_unaligned(label_steps<Arch> + 16 - 4 * (std::min)(ones, quads));
}

/// Turns scores into lr * (label - sigmoid(score)) before they leave their registers.
template <class Arch>
struct LogisticGradient {
    FIRTH_ALWAYS_INLINE Batch<Arch> operator()(const Batch<Arch>& scores,
                                               const Batch<Arch>& labels) const noexcept {
        return Batch<Arch>(learning_rate) * (labels - sigmoid<Arch>(scores));
    }
    float learning_rate;
};

/// Leaves scores as they are.
template <class Arch>
struct PlainScore {
    FIRTH_ALWAYS_INLINE Batch<Arch> operator()(const Batch<Arch>& scores,
                                               const Batch<Arch>&) const noexcept {
        return scores;
    }
};

/// Stores `value(scores, labels)` for one tile of contexts with `Width` outputs from `first` on.
/// Stores whole registers: up to `lanes` - 4 floats after the last value are overwritten.
template <class Arch, std::size_t Height, std::size_t Width, class Value>
FIRTH_ALWAYS_INLINE void tile_values(const WindowRows& rows, std::size_t context, std::size_t first,
                                     Value value, float* to) noexcept {
    const auto scores =
        dot_tile<Arch, Height, Width>(rows.contexts + context, rows.outputs + first, rows.dim);
    unroll<scores.size()>([&](auto i) FIRTH_INLINE_LAMBDA {
        const auto label = labels<Arch>(first + i * (lanes<Arch> / 4), rows.positive_count);
        value(scores[i], label).store_unaligned(to + 4 * first + i * lanes<Arch>);
    });
}

/// The same for all tiles of a window.
template <class Arch, class Value>
FIRTH_ALWAYS_INLINE void window_values(const WindowRows& rows, const GradientLayout& layout,
                                       Value value, float* to) noexcept {
    layout.for_each_tile([&](std::size_t context, std::size_t height, std::size_t place) {
        with_constant<4>(height, [&](auto h) {
            std::size_t first = 0;
            for (; first + tile_width<Arch> <= rows.output_count; first += tile_width<Arch>) {
                tile_values<Arch, h, tile_width<Arch>>(rows, context, first, value, to + place);
            }
            if (first == rows.output_count) return;
            with_constant<tile_width<Arch>>(rows.output_count - first, [&](auto w) {
                tile_values<Arch, h, w>(rows, context, first, value, to + place);
            });
        });
    });
}

/// Stores lr * gradient for every context and output, of `Logistic`.
template <class Arch>
FIRTH_ALWAYS_INLINE void window_gradients(const WindowRows& rows, const GradientLayout& layout,
                                          const Logistic&, float learning_rate, float*,
                                          float* gradients) noexcept {
    window_values<Arch>(rows, layout, LogisticGradient<Arch>{learning_rate}, gradients);
}

/// The link's gradients of one context.
template <class Arch, WindowLink Link>
FIRTH_ALWAYS_INLINE void link_gradients(const Link& link, const OutputScores& outputs,
                                        float* to) noexcept {
    link.gradients(outputs, to);
}
template <class Arch>
FIRTH_ALWAYS_INLINE void link_gradients(const Softmax&, const OutputScores& outputs,
                                        float* to) noexcept {
    const std::size_t count = outputs.scores.size();
    float best = outputs.scores[0];
    for (std::size_t o = 1; o < count; ++o) {
        best = (std::max)(best, outputs.scores[o]);
    }
    const Batch<Arch> top(best);
    map_floats<Arch>(outputs.scores.data(), to, count,
                     [&](const Batch<Arch>& scores)
                         FIRTH_INLINE_LAMBDA { return simd::exp<Arch>(scores - top); });
    float sum = 0;
    for (std::size_t o = 0; o < count; ++o) {
        sum += to[o];
    }
    for (std::size_t o = 0; o < count; ++o) {
        to[o] = (o < outputs.positives ? 1.0f : 0.0f) - to[o] / sum;
    }
}

/// The same of any other link. The scores stay in `scores`, output by output of the first context,
/// of the second and so on; after them is room for the gradients of one.
template <class Arch, WindowLink Link>
FIRTH_ALWAYS_INLINE void window_gradients(const WindowRows& rows, const GradientLayout& layout,
                                          const Link& link, float learning_rate, float* scores,
                                          float* gradients) noexcept {
    window_values<Arch>(rows, layout, PlainScore<Arch>{}, gradients);
    const std::size_t count = rows.output_count;
    float* const own_gradients = scores + rows.context_count * count;
    layout.for_each_tile([&](std::size_t context, std::size_t height, std::size_t place) {
        for (std::size_t h = 0; h < height; ++h) {
            float* const own = scores + (context + h) * count;
            float* const tile = gradients + place + h;
            for (std::size_t o = 0; o < count; ++o) {
                own[o] = tile[4 * o];
            }
            link_gradients<Arch>(link, OutputScores{{own, count}, rows.positive_count},
                                 own_gradients);
            for (std::size_t o = 0; o < count; ++o) {
                tile[4 * o] = learning_rate * own_gradients[o];
            }
        }
    });
}

/// Updates `Columns` registers from column k on: all contexts, and the `Width` outputs from `first`
/// on. One broadcast gradient feeds 2 * Columns multiply-adds. Where `pending` is null each context
/// is stored at once (a row that occurs twice is then updated twice); else the contexts' steps are
/// added up there, since further groups of outputs still need the old rows.
template <class Arch, std::size_t Width, std::size_t Columns>
FIRTH_ALWAYS_INLINE void update_block(const WindowRows& rows, const GradientLayout& layout,
                                      std::size_t first, std::size_t k, const float* gradients,
                                      float* pending) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    std::array<B, Width * Columns> old;
    std::array<B, Width * Columns> updated;
    std::array<float*, Width> outputs;
    unroll<Width>([&](auto w) FIRTH_INLINE_LAMBDA {
        outputs[w] = rows.outputs[first + w] + k;
        unroll<Columns>([&](auto c) FIRTH_INLINE_LAMBDA {
            old[w * Columns + c] = B::load_aligned(outputs[w] + c * width);
            updated[w * Columns + c] = old[w * Columns + c];
        });
    });
    layout.for_each_tile([&](std::size_t context, std::size_t height,
                             std::size_t place) FIRTH_INLINE_LAMBDA {
        for (std::size_t h = 0; h < height; ++h) {
            const float* gradient = gradients + place + 4 * first + h;
            float* const row = rows.contexts[context + h] + k;
            float* const target =
                pending == nullptr ? row : pending + (context + h) * Columns * width;
            std::array<B, Columns> x;
            std::array<B, Columns> sum;
            unroll<Columns>([&](auto c) FIRTH_INLINE_LAMBDA {
                x[c] = B::load_aligned(row + c * width);
                sum[c] = pending == nullptr ? x[c] : B::load_aligned(target + c * width);
            });
            unroll<Width>([&](auto w) FIRTH_INLINE_LAMBDA {
                const B g(gradient[4 * w]);
                unroll<Columns>([&](auto c) FIRTH_INLINE_LAMBDA {
                    sum[c] = fma<Arch>(g, old[w * Columns + c], sum[c]);
                    updated[w * Columns + c] = fma<Arch>(g, x[c], updated[w * Columns + c]);
                });
            });
            unroll<Columns>([&](auto c)
                                FIRTH_INLINE_LAMBDA { sum[c].store_aligned(target + c * width); });
        }
    });
    unroll<Width>([&](auto w) FIRTH_INLINE_LAMBDA {
        unroll<Columns>([&](auto c) FIRTH_INLINE_LAMBDA {
            updated[w * Columns + c].store_aligned(outputs[w] + c * width);
        });
    });
}

/// All outputs in one group: contexts are stored as soon as they are computed.
template <class Arch, std::size_t Width>
FIRTH_ALWAYS_INLINE void update_narrow(const WindowRows& rows, const GradientLayout& layout,
                                       const float* gradients) noexcept {
    constexpr std::size_t step = update_columns<Arch> * lanes<Arch>;
    std::size_t k = 0;
    for (; k + step <= rows.dim; k += step) {
        update_block<Arch, Width, update_columns<Arch>>(rows, layout, 0, k, gradients, nullptr);
    }
    for (; k < rows.dim; k += lanes<Arch>) {
        update_block<Arch, Width, 1>(rows, layout, 0, k, gradients, nullptr);
    }
}

/// Any number of outputs, in groups; `pending` holds `lanes` floats a context.
template <class Arch>
FIRTH_NOINLINE void update_wide(const WindowRows& rows, const GradientLayout& layout,
                                const float* gradients, float* pending) noexcept {
    using B = Batch<Arch>;
    for (std::size_t k = 0; k < rows.dim; k += lanes<Arch>) {
        std::fill_n(pending, rows.context_count * lanes<Arch>, 0.0f);
        std::size_t first = 0;
        for (; first + update_width <= rows.output_count; first += update_width) {
            update_block<Arch, update_width, 1>(rows, layout, first, k, gradients, pending);
        }
        for (; first < rows.output_count; ++first) {
            update_block<Arch, 1, 1>(rows, layout, first, k, gradients, pending);
        }
        for (std::size_t c = 0; c < rows.context_count; ++c) {
            float* const row = rows.contexts[c] + k;
            (B::load_aligned(row) + B::load_aligned(pending + c * lanes<Arch>)).store_aligned(row);
        }
    }
}

} // namespace detail

/// The number of floats of scratch memory that a link needs for windows of up to this size, before
/// that of the kernel: a multiple of 16.
template <WindowLink Link>
[[nodiscard]] constexpr std::size_t link_scratch_size(const Link&, std::size_t contexts,
                                                      std::size_t outputs) noexcept {
    return ((contexts + 1) * outputs + 15) / 16 * 16;
}
[[nodiscard]] constexpr std::size_t link_scratch_size(const Logistic&, std::size_t,
                                                      std::size_t) noexcept {
    return 0;
}

/// The number of floats of scratch memory that `skip_gram_window` needs for windows of up to this
/// size, beside that of the link.
[[nodiscard]] constexpr std::size_t skip_gram_scratch_size(std::size_t contexts,
                                                           std::size_t outputs) noexcept {
    constexpr std::size_t widest = 64;
    return (contexts + 3) / 4 * 4 * outputs + widest + contexts * widest;
}

/// The same for `cbow_window`.
[[nodiscard]] constexpr std::size_t cbow_scratch_size(std::size_t outputs,
                                                      std::size_t dim) noexcept {
    return 4 * outputs + 32 + dim;
}

namespace detail {

template <class Arch, class Link>
FIRTH_ALWAYS_INLINE void skip_gram_window_of(const WindowRows& rows, const Link& link,
                                             float learning_rate, float* scratch) noexcept {
    const GradientLayout layout(rows);
    float* const gradients =
        scratch + link_scratch_size(link, rows.context_count, rows.output_count);
    window_gradients<Arch>(rows, layout, link, learning_rate, scratch, gradients);
    if (rows.output_count <= update_width) {
        with_constant<update_width>(
            rows.output_count, [&](auto w) { update_narrow<Arch, w>(rows, layout, gradients); });
    } else {
        const std::size_t size = layout.tiles * layout.stride + lanes<Arch>;
        update_wide<Arch>(rows, layout, gradients, gradients + (size + 15) / 16 * 16);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void context_mean(const WindowRows& rows, float* mean) noexcept {
    using B = Batch<Arch>;
    const B factor(1.0f / static_cast<float>(rows.context_count));
    for (std::size_t k = 0; k < rows.dim; k += lanes<Arch>) {
        B sum(0.0f);
        for (std::size_t c = 0; c < rows.context_count; ++c) {
            sum = sum + B::load_aligned(rows.contexts[c] + k);
        }
        (factor * sum).store_aligned(mean + k);
    }
}

template <class Arch>
FIRTH_NOINLINE void weighted_context_mean(const WindowRows& rows, float* mean) noexcept {
    using B = Batch<Arch>;
    float total = 0;
    for (std::size_t c = 0; c < rows.context_count; ++c) {
        total += rows.context_weights[c];
    }
    const B factor(1.0f / total);
    for (std::size_t k = 0; k < rows.dim; k += lanes<Arch>) {
        B sum(0.0f);
        for (std::size_t c = 0; c < rows.context_count; ++c) {
            sum = fma<Arch>(B(rows.context_weights[c]), B::load_aligned(rows.contexts[c] + k), sum);
        }
        (factor * sum).store_aligned(mean + k);
    }
}

template <class Arch, class Link>
FIRTH_ALWAYS_INLINE void cbow_window_of(const WindowRows& rows, const Link& link,
                                        float learning_rate, float context_share,
                                        float* scratch) noexcept {
    using B = Batch<Arch>;
    float* const gradients = scratch + link_scratch_size(link, 1, rows.output_count);
    float* const mean = gradients + (4 * rows.output_count + lanes<Arch> + 15) / 16 * 16;
    if (rows.context_weights == nullptr) {
        context_mean<Arch>(rows, mean);
    } else {
        weighted_context_mean<Arch>(rows, mean);
    }
    const WindowRows of_mean{
        &mean, 1, rows.outputs, rows.output_count, rows.dim, rows.positive_count};
    window_gradients<Arch>(of_mean, GradientLayout(of_mean), link, learning_rate, scratch,
                           gradients);
    const B share(context_share);
    for (std::size_t k = 0; k < rows.dim; k += lanes<Arch>) {
        const B x = B::load_aligned(mean + k);
        B change(0.0f);
        for (std::size_t o = 0; o < rows.output_count; ++o) {
            const B g(gradients[4 * o]);
            const B y = B::load_aligned(rows.outputs[o] + k);
            change = fma<Arch>(g, y, change);
            fma<Arch>(g, x, y).store_aligned(rows.outputs[o] + k);
        }
        for (std::size_t c = 0; c < rows.context_count; ++c) {
            float* const row = rows.contexts[c] + k;
            fma<Arch>(share, change, B::load_aligned(row)).store_aligned(row);
        }
    }
}

/// Where kernels for a user's link are compiled.
template <class Arch>
using compiled_here = std::conditional_t<is_dispatched<Arch>, compiled_arch, Arch>;

} // namespace detail

/// The kernels of this header, for `Logistic` and, of CBOW, `Softmax`.
struct WindowKernels {
    void (*skip_gram_window)(const WindowRows& rows, float learning_rate, float* scratch) noexcept;
    void (*cbow_window)(const WindowRows& rows, float learning_rate, float context_share,
                        float* scratch) noexcept;
    void (*softmax_window)(const WindowRows& rows, float learning_rate, float context_share,
                           float* scratch) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<WindowKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void skip_gram_window(const WindowRows& rows, float learning_rate,
                                                     float* scratch) noexcept {
        skip_gram_window_of<Arch>(rows, Logistic(), learning_rate, scratch);
    }
    FIRTH_ALWAYS_INLINE static void cbow_window(const WindowRows& rows, float learning_rate,
                                                float context_share, float* scratch) noexcept {
        cbow_window_of<Arch>(rows, Logistic(), learning_rate, context_share, scratch);
    }
    FIRTH_ALWAYS_INLINE static void softmax_window(const WindowRows& rows, float learning_rate,
                                                   float context_share, float* scratch) noexcept {
        cbow_window_of<Arch>(rows, Softmax(), learning_rate, context_share, scratch);
    }
    static constexpr WindowKernels table{&skip_gram_window, &cbow_window, &softmax_window};
};

} // namespace detail

/// One step of gradient ascent on a window, in place. `scratch` is `link_scratch_size` and then
/// `skip_gram_scratch_size` floats, aligned to 64 bytes; afterwards it holds what `window_loss`
/// reads. Cost: O(contexts * outputs * dim), and the link's own, once a context.
template <class Arch = default_arch, WindowLink Link>
void skip_gram_window(const WindowRows& rows, const Link& link, float learning_rate,
                      float* scratch) noexcept {
    assert(rows.context_count > 0 && rows.output_count > 0 && rows.dim % 16 == 0);
    detail::skip_gram_window_of<detail::compiled_here<Arch>>(rows, link, learning_rate, scratch);
}
template <class Arch = default_arch>
void skip_gram_window(const WindowRows& rows, const Logistic&, float learning_rate,
                      float* scratch) noexcept {
    assert(rows.context_count > 0 && rows.output_count > 0 && rows.dim % 16 == 0);
    detail::kernels<WindowKernels, Arch>().skip_gram_window(rows, learning_rate, scratch);
}

/// One step of CBOW (Mikolov et al. 2013) on a window, in place: the mean h of the contexts, each
/// with its weight where there are weights, meets
/// the outputs, and with the link's gradients g,
///     output  += lr * g * h,
///     context += context_share * lr * sum over outputs of g * output,
/// from the rows as they were. `context_share` is 1 as in word2vec.c, or 1 / C for the gradient of
/// the mean. `scratch` is `link_scratch_size` for one context and then `cbow_scratch_size` floats,
/// aligned to 64 bytes; afterwards it holds what `window_loss` reads with a context_count of 1.
template <class Arch = default_arch, WindowLink Link>
void cbow_window(const WindowRows& rows, const Link& link, float learning_rate, float context_share,
                 float* scratch) noexcept {
    assert(rows.context_count > 0 && rows.output_count > 0 && rows.dim % 16 == 0);
    detail::cbow_window_of<detail::compiled_here<Arch>>(rows, link, learning_rate, context_share,
                                                        scratch);
}
template <class Arch = default_arch>
void cbow_window(const WindowRows& rows, const Logistic&, float learning_rate, float context_share,
                 float* scratch) noexcept {
    assert(rows.context_count > 0 && rows.output_count > 0 && rows.dim % 16 == 0);
    detail::kernels<WindowKernels, Arch>().cbow_window(rows, learning_rate, context_share, scratch);
}
template <class Arch = default_arch>
void cbow_window(const WindowRows& rows, const Softmax&, float learning_rate, float context_share,
                 float* scratch) noexcept {
    assert(rows.context_count > 0 && rows.output_count > 0 && rows.dim % 16 == 0);
    detail::kernels<WindowKernels, Arch>().softmax_window(rows, learning_rate, context_share,
                                                          scratch);
}

/// The loss of the window that was just stepped on, before its step: the sum over its contexts of
/// the link's loss, from the scores that the step left in its scratch memory.
template <WindowLink Link>
[[nodiscard]] double window_loss(const WindowRows& rows, const Link& link, float,
                                 const float* scratch) noexcept {
    double loss = 0;
    for (std::size_t c = 0; c < rows.context_count; ++c) {
        const std::span scores(scratch + c * rows.output_count, rows.output_count);
        loss += link.loss(OutputScores{scores, rows.positive_count});
    }
    return loss;
}

/// That of `Logistic`, where the probability of a label is taken to be at least 1e-7. Read back
/// from the gradients, whose size is lr * (1 - probability of the label).
[[nodiscard]] inline double window_loss(const WindowRows& rows, const Logistic&,
                                        float learning_rate, const float* scratch) noexcept {
    double loss = 0;
    const detail::GradientLayout layout(rows);
    layout.for_each_tile([&](std::size_t, std::size_t height, std::size_t place) {
        for (std::size_t o = 0; o < rows.output_count; ++o) {
            for (std::size_t h = 0; h < height; ++h) {
                const double miss =
                    std::fabs(static_cast<double>(scratch[place + 4 * o + h]) / learning_rate);
                loss -= std::log((std::max)(1.0 - miss, 1e-7)); // in this order NaN stays NaN
            }
        }
    });
    return loss;
}

} // namespace firth::simd
