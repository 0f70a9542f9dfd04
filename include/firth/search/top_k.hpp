#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/number_bits.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Keeps the k best of the neighbours that are offered, in any order. O(log k) for one that is
/// kept, one comparison for one that is not.
class TopK {
public:
    explicit TopK(std::size_t k) : k_(k) { heap_.reserve((std::min<std::size_t>)(k, 1024)); }

    void offer(Neighbor candidate) {
        if (heap_.size() < k_) {
            heap_.push_back(candidate);
            std::push_heap(heap_.begin(), heap_.end(), ranks_before);
        } else if (k_ != 0 && ranks_before(candidate, heap_.front())) {
            std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
            heap_.back() = candidate;
            std::push_heap(heap_.begin(), heap_.end(), ranks_before);
        }
    }

    /// Scores below this are no longer kept: minus infinity until k are there.
    [[nodiscard]] float threshold() const noexcept {
        return heap_.size() < k_ || heap_.empty() || is_nan(heap_.front().score)
                   ? -std::numeric_limits<float>::infinity()
                   : heap_.front().score;
    }

    /// Offers neighbours first_id, first_id + 1, ... with the given scores.
    void offer_all(Id first_id, std::span<const float> scores) {
        float least = threshold();
        for (std::size_t i = 0; i < scores.size(); ++i) {
            // False for scores that are too low only: NaN must reach `offer` while there is room.
            if (scores[i] < least) continue;
            offer({static_cast<Id>(first_id + i), scores[i]});
            least = threshold();
        }
    }

    /// The kept neighbours, best first; leaves none.
    [[nodiscard]] std::vector<Neighbor> take() {
        std::sort_heap(heap_.begin(), heap_.end(), ranks_before);
        return std::exchange(heap_, {});
    }

private:
    std::size_t k_;
    std::vector<Neighbor> heap_;
};

} // namespace firth
