#include <firth/encode/shrink_classifier.hpp>

#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/encode/classifier.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/train/classify/score_classifier.hpp>
#include <firth/train/classify/train_classifier.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

std::string labelled_lines(std::size_t lines, std::uint64_t seed) {
    Random random(seed);
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) {
        const std::uint32_t topic = random.below(5);
        text += "__label__t" + std::to_string(topic);
        for (int word = 0; word < 6; ++word) {
            text +=
                " w" + std::to_string(random.below(2) == 0 ? random.below(400)
                                                           : 1000 + 60 * topic + random.below(60));
        }
        text += '\n';
    }
    return text;
}

} // namespace

TEST_CASE("a classifier is made to fit, and answers as its file does") {
    const LabelledTexts texts = parse_labelled(labelled_lines(1500, 1));
    const std::string lines = labelled_lines(300, 2);
    const LabelledTexts test = parse_labelled(lines, {.like = &texts.corpus});
    const ClassifierModel model =
        train_classifier(texts.corpus, {.dim = 10,
                                        .word_ngrams = 2,
                                        .characters = {.max_length = 0, .buckets = 20000},
                                        .epochs = 15,
                                        .learning_rate = 0.5f,
                                        .threads = 1})
            .model;
    const auto score = [&](const ClassifierModel& shrunk) {
        return score_classifier(shrunk, test.corpus, 1, 1).all().precision();
    };
    // The score of texts that were read is that of the same lines.
    const auto score_of_lines = [&](const ClassifierModel& of) {
        const Classifier classifier(of);
        std::size_t hits = 0;
        std::string_view rest = lines;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            const auto found = classifier.predict(line);
            hits += line.substr(9, 2) == found.at(0).label;
            rest.remove_prefix(line.size() + 1);
        }
        return static_cast<double>(hits) / 300;
    };
    CHECK(score(model) == score_of_lines(model));
    CHECK(score(model) > 0.8);
    std::size_t before = 0;
    for (const std::size_t bytes : {18000u, 30000u, 60000u, 10000000u}) {
        INFO(bytes);
        const std::optional<ShrunkClassifier> shrunk = shrink_classifier(model, bytes, score);
        REQUIRE(shrunk);
        std::string file;
        StringSink sink(file);
        write_fasttext(sink, shrunk->quantized);
        CHECK(file.size() == shrunk->bytes);
        CHECK(file.size() <= bytes);
        CHECK(file.size() > before);
        before = file.size();
        // No row more would have fitted.
        const bool whole = shrunk->model.input.rows() == model.input.rows();
        CHECK(whole == (bytes == 10000000));
        if (!whole) CHECK(file.size() + 40 > bytes);
        CHECK(score(shrunk->model) == shrunk->score);
        CHECK(score_of_lines(shrunk->model) == shrunk->score);
        CHECK(score_of_lines(classifier_model(parse_fasttext_weights(file))) == shrunk->score);
    }
    CHECK_THROWS_WITH(
        shrink_classifier(model, 11000, score),
        Catch::Matchers::StartsWith("no quantised model of 11000 bytes has room for 256 rows of "));
}
