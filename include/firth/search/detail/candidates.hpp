#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <firth/base/number_bits.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// A row whose score is known to lie between two bounds.
struct Candidate {
    Id id = no_id;
    float least = 0;
    float most = 0;
};

/// Of rows whose scores are known roughly those that may be among the `k` best: every row that is
/// left out has a score below those of k others. NaN counts as possibly the best.
///
/// A row is kept where its `most` reaches the k-th largest `least` so far, which is a floor of the
/// k-th best score; that floor is found anew when so many rows have come that it is worth it, in
/// time linear in the rows kept.
class Candidates {
public:
    /// Gives up, where more than `most_kept` cannot be told apart.
    explicit Candidates(std::size_t k, std::size_t most_kept = unlimited)
        : k_(k), limit_(limit_for(0)), most_kept_(most_kept) {
        if (k == 0) floor_ = std::numeric_limits<float>::infinity();
    }

    /// All rows that may reach a score.
    [[nodiscard]] static Candidates reaching(float score) {
        Candidates all(unlimited);
        all.floor_ = score;
        return all;
    }

    /// Values that are below cannot be among the k best any more: minus infinity at first.
    [[nodiscard]] float floor() const noexcept { return floor_; }

    void offer(const Candidate& candidate) {
        if (candidate.most < floor_ || k_ == 0) return;
        kept_.push_back(candidate);
        if (kept_.size() >= limit_) raise_floor();
    }

    /// Those that another one kept of other rows.
    void merge(Candidates&& other) {
        if (other.gave_up()) give_up();
        for (const Candidate& candidate : other.kept_) {
            offer(candidate);
        }
    }

    /// True where too many were kept; then there are none.
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

    /// Those that are left, in no order; the object holds none afterwards.
    [[nodiscard]] std::vector<Candidate> take() {
        raise_floor();
        return std::exchange(kept_, {});
    }

private:
    static constexpr std::size_t unlimited = (std::numeric_limits<std::size_t>::max)();

    [[nodiscard]] std::size_t limit_for(std::size_t kept) const noexcept {
        return 2 * (std::max)((std::min)(k_, kept_.max_size() / 8), kept) + 16;
    }

    void raise_floor() {
        if (kept_.size() > k_ && k_ != 0) {
            // NaN as the smallest, so that the order is one: it is no floor.
            const auto above = [](const Candidate& a, const Candidate& b) {
                return is_nan(a.least) ? false : is_nan(b.least) || a.least > b.least;
            };
            const auto kth = kept_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
            std::nth_element(kept_.begin(), kth, kept_.end(), above);
            if (kth->least > floor_) floor_ = kth->least;
            std::erase_if(kept_, [this](const Candidate& each) { return each.most < floor_; });
        }
        limit_ = limit_for(kept_.size());
        if (kept_.size() > most_kept_) give_up();
    }

    void give_up() {
        kept_ = {};
        k_ = 0;
        floor_ = std::numeric_limits<float>::infinity();
        gave_up_ = true;
    }

    std::size_t k_;
    std::size_t limit_;
    std::size_t most_kept_;
    float floor_ = -std::numeric_limits<float>::infinity();
    bool gave_up_ = false;
    std::vector<Candidate> kept_;
};

} // namespace firth
