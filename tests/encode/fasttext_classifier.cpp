#include <firth/encode/fasttext_classifier.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/encode/classifier.hpp>
#include <firth/encode/classifier_file.hpp>

#include "../support/classifiers.hpp"
#include "../support/support.hpp"
#include "near_answers.hpp"

using namespace firth;

namespace {

using test::made;

std::string written(const ClassifierModel& model, const FastTextArguments& arguments = {}) {
    std::string bytes;
    StringSink sink(bytes);
    write_fasttext(sink, model, arguments);
    return bytes;
}

const std::vector<std::string> sample_texts{"tea and jam", "coffee", "", "quark soup",
                                            "jam tea tea"};

void require_same(const ClassifierModel& a, const ClassifierModel& b) {
    test::require_near_answers(Classifier(a), Classifier(b), sample_texts);
}

} // namespace

TEST_CASE("a classifier is the same through a file of fastText") {
    for (const ClassifierLoss loss :
         {ClassifierLoss::softmax, ClassifierLoss::hierarchical_softmax,
          ClassifierLoss::negative_sampling, ClassifierLoss::one_vs_all}) {
        for (const bool ngrams : {false, true}) {
            INFO(name(loss) << ", n-grams " << ngrams);
            const ClassifierModel model = made(loss, ngrams);
            const FastTextWeights weights =
                parse_fasttext_weights(written(model, {.epochs = 7, .min_count = 2}));
            REQUIRE(weights.arguments.model == FastTextArguments::supervised);
            REQUIRE(weights.arguments.epochs == 7);
            REQUIRE(weights.arguments.min_count == 2);
            REQUIRE(weights.arguments.buckets == (ngrams ? 60 : 0));
            REQUIRE(weights.labels[0] == "__label__drink");
            REQUIRE(weights.labels.count(0) == 6);
            const ClassifierModel back = classifier_model(weights);
            REQUIRE(back.loss == loss);
            REQUIRE(back.labels[1] == "food");
            REQUIRE(back.label_prefix == "__label__");
            REQUIRE(back.ngrams.words == (ngrams ? 2 : 1));
            REQUIRE(back.buckets.size() == (ngrams ? 60 : 0));
            REQUIRE(back.output.rows() == model.output.rows());
            require_same(model, back);
        }
    }
}

TEST_CASE("a classifier that skips n-grams goes into quantised files alone") {
    const ClassifierModel model = made(ClassifierLoss::softmax, true, UnseenNgram::skipped);
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(written(model)); }),
                           "only quantised models"));
    const FastTextWeights weights = fasttext_weights(model, {.epochs = 3});
    REQUIRE(weights.kept->size() == 20);
    REQUIRE(weights.arguments.epochs == 3);
    require_same(model, classifier_model(weights));
    REQUIRE_FALSE(fasttext_weights(made(ClassifierLoss::softmax, false)).kept);
}

TEST_CASE("labels with another prefix keep it, models without labels are refused") {
    ClassifierModel model = made(ClassifierLoss::softmax, false);
    model.label_prefix = "#";
    const ClassifierModel back = classifier_model(parse_fasttext_weights(written(model)));
    REQUIRE(back.labels[0] == "#drink");
    REQUIRE(back.label_prefix.empty());
    // The file does not say it; who reads it can.
    const StoredClassifierModel told = parse_fasttext_classifier(written(model), "m", "#");
    REQUIRE(told.labels[0] == "drink");
    REQUIRE(told.label_prefix == "#");
    const test::TemporaryFolder folder;
    write_fasttext(folder / "c.bin", model);
    REQUIRE(read_fasttext_classifier(folder / "c.bin", "#").labels[0] == "drink");
    REQUIRE(read_classifier(folder / "c.bin", "#").labels[0] == "drink");
    REQUIRE(read_classifier(folder / "c.bin").labels[0] == "#drink");
    FastTextWeights words = fasttext_weights(model);
    words.arguments.model = FastTextArguments::skip_gram;
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(classifier_model(words, "m")); }),
        "m: the model is one of words, though its dictionary holds labels"));
    FastTextWeights short_of_a_row = fasttext_weights(model);
    short_of_a_row.output = EmbeddingTable<float>(2, 6);
    REQUIRE_THROWS_AS(classifier_model(short_of_a_row), FormatError);
}

TEST_CASE("buckets that no n-gram uses are passed over") {
    FastTextWeights weights = fasttext_weights(made(ClassifierLoss::softmax, false));
    EmbeddingTable<float> input(weights.words.size() + 10, 6);
    for (std::size_t row = 0; row < weights.words.size(); ++row) {
        std::copy(weights.input[row].begin(), weights.input[row].end(), input[row].begin());
    }
    weights.input = input;
    weights.arguments.buckets = 10;
    weights.arguments.word_ngrams = 1;
    const ClassifierModel back = classifier_model(weights);
    REQUIRE(back.input.rows() == 4);
    require_same(made(ClassifierLoss::softmax, false), back);
}

TEST_CASE("published models of fastText give the probabilities that fastText gave") {
    const auto folder = test::data_folder();
    if (!folder) return;
    const std::string models = *folder + "/vectors/fasttext/";
    const auto check = [&](const std::string& file, const nlohmann::json& cases, float tolerance) {
        const Classifier classifier(read_fasttext_classifier(models + file));
        for (const nlohmann::json& each : cases) {
            const auto text = each["text"].get<std::string>();
            const std::size_t count = each["labels"].size();
            const std::vector<NamedPrediction> found = classifier.predict(text, count);
            INFO(file << ": " << text);
            REQUIRE(found.size() == count);
            for (std::size_t i = 0; i < count; ++i) {
                const auto label = each["labels"][i].get<std::string>();
                const auto at = std::find_if(found.begin(), found.end(), [&](const auto& one) {
                    return "__label__" + std::string(one.label) == label;
                });
                REQUIRE(at != found.end());
                REQUIRE(std::fabs(at->probability - each["probs"][i].get<float>()) <= tolerance);
            }
        }
    };
    const auto read = [&](const std::string& name) {
        return nlohmann::json::parse(test::read_file(models + name));
    };
    for (const nlohmann::json& each : read("expected-predictions.json")) {
        // With negative sampling, fastText takes sigmoids from a table.
        check(each["model"].get<std::string>(), each["cases"],
              each["loss"] == "softmax" ? 2e-5f : 0.009f);
    }
    check("lid.176.ftz", read("lid.176.expected.json"), 2e-4f);
}
