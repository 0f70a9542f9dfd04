#include <firth/encode/classifier_file.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <firth/encode/classifier.hpp>
#include <firth/io/fasttext_quantized.hpp>
#include <firth/io/native.hpp>

#include "../support/classifiers.hpp"
#include "../support/support.hpp"
#include "near_answers.hpp"

using namespace firth;

namespace {

const std::vector<std::string> some_texts{"tea and jam", "coffee",      "",
                                          "quark soup",  "jam tea tea", "__label__food tea"};

void require_same_answers(const Classifier& a, const Classifier& b) {
    std::vector<float> first(a.model().dim());
    std::vector<float> second(a.model().dim());
    for (const std::string& text : some_texts) {
        INFO(text);
        REQUIRE(a.text_vector(text, first) == b.text_vector(text, second));
        REQUIRE(first == second);
        REQUIRE(a.predict(text, 3) == b.predict(text, 3));
    }
}

} // namespace

TEST_CASE("a classifier answers the same from every file", "[classifier_file]") {
    const test::TemporaryFolder folder;
    for (const ClassifierLoss loss : test::all_losses) {
        for (const bool ngrams : {false, true}) {
            const ClassifierModel model = test::made(loss, ngrams);
            const Classifier classifier(model);
            write_classifier(folder / "c.firth", model);
            write_classifier(folder / "c.bin", model);
            REQUIRE(is_section_file(test::read_file(folder / "c.firth")));
            REQUIRE_FALSE(is_section_file(test::read_file(folder / "c.bin")));
            const Classifier mapped(read_classifier(folder / "c.firth"));
            REQUIRE(mapped.model().words.is_mapped());
            require_same_answers(classifier, mapped);
            const Classifier from_bin(read_classifier(folder / "c.bin"));
            test::require_near_answers(classifier, from_bin, some_texts);
            for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
                for (const bool output : {false, true}) {
                    const StoredClassifierModel codes = test::made_of_codes(model, norms, output);
                    write_native(codes, folder / "codes.firth");
                    require_same_answers(Classifier(codes),
                                         Classifier(read_classifier(folder / "codes.firth")));
                }
            }
        }
    }
}

TEST_CASE("rows of codes answer as the floats that they stand for", "[classifier_file]") {
    for (const ClassifierLoss loss : test::all_losses) {
        for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
            const StoredClassifierModel codes =
                test::made_of_codes(test::made(loss, true), norms, true);
            const Classifier of_codes(codes);
            const Classifier of_floats(with_float_rows(codes));
            REQUIRE(of_codes.model().input.codes() != nullptr);
            REQUIRE(of_floats.model().input.floats() != nullptr);
            // A batch keeps its memory from text to text.
            const std::vector<std::string_view> views(some_texts.begin(), some_texts.end());
            const auto batch = of_codes.predict(views, {.k = 3});
            for (std::size_t i = 0; i < views.size(); ++i) {
                REQUIRE(batch[i] == of_codes.predict(views[i], 3));
            }
            // Parts of four and then two elements: what they decode to, by hand.
            const ProductTable& table = *codes.input.codes();
            const std::span<const float> centroids = table.quantizer().centroids();
            std::vector<float> row(6);
            table.read(1, row);
            const float norm =
                table.has_norms() ? table.norm_quantizer().centroids()[table.norm_codes()[1]] : 1;
            for (std::size_t i = 0; i < 6; ++i) {
                const std::size_t code = table.codes()[2 + i / 4];
                const std::size_t at = i < 4 ? 4 * code + i : 256 * 4 + 2 * code + (i - 4);
                REQUIRE(row[i] == norm * centroids[at]);
            }
            test::require_near_answers(of_floats, of_codes, some_texts);
        }
    }
}

TEST_CASE("a quantised model of fastText keeps its codes", "[classifier_file]") {
    const test::TemporaryFolder folder;
    for (const ClassifierLoss loss : test::all_losses) {
        ClassifierModel model = test::made(loss, true);
        for (int i = 0; i < 300; ++i) { // so many that outputs become codes, too
            model.labels.add("more" + std::to_string(i));
        }
        Random random(3);
        model.output = test::rows_of_six(
            model.labels.size() - (loss == ClassifierLoss::hierarchical_softmax), random);
        const FastTextWeights weights = fasttext_weights(model);
        const FastTextQuantizeOptions options{.quantizer = {.iterations = 2},
                                              .norms = RowNorms::apart,
                                              .output = FastTextOutput::codes};
        write_fasttext(folder / "c.ftz", *quantize(weights, options));
        const StoredClassifierModel read = read_classifier(folder / "c.ftz");
        REQUIRE(read.input.codes() != nullptr);
        REQUIRE(read.output.codes() != nullptr);
        REQUIRE(read.output.rows() == model.output.rows());
        REQUIRE(read.unseen == UnseenNgram::skipped);
        // And through a file of firth's, with its own prefix.
        write_native(read, folder / "c.firth");
        require_same_answers(Classifier(read), Classifier(read_classifier(folder / "c.firth")));
        ClassifierModel marked = model;
        marked.label_prefix = "#";
        const StoredClassifierModel kept =
            classifier_model(*quantize(fasttext_weights(marked), options), "the model", "#");
        REQUIRE(kept.label_prefix == "#");
        REQUIRE(kept.labels[0] == "drink");
    }
}

TEST_CASE("a large classifier is opened at once", "[classifier_file]") {
    const test::TemporaryFolder folder;
    ClassifierModel model = test::made(ClassifierLoss::softmax, false);
    for (int i = 0; i < 50000; ++i) {
        model.words.add("word" + std::to_string(i));
    }
    model.ngrams = {.characters = {.buckets = 2000000}, .words = 2};
    AlignedBuffer<std::uint32_t> used(100000);
    for (std::uint32_t i = 0; i < 100000; ++i) {
        used[i] = 19 * i;
    }
    model.buckets = BucketRows(std::move(used), 2000000);
    Random random(1);
    model.input = test::rows_of_six(model.words.size() + model.buckets.size(), random);
    write_classifier(folder / "c.firth", model);
    double best = 1;
    for (int i = 0; i < 20; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        const Classifier classifier(read_classifier(folder / "c.firth"));
        REQUIRE(classifier.predict("word7 tea").size() == 1);
        best = (std::min)(
            best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    INFO(best);
    REQUIRE(best < 1e-3);
}

TEST_CASE("files of something else are refused by what they are", "[classifier_file]") {
    const test::TemporaryFolder folder;
    const auto error = [](const std::string& path) {
        return test::message_of<FormatError>([&] { static_cast<void>(read_classifier(path)); });
    };
    test::write_file(folder / "text", "some words of a text, and then more and more of them\n");
    REQUIRE(test::contains(error(folder / "text"), "neither a classifier of firth"));
    write_native(test::random_vectors(3, 4, 1), folder / "v.firth");
    REQUIRE(test::contains(error(folder / "v.firth"), "a file of kind \"vectors\""));
    FastTextWeights words = fasttext_weights(test::made(ClassifierLoss::softmax, false));
    words.arguments.model = FastTextArguments::skip_gram;
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(classifier_model(words)); }),
        "is one of words, though its dictionary holds labels"));
    words.labels = {};
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(classifier_model(words)); }),
        "is one of words, without labels"));
    REQUIRE_THROWS_AS(read_classifier(folder / "none"), IoError);
}
