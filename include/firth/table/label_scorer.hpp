#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/simd/dot.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_tree.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// A label and how likely it is.
struct LabelPrediction {
    Id label = no_id;
    float probability = 0;

    friend bool operator==(const LabelPrediction&, const LabelPrediction&) = default;
};

/// Gives the likeliest labels of a text's vector, from the output rows of a model. Reading from
/// several threads is safe; each has a `Scratch` of its own.
///
/// Numerics: float32 scores; softmax with the largest score subtracted; exp within 4e-7.
class LabelScorer {
public:
    /// Memory that is kept between calls.
    struct Scratch {
        Scratch() = default;
        /// Takes its memory from there, instead of the heap.
        explicit Scratch(std::pmr::memory_resource* memory) : scores(memory), open(memory) {}

        std::pmr::vector<float> scores;
        std::pmr::vector<std::pair<Id, float>> open; ///< nodes of the tree, and how likely they are
    };

    LabelScorer() = default;

    /// `counts` by label, for the tree of hierarchical softmax.
    LabelScorer(ClassifierLoss loss, std::span<const std::uint64_t> counts)
        : loss_(loss), labels_(counts.size()) {
        if (loss == ClassifierLoss::hierarchical_softmax) tree_ = LabelTree(counts);
    }

    /// Puts the `k` likeliest labels with a probability of at least `threshold` in the place of
    /// what is in `found`, best first; ties by id. Cost: O(labels * dim); with hierarchical softmax
    /// only nodes that are likely enough are looked at. `output` is a table of floats or a view of
    /// one, or has `dot(row, vector)`, a row's inner product, and `dots(vector, to)`, those of the
    /// first to.size() rows. `Found` is a vector of `LabelPrediction`.
    template <class Rows, class Found>
    void operator()(const Rows& output, std::span<const float> vector, std::size_t k,
                    float threshold, Scratch& scratch, Found& found) const {
        found.clear();
        if (k == 0) return;
        if (loss_ == ClassifierLoss::hierarchical_softmax) {
            walk_tree(output, vector, k, threshold, scratch, found);
            return;
        }
        std::pmr::vector<float>& scores = scratch.scores;
        scores.resize(labels_);
        dots(output, vector, scores);
        if (labels_are_independent(loss_)) {
            simd::sigmoid(scores, scores);
        } else if (k == 1) {
            take_best(threshold, scores, found);
            return;
        } else {
            to_shares(scores);
        }
        for (Id label = 0; label < labels_; ++label) {
            offer({label, scores[label]}, k, threshold, found);
        }
        std::sort_heap(found.begin(), found.end(), better);
    }

private:
    static float dot(TableView<const float> rows, std::size_t row, std::span<const float> vector) {
        return simd::dot(vector, rows[row]);
    }
    template <class Rows>
        requires(!std::is_convertible_v<const Rows&, TableView<const float>>)
    static float dot(const Rows& rows, std::size_t row, std::span<const float> vector) {
        return rows.dot(row, vector);
    }
    static void dots(TableView<const float> rows, std::span<const float> vector,
                     std::span<float> to) {
        simd::dot_many(vector.data(), rows.data(), rows.stride(), to.size(), vector.size(),
                       to.data());
    }
    template <class Rows>
        requires(!std::is_convertible_v<const Rows&, TableView<const float>>)
    static void dots(const Rows& rows, std::span<const float> vector, std::span<float> to) {
        rows.dots(vector, to);
    }

    [[nodiscard]] static bool better(const LabelPrediction& a, const LabelPrediction& b) noexcept {
        return a.probability != b.probability ? a.probability > b.probability : a.label < b.label;
    }

    /// Keeps the best `k` in a heap, the worst of them first.
    template <class Found>
    static void offer(const LabelPrediction& label, std::size_t k, float threshold, Found& found) {
        if (!(label.probability >= threshold)) return;
        if (found.size() == k) {
            if (!better(label, found.front())) return;
            std::pop_heap(found.begin(), found.end(), better);
            found.back() = label;
        } else {
            found.push_back(label);
        }
        std::push_heap(found.begin(), found.end(), better);
    }

    /// scores[i] = e^scores[i] / their sum. Returns the sum of e^(score - best).
    static float to_powers(std::span<float> scores, float best) {
        for (float& score : scores) {
            score -= best;
        }
        simd::exp(scores, scores);
        float sum = 0;
        for (const float power : scores) {
            sum += power;
        }
        return sum;
    }
    static void to_shares(std::span<float> scores) {
        const float sum = to_powers(scores, *std::max_element(scores.begin(), scores.end()));
        for (float& score : scores) {
            score /= sum;
        }
    }

    /// The best label of a softmax alone: its power is 1.
    template <class Found>
    static void take_best(float threshold, std::span<float> scores, Found& found) {
        const auto best = std::max_element(scores.begin(), scores.end());
        const Id label = static_cast<Id>(best - scores.begin());
        const float probability = 1.0f / to_powers(scores, *best);
        if (probability >= threshold) found.push_back({label, probability});
    }

    /// Goes down the tree, first to the likelier child. What is below a node is no likelier than
    /// the node.
    template <class Rows, class Found>
    void walk_tree(const Rows& output, std::span<const float> vector, std::size_t k,
                   float threshold, Scratch& scratch, Found& found) const {
        std::pmr::vector<std::pair<Id, float>>& open = scratch.open;
        open.assign(1, {static_cast<Id>(labels_ + tree_.rows() - 1), 1.0f});
        while (!open.empty()) {
            const auto [node, probability] = open.back();
            open.pop_back();
            if (!(probability >= threshold) ||
                (found.size() == k && probability < found.front().probability)) {
                continue;
            }
            if (node < labels_) {
                offer({node, probability}, k, threshold, found);
                continue;
            }
            const Id row = static_cast<Id>(node - labels_);
            const float score = dot(output, row, vector);
            const float second = 1.0f / (1.0f + std::exp(-score));
            const float first = 1.0f / (1.0f + std::exp(score));
            const bool second_last = second > first;
            open.emplace_back(tree_.child(row, !second_last),
                              probability * (second_last ? first : second));
            open.emplace_back(tree_.child(row, second_last),
                              probability * (second_last ? second : first));
        }
        std::sort_heap(found.begin(), found.end(), better);
    }

    ClassifierLoss loss_ = ClassifierLoss::softmax;
    std::size_t labels_ = 0;
    LabelTree tree_;
};

} // namespace firth
