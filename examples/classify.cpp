/// Learn to classify texts, test it, and label lines.
///
///     classify                          learns from a few lines of its own
///     classify TRAINING TEST [TEXTS]    learns from a file as fastText takes it ("__label__x
///     words"),
///                                       tests with another, and labels the lines of a third

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <firth/firth.hpp>

namespace {

constexpr std::string_view small_text = "__label__question how do birds fly ?\n"
                                        "__label__question who wrote this song ?\n"
                                        "__label__question where does the river end ?\n"
                                        "__label__statement the river ends in a lake .\n"
                                        "__label__statement a young poet wrote this song .\n"
                                        "__label__statement birds fly by moving air down .\n";

void print(const firth::Classifier& classifier, std::string_view text) {
    for (const auto& [label, probability] : classifier.predict(text, 2)) {
        std::cout << label << ' ' << probability << "  ";
    }
    std::cout << "| " << text << '\n';
}

} // namespace

int main(int argc, char** argv) try {
    const bool files = argc > 2;
    const firth::LabelledTexts texts =
        files ? firth::read_labelled(argv[1]) : firth::parse_labelled(small_text);
    const firth::TrainedClassifier trained = firth::train_classifier(
        texts.corpus,
        {.dim = 50, .word_ngrams = 2, .epochs = files ? 25u : 500u, .learning_rate = 0.5f});
    std::cout << texts.corpus.size() << " examples of " << texts.corpus.labels().size()
              << " labels, loss " << trained.stats.loss() << '\n';
    const firth::Classifier classifier(trained.model);

    if (files) {
        // What each line is labelled with, against the likeliest label.
        const firth::LabelFormat format;
        firth::ClassificationScores scores(classifier.model().labels.size());
        firth::Classifier::Scratch scratch;
        std::vector<firth::LabelPrediction> found;
        std::ifstream test(argv[2]);
        for (std::string line; std::getline(test, line);) {
            std::vector<firth::Id> labels;
            firth::for_each_labelled_word(
                line, format, [](std::string_view) {},
                [&](std::string_view label) {
                    const auto id = classifier.model().labels.find(label);
                    if (id) labels.push_back(*id);
                });
            if (labels.empty()) continue;
            classifier.predict(line, 1, 0, scratch, found);
            scores.add(labels, found);
        }
        std::cout << "P@1 " << scores.all().precision() << ", R@1 " << scores.all().recall()
                  << ", macro F1 " << scores.macro_f1() << " on " << scores.examples()
                  << " examples, calibration error " << scores.expected_calibration_error() << '\n';
    }
    if (argc > 3) {
        std::ifstream lines(argv[3]);
        for (std::string line; std::getline(lines, line);) {
            print(classifier, line);
        }
    } else {
        print(classifier, "who ends this song ?");
        print(classifier, "this song ends .");
    }
    return 0;
} catch (const firth::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
