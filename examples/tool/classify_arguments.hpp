#pragma once

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_text.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/train/classify/label_weights.hpp>
#include <firth/train/classify/train_classifier.hpp>

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
        const firth::ParsedFloat weight = firth::parse_float(number);
        if (weight.size != number.size() || number.empty()) {
            throw firth::OptionError("--class-weights has \"" + one +
                                     "\", expected \"balanced\" alone, or label=weight such as "
                                     "spam=2.5");
        }
        if (!label) {
            throw firth::OptionError("--class-weights names the label \"" + one.substr(0, sign) +
                                     "\", expected one of the " + std::to_string(weights.size()) +
                                     " labels of --input");
        }
        weights[*label] = weight.value;
    }
    return weights;
}

/// What the commands that learn to classify have in common.
struct ClassifyLearnArguments {
    std::vector<std::string> inputs;
    std::string output;
    std::string validation;
    LabelArguments labels;
    firth::LabelledOptions reading;
    std::vector<std::string> class_weights;
    bool json = false;
    bool quiet = false;

    /// `options` is where the settings of the training go; other settings are the command's own.
    void add_to(CLI::App& command, firth::ClassifierOptions& options,
                const std::string& validation_use) {
        command.add_option("--input", inputs, "labelled texts: files or folders")
            ->required()
            ->expected(1, -1);
        command
            .add_option("--output", output, "where the model goes: .firth, else as fastText's .bin")
            ->required();
        command.add_option("--validation", validation, "labelled texts: " + validation_use);
        labels.add_to(command);
        add_choice(command, "--loss", options.loss,
                   {{"softmax", firth::ClassifierLoss::softmax},
                    {"hs", firth::ClassifierLoss::hierarchical_softmax},
                    {"ns", firth::ClassifierLoss::negative_sampling},
                    {"ova", firth::ClassifierLoss::one_vs_all}},
                   "softmax, hierarchical softmax, negative sampling, or one against all");
        command.add_option("--negative", options.negative, "negative samples an example");
        command
            .add_option("--class-weights", class_weights,
                        "balanced: rare labels count more; or label=weight for some")
            ->expected(1, -1);
        command.add_option("--min-count", reading.min_count,
                           "words seen less often have no row of their own");
        command.add_option("--min-label-count", reading.min_label_count,
                           "labels seen less often do not count");
        command.add_option("--threads", options.threads, "0: all of the machine's");
        command.add_flag("--deterministic", options.deterministic,
                         "the same bytes every time, for one number of threads");
        command.add_option("--seed", options.seed, "of all random choices");
        command.add_flag("--json", json, "print the result as one JSON object");
        command.add_flag("--quiet", quiet, "show no progress");
    }

    /// Throws `OptionError` where --negative was given without a loss that has it.
    void check_heeded(const CLI::App& command, const firth::ClassifierOptions& options) const {
        if (command.count("--negative") != 0 &&
            options.loss != firth::ClassifierLoss::negative_sampling) {
            throw firth::OptionError("--negative was given, and only --loss ns has such a setting");
        }
    }

    /// Looks at all files before the work begins: these, and `more` inputs. Those without a name
    /// were not given.
    void check_files(std::vector<NamedFile> more = {}) const {
        for (const std::string& path : inputs) {
            more.push_back({"--input", path});
        }
        more.push_back({"--validation", validation});
        std::erase_if(more, [](const NamedFile& file) { return file.path.empty(); });
        ::check_files(more, {{"--output", output}});
    }

    /// Reads --input, and sets the weights of its labels.
    firth::LabelledTexts read(const CLI::App& command, firth::ClassifierOptions& options) {
        reading.format = labels.settled(command);
        reading.threads = options.threads;
        firth::LabelledTexts texts = firth::read_labelled(inputs, reading);
        report(texts, "--input", quiet);
        options.label_weights = ::class_weights(class_weights, texts.corpus);
        return texts;
    }

    /// Reads --validation, with the words and labels of --input.
    [[nodiscard]] firth::LabelledTexts read_validation(const firth::LabelledTexts& texts) const {
        firth::LabelledOptions like = reading;
        like.like = &texts.corpus;
        return firth::read_labelled(validation, like);
    }

    /// What labels begin with in texts that the model is asked about.
    [[nodiscard]] std::string label_prefix() const {
        return labels.column ? "__label__" : reading.format.prefix;
    }

    /// What a file of fastText says of the training.
    [[nodiscard]] firth::FastTextArguments said(const firth::ClassifierOptions& options) const {
        firth::FastTextArguments said;
        said.epochs = static_cast<std::int32_t>(options.epochs);
        said.min_count = static_cast<std::int32_t>(reading.min_count);
        said.negative = static_cast<std::int32_t>(options.negative);
        return said;
    }
};
