#pragma once

#include <algorithm>
#include <charconv>
#include <iostream>
#include <string>
#include <vector>

#include <firth/text/read_labelled.hpp>
#include <firth/train/classify/label_weights.hpp>

#include "commands.hpp"

/// How the lines of a file are labelled.
struct LabelArguments {
    firth::LabelFormat format;
    bool column = false;

    void add_to(CLI::App& command) {
        command.add_option("--label-prefix", format.prefix, "what labels begin with");
        command.add_flag("--label-column", column,
                         "a line is a label, a tab and a text, instead of labels in it");
    }

    [[nodiscard]] firth::LabelFormat settled(const CLI::App& command) const {
        if (column && command.count("--label-prefix") != 0) {
            throw firth::OptionError("--label-prefix and --label-column were both given, expected "
                                     "one of them");
        }
        firth::LabelFormat result = format;
        if (column) result.place = firth::LabelPlace::first_column;
        return result;
    }
};

/// Says on standard error what was left out of labelled texts.
inline void report(const firth::LabelledTexts& texts, const std::string& name, bool quiet) {
    if (texts.unlabelled_lines != 0) {
        std::cerr << "firth: warning: " << texts.unlabelled_lines << " lines of " << name
                  << " have no label that counts, and are left out\n";
    }
    if (!quiet) {
        std::cerr << "read " << texts.corpus.size() << " examples of "
                  << texts.corpus.labels().size() << " labels, " << texts.corpus.words().size()
                  << " words\n";
    }
}

/// Weights of classes, from what the command line says of them: "balanced", or "label=weight" for
/// some labels. Throws `OptionError`.
inline std::vector<float> class_weights(const std::vector<std::string>& given,
                                        const firth::LabelledCorpus& corpus) {
    if (given.empty()) return {};
    if (given.size() == 1 && given[0] == "balanced") return firth::balanced_label_weights(corpus);
    std::vector<float> weights(corpus.labels().size(), 1.0f);
    for (const std::string& one : given) {
        const std::size_t sign = (std::min)(one.rfind('='), one.size());
        const auto label = corpus.labels().find(std::string_view(one).substr(0, sign));
        const std::string number = sign == one.size() ? "" : one.substr(sign + 1);
        float weight = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), weight);
        if (error != std::errc() || end != number.data() + number.size() || number.empty()) {
            throw firth::OptionError("--class-weights has \"" + one +
                                     "\", expected \"balanced\" alone, or label=weight such as "
                                     "spam=2.5");
        }
        if (!label) {
            throw firth::OptionError("--class-weights names the label \"" + one.substr(0, sign) +
                                     "\", expected one of the " + std::to_string(weights.size()) +
                                     " labels of --input");
        }
        weights[*label] = weight;
    }
    return weights;
}
