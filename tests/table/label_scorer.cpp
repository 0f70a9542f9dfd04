#include <firth/table/label_scorer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::size_t dim = 7;

struct Case {
    EmbeddingTable<float> output;
    std::vector<float> vector;
    std::vector<std::uint64_t> counts;
};

Case random_case(std::size_t labels, std::size_t rows) {
    Random random(labels);
    Case made{EmbeddingTable<float>(rows, dim), std::vector<float>(dim), {}};
    for (std::size_t row = 0; row < rows; ++row) {
        for (float& value : made.output[row]) {
            value = 4 * random.uniform() - 2;
        }
    }
    for (float& value : made.vector) {
        value = 2 * random.uniform() - 1;
    }
    for (std::size_t label = 0; label < labels; ++label) {
        made.counts.push_back(3 * (labels - label) + 1);
    }
    return made;
}

double score(const Case& made, std::size_t row) {
    double sum = 0;
    for (std::size_t i = 0; i < dim; ++i) {
        sum += double{made.output[row][i]} * made.vector[i];
    }
    return sum;
}

/// All probabilities, from their definitions.
std::vector<double> probabilities(const Case& made, ClassifierLoss loss) {
    std::vector<double> result;
    const LabelTree tree(made.counts);
    for (Id label = 0; label < made.counts.size(); ++label) {
        double probability = 1;
        if (loss == ClassifierLoss::hierarchical_softmax) {
            tree.for_each_turn(label, [&](Id row, bool turn) {
                probability /= 1 + std::exp(turn ? -score(made, row) : score(made, row));
            });
        } else if (loss == ClassifierLoss::softmax) {
            double sum = 0;
            for (std::size_t other = 0; other < made.counts.size(); ++other) {
                sum += std::exp(score(made, other) - score(made, label));
            }
            probability = 1 / sum;
        } else {
            probability = 1 / (1 + std::exp(-score(made, label)));
        }
        result.push_back(probability);
    }
    return result;
}

} // namespace

TEST_CASE("the likeliest labels, by their definition, for every loss") {
    LabelScorer::Scratch scratch;
    std::vector<LabelPrediction> found{{3, 0.5f}};
    for (const ClassifierLoss loss :
         {ClassifierLoss::softmax, ClassifierLoss::hierarchical_softmax,
          ClassifierLoss::negative_sampling, ClassifierLoss::one_vs_all}) {
        for (const std::size_t labels : {1u, 2u, 6u, 50u}) {
            INFO(name(loss) << ", " << labels << " labels");
            const bool tree = loss == ClassifierLoss::hierarchical_softmax;
            const Case made = random_case(labels, labels - tree);
            const LabelScorer scorer(loss, made.counts);
            const std::vector<double> expected = probabilities(made, loss);
            std::vector<Id> order(labels);
            std::iota(order.begin(), order.end(), Id{0});
            std::stable_sort(order.begin(), order.end(),
                             [&](Id a, Id b) { return expected[a] > expected[b]; });
            for (const std::size_t k : {0u, 1u, 3u, 100u}) {
                scorer(made.output, made.vector, k, 0, scratch, found);
                REQUIRE(found.size() == std::min(k, labels));
                for (std::size_t i = 0; i < found.size(); ++i) {
                    CHECK(found[i].label == order[i]);
                    CHECK(std::fabs(found[i].probability - expected[order[i]]) < 2e-6);
                }
            }
            const auto threshold = static_cast<float>(expected[order[labels / 2]] + 1e-5);
            for (const std::size_t k : {1u, 100u}) {
                scorer(made.output, made.vector, k, threshold, scratch, found);
                CHECK(found.size() ==
                      std::min<std::size_t>(k, static_cast<std::size_t>(std::count_if(
                                                   expected.begin(), expected.end(), [&](double p) {
                                                       return p >= static_cast<double>(threshold);
                                                   }))));
            }
        }
    }
}

TEST_CASE("labels that are equally likely come by id") {
    const EmbeddingTable<float> output(4, dim);
    const std::vector<float> vector(dim, 1.0f);
    const std::vector<std::uint64_t> counts(4, 1);
    LabelScorer::Scratch scratch;
    std::vector<LabelPrediction> found;
    for (const ClassifierLoss loss : {ClassifierLoss::softmax, ClassifierLoss::one_vs_all}) {
        LabelScorer(loss, counts)(output, vector, 3, 0, scratch, found);
        const float each = loss == ClassifierLoss::softmax ? 0.25f : 0.5f;
        CHECK(found == std::vector<LabelPrediction>{{0, each}, {1, each}, {2, each}});
    }
    const EmbeddingTable<float> nodes(3, dim);
    LabelScorer(ClassifierLoss::hierarchical_softmax, counts)(nodes, vector, 3, 0, scratch, found);
    CHECK(found == std::vector<LabelPrediction>{{0, 0.25f}, {1, 0.25f}, {2, 0.25f}});
}

TEST_CASE("scores beyond what e^x can hold have probabilities") {
    EmbeddingTable<float> output(2, 1);
    output[0][0] = 300;
    output[1][0] = -300;
    LabelScorer::Scratch scratch;
    std::vector<LabelPrediction> found;
    const LabelScorer scorer(ClassifierLoss::softmax, std::vector<std::uint64_t>{1, 1});
    scorer(output, std::vector<float>{1.0f}, 2, 0, scratch, found);
    CHECK(found[0] == LabelPrediction{0, 1.0f});
    CHECK(found[1].probability < 1e-30f);
    output[1][0] = 299;
    scorer(output, std::vector<float>{1.0f}, 2, 0, scratch, found);
    CHECK(found[0].probability == Approx(1 / (1 + std::exp(-1.0))));
    scorer(output, std::vector<float>{1.0f}, 1, 0, scratch, found);
    CHECK(found[0].probability == Approx(1 / (1 + std::exp(-1.0))));
}
