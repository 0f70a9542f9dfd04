#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/search/metric.hpp>
#include <firth/simd/select.hpp>

namespace firth {

/// The terms that a metric makes of the norms of rows, one float a row, or none; and bounds on all
/// of them.
template <Metric M>
class RowTerms {
public:
    static constexpr bool any = M::row_term != simd::RowTerm::none;
    static constexpr bool are_factors = M::row_term == simd::RowTerm::factor;
    static constexpr bool are_summands = M::row_term == simd::RowTerm::summand;

    /// Room for so many rows.
    void reserve(std::size_t rows) {
        if (any) terms_.reserve(rows);
    }

    /// False for the norm of a row that cannot be searched: the norm or its term is not finite.
    [[nodiscard]] static bool is_valid(float norm) noexcept {
        return is_finite(norm) && is_finite(M::term(norm));
    }

    /// Adds the next row, with a valid norm.
    void add(float norm) {
        if (any) terms_.push_back(M::term(norm));
        include(norm);
    }

    /// Adds row `id`, the next one. Throws `Error`, naming it, for a norm that is not valid.
    void add_checked(float norm, std::size_t id) {
        if (!is_valid(norm)) refuse("row " + std::to_string(id));
        add(norm);
    }

    /// Throws the `Error` about a norm that is not valid, of the row called `what`.
    [[noreturn]] static void refuse(const std::string& what) {
        throw Error(what + " holds NaN or infinity, or its norm is beyond float32; an index takes "
                           "finite numbers only");
    }

    /// Gives row `id` a different norm.
    void set(std::size_t id, float norm) noexcept {
        if (any) terms_[id] = M::term(norm);
        include(norm);
    }

    /// Drops all but the first `rows` rows; bounds stay.
    void truncate(std::size_t rows) noexcept {
        if (any) terms_.erase(terms_.begin() + static_cast<std::ptrdiff_t>(rows), terms_.end());
    }

    /// The term of row `id`.
    [[nodiscard]] float operator[](std::size_t id) const noexcept {
        return any ? terms_[id] : M::term(0.0f);
    }

    /// The terms from row `id` on; null where the metric has none.
    [[nodiscard]] const float* from(std::size_t id) const noexcept {
        return any ? terms_.data() + id : nullptr;
    }

    /// The terms of all rows; null where they are not added.
    [[nodiscard]] const float* summands() const noexcept {
        return are_summands ? terms_.data() : nullptr;
    }

    /// At least the norm of every row.
    [[nodiscard]] float longest() const noexcept { return longest_; }

    /// True where the metric had no factor for some row's norm: then a term of 0 belongs to such a
    /// row, or to zeros, and its value is its score.
    [[nodiscard]] bool has_extremes() const noexcept { return has_extremes_; }

    /// At least the norm of every row times its factor.
    [[nodiscard]] float longest_scaled() const noexcept { return longest_scaled_; }

    /// At least every row's factor, and at least 1.
    [[nodiscard]] float largest_factor() const noexcept { return largest_factor_; }

private:
    void include(float norm) noexcept {
        if (are_factors) {
            const float factor = M::term(norm);
            const bool is_extreme = norm != 0.0f && factor == 0.0f;
            largest_factor_ = (std::max)(largest_factor_, factor);
            longest_scaled_ = (std::max)(longest_scaled_, is_extreme ? 1.0f : norm * factor);
            has_extremes_ = has_extremes_ || is_extreme;
        }
        longest_ = (std::max)(longest_, norm);
    }

    std::vector<float> terms_;
    float longest_ = 0;
    float longest_scaled_ = 0;
    float largest_factor_ = 1;
    bool has_extremes_ = false;
};

} // namespace firth
