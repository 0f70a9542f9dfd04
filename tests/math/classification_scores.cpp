#include <firth/math/classification_scores.hpp>

#include <cmath>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

using Labels = std::vector<Id>;
using Predictions = std::vector<LabelPrediction>;

/// Four examples of three labels; the third has two labels, the fourth no prediction.
ClassificationScores example() {
    ClassificationScores scores(4);
    scores.add(Labels{0}, Predictions{{0, 0.9f}, {1, 0.1f}});
    scores.add(Labels{0}, Predictions{{1, 0.6f}, {0, 0.4f}});
    scores.add(Labels{1, 2}, Predictions{{1, 0.75f}, {0, 0.2f}});
    scores.add(Labels{2}, Predictions{});
    return scores;
}

} // namespace

TEST_CASE("precision, recall and F1, of all and by label") {
    const ClassificationScores scores = example();
    CHECK(scores.examples() == 4);
    CHECK(scores.labels() == 4);
    CHECK(scores.all().gold == 5);
    CHECK(scores.all().predicted == 6);
    CHECK(scores.all().hits == 3);
    CHECK(scores.all().precision() == 0.5);
    CHECK(scores.all().recall() == 0.6);
    CHECK(scores.all().f1() == Approx(6.0 / 11));
    CHECK(scores.label(0).precision() == Approx(2.0 / 3));
    CHECK(scores.label(0).recall() == 1.0);
    CHECK(scores.label(0).f1() == Approx(0.8));
    CHECK(scores.label(1).precision() == Approx(1.0 / 3));
    CHECK(scores.label(1).f1() == 0.5);
    CHECK(scores.label(2).precision() == 0.0);
    CHECK(scores.label(2).recall() == 0.0);
    // Label 3 does not occur and counts nowhere.
    CHECK(scores.label(3).f1() == 0.0);
    CHECK(scores.macro_f1() == Approx((0.8 + 0.5 + 0) / 3));
}

TEST_CASE("the confusion matrix goes by the likeliest label") {
    const ClassificationScores scores = example();
    CHECK(scores.confusion(0, 0) == 1);
    CHECK(scores.confusion(0, 1) == 1);
    CHECK(scores.confusion(1, 1) == 1);
    CHECK(scores.confusion(2, 1) == 1);
    CHECK(scores.confusion(2, 2) == 0);
    CHECK(scores.confusions().size() == 4);
}

TEST_CASE("precision at a recall, and the reverse") {
    // Falling: hit, miss, hit and miss at the same probability, hit.
    ClassificationScores scores(2);
    scores.add(Labels{0}, Predictions{{0, 0.9f}});
    scores.add(Labels{1}, Predictions{{0, 0.8f}});
    scores.add(Labels{0}, Predictions{{0, 0.5f}});
    scores.add(Labels{1}, Predictions{{0, 0.5f}});
    scores.add(Labels{0}, Predictions{{0, 0.1f}});
    scores.add(Labels{0}, Predictions{});
    CHECK(scores.precision_at_recall(0.25, 0).precision == 1.0);
    CHECK(scores.precision_at_recall(0.5, 0).precision == 0.6); // 3 of 5, better than 2 of 4
    CHECK(scores.precision_at_recall(0.75, 0).precision == 0.6);
    CHECK(scores.precision_at_recall(0.76, 0).precision == 0.0);
    CHECK(scores.recall_at_precision(1.0, 0).recall == 0.25);
    CHECK(scores.recall_at_precision(0.6, 0).recall == 0.75);
    CHECK(scores.recall_at_precision(0.61, 0).recall == 0.25);
    CHECK(scores.recall_at_precision(0.1, 1).recall == 0.0);
    // Where they lie.
    const OperatingPoint point = scores.precision_at_recall(0.5, 0);
    CHECK(point.threshold == 0.1f);
    CHECK(point.recall == 0.75);
    CHECK(scores.recall_at_precision(0.61, 0).threshold == 0.9f);
    CHECK(scores.recall_at_precision(0.61, 0).precision == 1.0);
    CHECK(std::isinf(scores.precision_at_recall(0.76, 0).threshold));
    // Two thresholds, at 0.9 and 0.8, are right throughout.
    ClassificationScores right(1);
    right.add(Labels{0}, Predictions{{0, 0.9f}});
    right.add(Labels{0}, Predictions{{0, 0.8f}});
    CHECK(right.precision_at_recall(0.5).threshold == 0.9f);
    // Of all labels: six are true.
    CHECK(scores.precision_at_recall(0.5).precision == 0.6);
    CHECK(scores.precision_at_recall(0.51).precision == 0.0);
    CHECK(scores.recall_at_precision(1.0).recall == Approx(1.0 / 6));
}

TEST_CASE("calibration: bins of equal width, and how far they are from the truth") {
    ClassificationScores scores(2);
    scores.add(Labels{0}, Predictions{{0, 1.0f}, {1, 0.0f}});
    scores.add(Labels{0}, Predictions{{0, 0.75f}});
    scores.add(Labels{1}, Predictions{{0, 0.5f}});
    scores.add(Labels{1}, Predictions{{1, 0.25f}});
    scores.add(Labels{1}, Predictions{});
    const auto bins = scores.calibration(2);
    REQUIRE(bins.size() == 2);
    CHECK(bins[0].examples == 1);
    CHECK(bins[0].probability == 0.25);
    CHECK(bins[0].accuracy == 1.0);
    CHECK(bins[1].examples == 3);
    CHECK(bins[1].probability == 0.75);
    CHECK(bins[1].accuracy == Approx(2.0 / 3));
    CHECK(scores.expected_calibration_error(2) == Approx((0.75 + 3 * (0.75 - 2.0 / 3)) / 4));
    CHECK(scores.expected_calibration_error(1) == Approx(0.75 - 0.625));
    CHECK_THROWS_WITH(scores.calibration(0), "bins is 0, expected 1 or more");
}

TEST_CASE("nothing added, and labels that there are not") {
    ClassificationScores scores(2);
    CHECK(scores.all().precision() == 0.0);
    CHECK(scores.macro_f1() == 0.0);
    CHECK(scores.expected_calibration_error() == 0.0);
    CHECK(scores.precision_at_recall(0.0).precision == 0.0);
    CHECK_THROWS_WITH(scores.add(Labels{2}, Predictions{}),
                      "label 2 of an example, expected one below 2");
    CHECK_THROWS_WITH(scores.add(Labels{0}, (Predictions{{5, 0.5f}})),
                      "label 5 of an example, expected one below 2");
    CHECK(scores.examples() == 0);
}
