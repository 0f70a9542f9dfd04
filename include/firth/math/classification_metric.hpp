#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/base/number_text.hpp>
#include <firth/math/classification_scores.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A number from 0 to 1 to choose between classifiers by: more is better.
struct ClassificationMetric {
    enum class Kind {
        precision,           ///< `P@1`
        f1,                  ///< of all labels together, or of one
        macro_f1,            ///< the mean of all labels' F1
        precision_at_recall, ///< the best precision at a threshold that finds `share`
        recall_at_precision, ///< the best recall at a threshold above which `share` is right
    };
    Kind kind = Kind::precision;
    double share = 0.5;                 ///< of the last two, 0 to 1
    std::optional<std::string> label{}; ///< of this label alone; not for `macro_f1`

    /// How many labels of each text must be predicted for it, without a threshold.
    [[nodiscard]] std::size_t predictions(std::size_t labels) const noexcept {
        return kind == Kind::precision_at_recall || kind == Kind::recall_at_precision ? labels : 1;
    }

    /// The metric of what was predicted. Throws `OptionError` where there is no such label.
    [[nodiscard]] double operator()(const ClassificationScores& scores,
                                    const Vocabulary& labels) const {
        if (kind == Kind::macro_f1) return scores.macro_f1();
        const std::optional<Id> id = find_label(labels);
        const PredictionCounts counts = id ? scores.label(*id) : scores.all();
        switch (kind) {
        case Kind::f1:
            return counts.f1();
        case Kind::precision_at_recall:
            return (id ? scores.precision_at_recall(share, *id) : scores.precision_at_recall(share))
                .precision;
        case Kind::recall_at_precision:
            return (id ? scores.recall_at_precision(share, *id) : scores.recall_at_precision(share))
                .recall;
        default:
            return counts.precision();
        }
    }

    /// The label's id, or nothing where the metric is of all. Throws `OptionError` where there is
    /// no such label.
    [[nodiscard]] std::optional<Id> find_label(const Vocabulary& labels) const {
        if (!label) return std::nullopt;
        const std::optional<Id> id = labels.find(*label);
        if (!id) {
            throw OptionError("the metric is of label \"" + *label + "\", expected one of the " +
                              std::to_string(labels.size()) + " labels of the texts");
        }
        return id;
    }
};

/// Reads a metric: "precision", "f1" and, with a share, "precision-at-recall:0.9" and
/// "recall-at-precision:0.9", of all labels, or of one that follows after a colon ("f1:spam");
/// "macro-f1". Throws `OptionError` for another text.
[[nodiscard]] inline ClassificationMetric parse_classification_metric(std::string_view text) {
    using Kind = ClassificationMetric::Kind;
    constexpr std::pair<std::string_view, Kind> known[] = {
        {"precision-at-recall", Kind::precision_at_recall},
        {"recall-at-precision", Kind::recall_at_precision},
        {"precision", Kind::precision},
        {"macro-f1", Kind::macro_f1},
        {"f1", Kind::f1},
    };
    const std::size_t name_end = (std::min)(text.find(':'), text.size());
    std::string_view rest = text.substr(name_end);
    for (const auto& [name, kind] : known) {
        if (text.substr(0, name_end) != name) continue;
        ClassificationMetric metric{.kind = kind};
        if (metric.predictions(2) == 2) {
            if (!rest.empty()) rest.remove_prefix(1);
            const ParsedDouble share = parse_double(rest);
            rest.remove_prefix(share.size);
            metric.share = share.value;
            if (share.size == 0 || !(metric.share >= 0 && metric.share <= 1)) break;
        }
        if (rest.empty()) return metric;
        if (rest.front() != ':' || rest.size() == 1 || kind == Kind::macro_f1) break;
        metric.label = rest.substr(1);
        return metric;
    }
    throw OptionError("the metric is \"" + std::string(text) +
                      "\", expected precision, f1, macro-f1, precision-at-recall:0.9 or "
                      "recall-at-precision:0.9, all but macro-f1 also of a label: f1:spam");
}

} // namespace firth
