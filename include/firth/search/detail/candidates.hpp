#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <firth/base/number_bits.hpp>
#include <firth/search/candidate.hpp>

namespace firth {

/// Keeps the candidates that may be among the `k` best: every row that is left out has a value
/// below those of k others. NaN counts as possibly the best.
///
/// A row is kept where its `most` reaches the k-th largest `least` so far, the floor. The floor is
/// computed again whenever the rows kept have doubled, in time linear in them.
class Candidates {
public:
    /// Gives up where more than `most_kept` rows have to be kept.
    explicit Candidates(std::size_t k, std::size_t most_kept = unlimited)
        : k_(k), limit_(limit_for(0)), most_kept_(most_kept) {
        if (k == 0) floor_ = std::numeric_limits<float>::infinity();
    }

    /// Keeps all rows that may reach a floor.
    [[nodiscard]] static Candidates reaching(float floor) {
        Candidates all(unlimited);
        all.floor_ = floor;
        return all;
    }

    /// Values below it can no longer be among the k best: minus infinity at first.
    [[nodiscard]] float floor() const noexcept { return floor_; }

    void offer(const Candidate& candidate) {
        if (candidate.most < floor_ || k_ == 0) return;
        kept_.push_back(candidate);
        if (kept_.size() >= limit_) raise_floor();
    }

    /// Takes what another object kept of other rows.
    void merge(Candidates&& other) {
        if (other.gave_up()) give_up();
        for (const Candidate& candidate : other.kept_) {
            offer(candidate);
        }
    }

    /// True where too many had to be kept; then none are.
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

    /// The candidates kept, in no order; leaves none.
    [[nodiscard]] std::vector<Candidate> take() {
        raise_floor();
        return std::exchange(kept_, {});
    }

private:
    static constexpr std::size_t unlimited = (std::numeric_limits<std::size_t>::max)();

    [[nodiscard]] std::size_t limit_for(std::size_t kept) const noexcept {
        return 2 * (std::max)((std::min)(k_, kept_.max_size() / 8), kept) + 6;
    }

    void raise_floor() {
        if (kept_.size() > k_ && k_ != 0) {
            // NaN counts as the smallest, so that the order is strict: it is no floor.
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
