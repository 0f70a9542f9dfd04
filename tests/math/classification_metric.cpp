#include <firth/math/classification_metric.hpp>

#include <vector>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("metrics are read from texts, and are numbers of scores") {
    Vocabulary labels;
    labels.add("ham", 1);
    labels.add("a:b", 1);
    ClassificationScores scores(2);
    scores.add(std::vector<Id>{0}, std::vector<LabelPrediction>{{0, 0.9f}});
    scores.add(std::vector<Id>{0}, std::vector<LabelPrediction>{{1, 0.8f}});
    scores.add(std::vector<Id>{1}, std::vector<LabelPrediction>{{1, 0.7f}});
    scores.add(std::vector<Id>{0}, std::vector<LabelPrediction>{});
    const auto value = [&](std::string_view text) {
        return parse_classification_metric(text)(scores, labels);
    };
    CHECK(value("precision") == scores.all().precision());
    CHECK(value("precision:a:b") == 0.5);
    CHECK(value("f1") == scores.all().f1());
    CHECK(value("f1:ham") == 0.5);
    CHECK(value("f1:a:b") == scores.label(1).f1());
    CHECK(value("macro-f1") == scores.macro_f1());
    CHECK(value("precision-at-recall:0.5") == scores.precision_at_recall(0.5).precision);
    CHECK(value("precision-at-recall:0.3:ham") == scores.precision_at_recall(0.3, 0).precision);
    CHECK(value("recall-at-precision:0.4:a:b") == scores.recall_at_precision(0.4, 1).recall);
    CHECK(value("recall-at-precision:1") == scores.recall_at_precision(1).recall);
    CHECK(parse_classification_metric("f1").predictions(9) == 1);
    CHECK(parse_classification_metric("recall-at-precision:1").predictions(9) == 9);
    for (const char* const wrong : {"", "F1", "f1:", "macro-f1:ham", "precision-at-recall",
                                    "precision-at-recall:", "precision-at-recall:2",
                                    "precision-at-recall:0.5x", "precision-at-recall:0.5:"}) {
        INFO(wrong);
        CHECK_THROWS_WITH(parse_classification_metric(wrong),
                          Catch::Matchers::StartsWith("the metric is \"" + std::string(wrong) +
                                                      "\", expected precision, f1, macro-f1, "));
    }
    CHECK_THROWS_WITH(value("f1:spam"),
                      "the metric is of label \"spam\", expected one of the 2 labels of the texts");
}
