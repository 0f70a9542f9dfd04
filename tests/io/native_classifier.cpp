#include <firth/io/native_classifier.hpp>

#include <cstring>
#include <functional>
#include <limits>

#include <firth/encode/classifier.hpp>
#include <firth/io/load.hpp>
#include <firth/io/verify.hpp>

#include "../support/classifiers.hpp"
#include "support.hpp"

using namespace firth;

namespace {

/// Every kind of rows that there is, of a model.
std::vector<StoredClassifierModel> stored_in_every_way(const ClassifierModel& model) {
    std::vector<StoredClassifierModel> all{with_stored_rows(model)};
    for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
        for (const bool output : {false, true}) {
            all.push_back(test::made_of_codes(model, norms, output));
        }
    }
    return all;
}

/// A copy of a section file in which one section has other bytes, or is not there.
void change_section(const std::string& from, const std::string& to, const std::string& name,
                    const std::optional<std::string>& bytes) {
    const SectionFile file(from, detail::classifier_kind, 1);
    SectionFileWriter writer(to, detail::classifier_kind, 1);
    for (const std::string& section : file.names()) {
        if (section != name) {
            writer.section(section, file.section(section));
        } else if (bytes) {
            writer.section(section, *bytes);
        }
    }
    writer.commit();
}

template <class T>
std::string raw_numbers(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string opening_error(const std::string& path) {
    return test::format_error([&] { return open_native_classifier(path); });
}

std::string verifying_error(const std::string& path) {
    return test::format_error([&] { return verify(path); });
}

} // namespace

TEST_CASE("a classifier is opened in place as it was written", "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "c.firth";
    const std::string again = folder / "again.firth";
    for (const ClassifierLoss loss : test::all_losses) {
        for (const bool ngrams : {false, true}) {
            ClassifierModel made =
                test::made(loss, ngrams, ngrams ? UnseenNgram::skipped : UnseenNgram::zero);
            made.label_prefix = "#";
            made.ngrams.characters.sentence_end = ngrams;
            for (const StoredClassifierModel& model : stored_in_every_way(made)) {
                write_native(model, path);
                const FileReport report = verify(path);
                REQUIRE(report.kind == "classifier");
                REQUIRE(report.sound());
                const StoredClassifierModel back = open_native_classifier(path);
                REQUIRE(back.words.is_mapped());
                REQUIRE(back.labels.is_mapped());
                REQUIRE(back.buckets.is_mapped());
                REQUIRE(back.loss == loss);
                REQUIRE(back.label_prefix == "#");
                REQUIRE(back.unseen == made.unseen);
                REQUIRE(back.words.symbols() == made.words.symbols());
                REQUIRE(back.words.count(1) == 5);
                REQUIRE(back.labels.symbols() == made.labels.symbols());
                REQUIRE(back.labels.count(2) == 1);
                REQUIRE(back.ngrams.words == made.ngrams.words);
                REQUIRE(back.ngrams.characters.min_length == made.ngrams.characters.min_length);
                REQUIRE(back.ngrams.characters.max_length == made.ngrams.characters.max_length);
                REQUIRE(back.ngrams.characters.buckets == made.ngrams.characters.buckets);
                REQUIRE(back.ngrams.characters.sentence_end == ngrams);
                REQUIRE(std::ranges::equal(back.buckets.used(), made.buckets.used()));
                REQUIRE((back.input.codes() != nullptr) == (model.input.codes() != nullptr));
                REQUIRE((back.output.codes() != nullptr) == (model.output.codes() != nullptr));
                write_native(back, again);
                REQUIRE(test::read_file(again) == test::read_file(path));
            }
            // What was trained is written as it is.
            write_native(made, again);
            write_native(with_stored_rows(made), path);
            REQUIRE(test::read_file(again) == test::read_file(path));
        }
    }
    // One label alone has no node of a tree.
    ClassifierModel one = test::made(ClassifierLoss::hierarchical_softmax, false);
    one.labels = {};
    one.labels.add("only", 3);
    one.output = {};
    write_native(one, path);
    REQUIRE(Classifier(open_native_classifier(path)).predict("tea")[0].label == "only");
    const VectorFile opened(path);
    REQUIRE(open_native_classifier(opened).labels[0] == "only");
}

TEST_CASE("classifiers and vectors are not taken for each other", "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "c.firth";
    write_native(test::made(ClassifierLoss::softmax, true), path);
    REQUIRE(test::format_error([&] { return load(path); }) ==
            path + ", byte 8: this is a file of kind \"classifier\", expected \"vectors\"");
    REQUIRE(test::contains(test::format_error([&] { return load_subwords(path); }),
                           "which has no vectors of n-grams"));
    const std::string words = folder / "v.firth";
    write_native(test::random_vectors(3, 4, 1), words);
    REQUIRE(opening_error(words) ==
            words + ", byte 8: this is a file of kind \"vectors\", expected \"classifier\"");
}

TEST_CASE("a classifier that is cut or damaged anywhere is refused or found out",
          "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "c.firth";
    const std::string damaged = folder / "damaged.firth";
    for (const bool codes : {false, true}) {
        const ClassifierModel model = test::made(ClassifierLoss::softmax, true);
        if (codes) {
            write_native(test::made_of_codes(model, RowNorms::apart, true), path);
        } else {
            write_native(model, path);
        }
        const std::string whole = test::read_file(path);
        const std::size_t step = codes ? 41 : 7; // centroids are most of it
        std::size_t opened = 0;
        for (std::size_t size = 0; size < whole.size(); size += step) {
            test::write_file(damaged, whole.substr(0, size));
            REQUIRE(test::contains(opening_error(damaged), damaged));
        }
        for (std::size_t at = 0; at < whole.size(); at += step) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
            test::write_file(damaged, bytes);
            REQUIRE(test::contains(verifying_error(damaged), damaged));
            try {
                const Classifier classifier(open_native_classifier(damaged));
                ++opened;
                static_cast<void>(classifier.predict("tea coffee quark", 3));
            } catch (const FormatError&) {
            }
        }
        REQUIRE(opened > 0);
    }
}

TEST_CASE("sections of a classifier that do not fit are refused", "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string dense = folder / "dense.firth";
    const std::string coded = folder / "coded.firth";
    const std::string bad = folder / "bad.firth";
    const ClassifierModel model = test::made(ClassifierLoss::softmax, true);
    write_native(model, dense);
    write_native(test::made_of_codes(model, RowNorms::apart, true), coded);
    const auto error = [&](const std::string& from, const std::string& section,
                           const std::optional<std::string>& bytes) {
        change_section(from, bad, section, bytes);
        return opening_error(bad);
    };
    using Numbers = std::vector<std::uint32_t>;
    const Numbers good{0, 2, 2, 3, 60, 0, 1};
    change_section(dense, bad, "settings", raw_numbers(good));
    REQUIRE_NOTHROW(open_native_classifier(bad));
    for (const Numbers& settings : std::vector<Numbers>{{0, 2, 2, 3, 60, 0},
                                                        {4, 2, 2, 3, 60, 0, 1},
                                                        {0, 0, 2, 3, 60, 0, 1},
                                                        {0, 2, 2, 256, 60, 0, 1},
                                                        {0, 2, 2, 3, 60, 2, 1},
                                                        {0, 2, 2, 3, 60, 0, 2}}) {
        REQUIRE(test::contains(error(dense, "settings", raw_numbers(settings)),
                               "section \"settings\" is not seven numbers"));
    }
    REQUIRE(test::contains(error(dense, "settings", raw_numbers(Numbers{0, 2, 2, 3, 0, 0, 1})),
                           "hashed to 0 buckets"));
    REQUIRE(test::contains(error(dense, "settings", raw_numbers(Numbers{1, 2, 2, 3, 60, 0, 1})),
                           "3 output rows, expected 2"));
    using Shape = std::vector<std::uint64_t>;
    for (const Shape& shape : std::vector<Shape>{{24, 3},
                                                 {std::uint64_t{1} << 32, 3, 6},
                                                 {24, std::uint64_t{1} << 32, 6},
                                                 {24, 3, 0},
                                                 {24, 3, (std::uint64_t{1} << 20) + 1}}) {
        REQUIRE(test::contains(error(dense, "shape", raw_numbers(shape)),
                               "section \"shape\" is not three numbers"));
    }
    REQUIRE(test::contains(error(dense, "shape", raw_numbers(Shape{23, 3, 6})),
                           "section \"input\" has 384 numbers, expected 368"));
    REQUIRE(test::contains(error(dense, "shape", raw_numbers(Shape{24, 3, 17})),
                           "section \"input\" has 384 numbers, expected 768"));
    REQUIRE(test::contains(error(dense, "ngram buckets", raw_numbers(Numbers{1, 2})),
                           "24 input rows, expected 6"));
    REQUIRE(test::contains(error(dense, "output", std::string(64, '\0')),
                           "section \"output\" has 16 numbers"));
    REQUIRE(test::contains(error(dense, "ngram groups", std::string(32, '\0')),
                           "section \"ngram groups\" has 2 groups, expected 1 of 60 buckets"));
    for (const char* const section :
         {"settings", "shape", "label prefix", "symbols", "symbol ends", "counts", "symbol slots",
          "labels", "label ends", "label counts", "label slots", "ngram buckets", "input",
          "output"}) {
        INFO(section);
        REQUIRE(test::contains(error(dense, section, std::nullopt), "there is no section"));
    }
    REQUIRE(test::contains(error(dense, "label counts", raw_numbers(Shape{1, 2})),
                           "section \"label counts\" has 2 numbers, but there are 3"));
    REQUIRE(
        test::contains(error(dense, "label slots", raw_numbers(Shape{1, 2, 3})), "a power of two"));
    for (const char* const section :
         {"input part", "input codes", "input centroids", "input norms", "output part",
          "output codes", "output centroids", "output norms"}) {
        INFO(section);
        REQUIRE(test::contains(error(coded, section, std::nullopt), "there is no section"));
        REQUIRE(test::contains(error(coded, section, std::string(4, '\3')), section));
    }
    REQUIRE(test::contains(error(coded, "input norm ids", "abc"),
                           "\"input norm ids\" has 3 numbers, expected 24"));
    for (const std::uint32_t part : {0u, 7u}) {
        REQUIRE(test::contains(error(coded, "input part", raw_numbers(Numbers{part})),
                               "codes stand for " + std::to_string(part) +
                                   " elements, expected 1 to 6"));
    }
}

TEST_CASE("numbers of a classifier that are not sound are found when it is verified",
          "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string dense = folder / "dense.firth";
    const std::string coded = folder / "coded.firth";
    const std::string bad = folder / "bad.firth";
    const ClassifierModel model = test::made(ClassifierLoss::softmax, true);
    write_native(model, dense);
    write_native(test::made_of_codes(model, RowNorms::apart, false), coded);
    const auto found = [&](const std::string& from, const std::string& section, std::size_t number,
                           auto value) {
        std::string bytes(SectionFile(from, detail::classifier_kind, 1).section(section));
        std::memcpy(bytes.data() + number * sizeof value, &value, sizeof value);
        change_section(from, bad, section, bytes);
        const Classifier classifier(open_native_classifier(bad));
        try {
            static_cast<void>(classifier.predict("tea coffee quark jam", 3));
        } catch (const FormatError&) {
        }
        return verifying_error(bad);
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    REQUIRE(test::contains(found(dense, "input", 18, nan),
                           "section \"input\" has NaN or infinity in row 1"));
    REQUIRE(test::contains(found(dense, "output", 6, 1.0f),
                           "section \"output\" has padding that is not zero in row 0"));
    REQUIRE(test::contains(found(coded, "input centroids", 3, nan), "\"input centroids\""));
    REQUIRE(test::contains(found(coded, "input norms", 3, nan), "\"input centroids\""));
    REQUIRE(test::contains(found(dense, "ngram buckets", 4, 0u),
                           "section \"ngram buckets\" row 4 belongs to bucket 0"));
    for (const std::size_t number : {0u, 1u}) {
        for (const std::uint64_t value :
             {std::uint64_t{5}, ~std::uint64_t{0}, ~std::uint64_t{0} - 3}) {
            REQUIRE(test::contains(found(dense, "ngram groups", number, value),
                                   "the lookup of the buckets is not that of these 20"));
        }
    }
    REQUIRE(test::contains(found(dense, "symbol ends", 0, std::uint64_t{1000}), "symbol"));
    REQUIRE(test::contains(found(dense, "label ends", 1, std::uint64_t{1000}), "symbol"));
    // The text of symbols is looked at where it is used.
    change_section(dense, bad, "labels", "x");
    const Classifier classifier(open_native_classifier(bad));
    REQUIRE(test::contains(test::format_error([&] { return classifier.predict("tea", 3); }),
                           "expected a place within its 1 bytes"));
    // Counts may be any: the tree of labels is still one.
    std::string counts(8 * 3, '\xFF');
    write_native(test::made(ClassifierLoss::hierarchical_softmax, false), dense);
    change_section(dense, bad, "label counts", counts);
    REQUIRE(Classifier(open_native_classifier(bad)).predict("tea", 3).size() == 3);
    // Such numbers are not written either.
    ClassifierModel odd = model;
    odd.output[2][1] = nan;
    REQUIRE(test::contains(test::message_of<Error>([&] { write_native(odd, bad); }),
                           "the output rows have NaN or infinity in row 2"));
    odd.labels.add("more");
    REQUIRE_THROWS_AS(write_native(odd, bad), Error);
}

TEST_CASE("buckets of a mapped classifier are looked up or searched for", "[native_classifier]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "c.firth";
    const std::string older = folder / "older.firth";
    const ClassifierModel model = test::made(ClassifierLoss::softmax, true);
    write_native(model, path);
    change_section(path, older, "ngram groups", std::nullopt);
    REQUIRE_NOTHROW(verify(older));
    const Classifier whole(model);
    const Classifier mapped(open_native_classifier(path));
    const Classifier searched(open_native_classifier(older));
    REQUIRE_FALSE(mapped.model().buckets.lookup().empty());
    REQUIRE(searched.model().buckets.lookup().empty());
    std::vector<float> expected(model.dim());
    std::vector<float> vector(model.dim());
    for (const std::string text : {"tea and jam", "coffee", "quark soup", "jam tea tea"}) {
        const std::size_t rows = whole.text_vector(text, expected);
        for (const Classifier* const classifier : {&mapped, &searched}) {
            REQUIRE(classifier->text_vector(text, vector) == rows);
            REQUIRE(vector == expected);
        }
    }
    // A copy is in memory, and is checked as all that is.
    Classifier copy(StoredClassifierModel(mapped.model()));
    REQUIRE(copy.text_vector("tea and jam", vector) == whole.text_vector("tea and jam", expected));
    std::string groups(SectionFile(path, detail::classifier_kind, 1).section("ngram groups"));
    groups[0] = static_cast<char>(groups[0] ^ 1);
    change_section(path, older, "ngram groups", groups);
    const StoredClassifierModel damaged = open_native_classifier(older);
    REQUIRE_THROWS_AS(Classifier(StoredClassifierModel(damaged)), Error);
    REQUIRE_THROWS_AS(write_native(damaged, older), Error);
    // Few of many buckets: groups would be most of the file.
    ClassifierModel few = model;
    few.ngrams.characters.buckets = 64 * 20;
    AlignedBuffer<std::uint32_t> used(20);
    std::copy(model.buckets.used().begin(), model.buckets.used().end(), used.data());
    few.buckets = BucketRows(std::move(used), 64 * 20);
    write_native(few, path);
    REQUIRE_FALSE(SectionFile(path, detail::classifier_kind, 1).has("ngram groups"));
}
