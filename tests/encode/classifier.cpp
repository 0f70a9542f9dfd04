#include <firth/encode/classifier.hpp>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/encode/fasttext_classifier.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/train/classify/train_classifier.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::string_view drinks = "__label__drink a cup of tea\n"
                                    "__label__drink a mug of coffee\n"
                                    "__label__food a slice of bread\n"
                                    "__label__food a pot of jam\n";

ClassifierModel drink_model(ClassifierOptions options = {}) {
    options.dim = 10;
    options.epochs = 60;
    options.learning_rate = 0.5f;
    options.threads = 1;
    return train_classifier(parse_labelled(drinks).corpus, options).model;
}

} // namespace

TEST_CASE("a classifier answers, from a caller's memory or its own") {
    const Classifier classifier(drink_model());
    const auto answers = classifier.predict("tea", 2);
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].label == "drink");
    CHECK(answers[1].label == "food");
    CHECK(answers[0].probability + answers[1].probability == Approx(1.0));
    Classifier::Scratch scratch;
    std::vector<LabelPrediction> found;
    classifier.predict("tea", 2, 0, scratch, found);
    CHECK(classifier.model().labels[found[0].label] == "drink");
    CHECK(found[0].probability == answers[0].probability);
    CHECK(classifier.predict("bread and jam")[0].label == "food");
    CHECK(classifier.predict("tea", 2, answers[0].probability).size() == 1);
    CHECK(classifier.predict("tea", 2, 1.1f).empty());
}

TEST_CASE("the vector of a text is the mean of its rows") {
    const Classifier classifier(drink_model());
    const StoredClassifierModel& model = classifier.model();
    const EmbeddingTable<float>& input = *model.input.floats();
    std::vector<float> vector(model.dim());
    // Labels and unknown words have no row, a newline is white space, and "</s>" is a word.
    CHECK(classifier.text_vector("tea\n__label__food tea never-seen", vector) == 3);
    const Id tea = *model.words.find("tea");
    const Id end = *model.words.find("</s>");
    for (std::size_t i = 0; i < vector.size(); ++i) {
        CHECK(std::fabs(vector[i] - (2 * input[tea][i] + input[end][i]) / 3) < 1e-6f);
    }
}

TEST_CASE("n-grams that no text has had count as zeros, or not at all") {
    ClassifierModel model = drink_model({.word_ngrams = 2});
    const Id end = *model.words.find("</s>");
    const std::vector<float> row(model.input[end].begin(), model.input[end].end());
    std::vector<float> vector(model.dim());
    CHECK(model.unseen == UnseenNgram::zero);
    // A label is no part of them.
    std::vector<float> labelled(model.dim());
    CHECK(Classifier(model).text_vector("cup of __label__x tea", labelled) == 7);
    CHECK(Classifier(model).text_vector("cup of tea", vector) == 7);
    CHECK(vector == labelled);
    CHECK(Classifier(model).text_vector("never-seen", vector) == 1);
    CHECK(vector[0] == Approx(row[0] / 2));
    model.unseen = UnseenNgram::skipped;
    CHECK(Classifier(model).text_vector("never-seen", vector) == 1);
    CHECK(vector[0] == Approx(row[0]));
}

TEST_CASE("a text of which nothing has a row has no labels") {
    Vocabulary words;
    words.add("tea", 1);
    ClassifierModel model{.words = words};
    model.labels.add("a", 1);
    model.input = EmbeddingTable<float>(1, 3);
    model.output = EmbeddingTable<float>(1, 3);
    const Classifier classifier(model);
    CHECK(classifier.predict("coffee").empty());
    CHECK(classifier.predict("").empty());
    CHECK(classifier.predict("tea").size() == 1);
    std::vector<float> vector(3, 1.0f);
    CHECK(classifier.text_vector("coffee", vector) == 0);
    CHECK(vector == std::vector<float>(3));
}

TEST_CASE("batches answer as single calls do, on any threads") {
    const Classifier classifier(drink_model({.word_ngrams = 2}));
    const std::vector<std::string_view> words{"tea", "coffee", "a", "bread", "jam", "none"};
    std::vector<std::string> texts;
    Random random(4);
    for (int i = 0; i < 500; ++i) {
        std::string text;
        for (std::uint32_t n = random.below(6); n > 0; --n) {
            text += std::string(words[random.below(6)]) + ' ';
        }
        texts.push_back(text);
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    ThreadPool pool(3);
    const auto on_one = classifier.predict(views, {.k = 2});
    CHECK(classifier.predict(views, {.k = 2, .threads = 3}) == on_one);
    CHECK(classifier.predict(views, {.k = 2, .pool = &pool}) == on_one);
    REQUIRE(on_one.size() == 500);
    for (std::size_t i = 0; i < views.size(); ++i) {
        CHECK(on_one[i] == classifier.predict(views[i], 2));
    }
    CHECK(classifier.predict(std::span<const std::string_view>()).empty());
}

TEST_CASE("a model whose parts do not fit is refused") {
    ClassifierModel model = drink_model({.word_ngrams = 2});
    const auto refuses = [&](auto&& change, const std::string& message) {
        ClassifierModel changed = model;
        change(changed);
        CHECK_THROWS_WITH(Classifier(changed), message);
    };
    refuses([](ClassifierModel& m) { m.labels = {}; },
            "a classifier without labels, expected at least one");
    refuses([](ClassifierModel& m) { m.words.add("more"); },
            "a classifier with " + std::to_string(model.input.rows()) + " input rows, expected " +
                std::to_string(model.input.rows() + 1));
    refuses([](ClassifierModel& m) { m.labels.add("more"); },
            "a classifier with 2 output rows, expected 3");
    refuses([](ClassifierModel& m) { m.loss = ClassifierLoss::hierarchical_softmax; },
            "a classifier with 2 output rows, expected 1");
    refuses([](ClassifierModel& m) { m.output = EmbeddingTable<float>(2, 9); },
            "a classifier with 9 numbers in an output row, expected 10");
    refuses([](ClassifierModel& m) { m.ngrams.characters.buckets = 5; },
            "a classifier with 2000000 buckets with rows, expected 5");
}

TEST_CASE("fastText's own models give fastText's own probabilities") {
    if (std::system("command -v fasttext > /dev/null 2>&1") != 0) {
        WARN("fasttext is not installed: not compared with it");
        return;
    }
    const test::TemporaryFolder folder;
    std::string text;
    Random random(9);
    const char* const words[] = {"tea", "caf\xC3\xA9", "bread", "jam", "cup", "of", "a", "blue"};
    for (int i = 0; i < 400; ++i) {
        const std::uint32_t label = random.below(5);
        text += "__label__" + std::to_string(label);
        for (std::uint32_t n = random.below(7); n > 0; --n) {
            text += std::string(" ") + words[(label + random.below(4)) % 8];
        }
        text += '\n';
    }
    test::write_file(folder / "train.txt", text);
    const std::vector<std::string> texts{"a cup of tea", "bread jam bread", "", "unknown words",
                                         "__label__2 caf\xC3\xA9s of tea"};
    std::string lines;
    for (const std::string& line : texts) {
        lines += line + '\n';
    }
    test::write_file(folder / "texts.txt", lines);
    const std::pair<const char*, ClassifierLoss> losses[] = {
        {"softmax", ClassifierLoss::softmax}, {"hs", ClassifierLoss::hierarchical_softmax}};
    for (const auto& [option, loss] : losses) {
        for (const std::uint32_t word_ngrams : {1u, 3u}) {
            for (const int longest : {0, 4}) {
                INFO(option << ", " << word_ngrams << " words, " << longest << " characters");
                const std::string command =
                    "fasttext supervised -input " + (folder / "train.txt") + " -output " +
                    (folder / "model") + " -loss " + option + " -wordNgrams " +
                    std::to_string(word_ngrams) + " -minn " + (longest == 0 ? "0" : "2") +
                    " -maxn " + std::to_string(longest) +
                    " -bucket 1000 -dim 10 -epoch 20 -lr 0.3 -thread 1 -verbose 0 2> /dev/null && "
                    "fasttext predict-prob " +
                    (folder / "model.bin") + ' ' + (folder / "texts.txt") + " 3 > " +
                    (folder / "answers.txt") + " 2> /dev/null";
                REQUIRE(std::system(command.c_str()) == 0);
                const Classifier classifier(read_fasttext_classifier(folder / "model.bin"));
                REQUIRE(classifier.model().loss == loss);
                REQUIRE(classifier.model().ngrams.words == word_ngrams);
                std::istringstream answers(test::read_file(folder / "answers.txt"));
                for (const std::string& line : texts) {
                    INFO(line);
                    std::string expected;
                    REQUIRE(std::getline(answers, expected));
                    std::istringstream fields(expected);
                    for (const NamedPrediction& prediction : classifier.predict(line, 3)) {
                        std::string label;
                        double probability = 0;
                        REQUIRE((fields >> label >> probability));
                        CHECK(label == "__label__" + std::string(prediction.label));
                        // Its scores are log(p + 1e-5).
                        CHECK(std::fabs(probability - double{prediction.probability}) < 3e-5);
                    }
                }
            }
        }
    }
}
