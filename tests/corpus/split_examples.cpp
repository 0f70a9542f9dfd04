#include <firth/corpus/split_examples.hpp>

#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Ten examples; example i has word i, "x" and the unknown word, and label i % 2.
LabelledCorpus ten() {
    Vocabulary words;
    words.add("x", 10);
    for (int word = 0; word < 10; ++word) {
        words.add("w" + std::to_string(word), 1);
    }
    Vocabulary unknown;
    unknown.add("rare", 1);
    Vocabulary labels;
    labels.add("even", 5);
    labels.add("odd", 5);
    LabelledCorpus corpus(words, unknown, labels);
    for (Id i = 0; i < 10; ++i) {
        corpus.add(std::vector<Id>{i + 1, 0, 11}, std::vector<Id>{i % 2});
    }
    return corpus;
}

} // namespace

TEST_CASE("examples are split, and words of the second part alone are unknown") {
    const LabelledCorpus corpus = ten();
    const SplitExamples parts = split_examples(corpus, 0.3, 4);
    REQUIRE(parts.training.size() == 7);
    REQUIRE(parts.validation.size() == 3);
    CHECK(parts.training.words().size() == 8);
    CHECK(parts.training.words().count(0) == 7);
    CHECK(parts.validation.words().symbols() == parts.training.words().symbols());
    CHECK(parts.training.labels().symbols() == corpus.labels().symbols());
    std::vector<bool> seen(10);
    for (const LabelledCorpus* part : {&parts.training, &parts.validation}) {
        int before = -1;
        for (std::size_t i = 0; i < part->size(); ++i) {
            const LabelledExample example = (*part)[i];
            const std::string_view word = part->spelling(example.tokens[0]);
            const int number = word[1] - '0';
            CHECK(number > before); // in their order
            before = number;
            seen[static_cast<std::size_t>(number)] = true;
            CHECK(example.labels[0] == static_cast<Id>(number % 2));
            CHECK((example.tokens[0] < 8) == (part == &parts.training));
            CHECK(part->spelling(example.tokens[1]) == "x");
            CHECK(part->spelling(example.tokens[2]) == "rare");
            CHECK(example.tokens[2] >= 8);
        }
    }
    CHECK(seen == std::vector<bool>(10, true));
    const SplitExamples again = split_examples(corpus, 0.3, 4);
    CHECK(again.training.words().symbols() == parts.training.words().symbols());
    bool differs = false;
    for (std::uint64_t seed = 5; seed < 9; ++seed) {
        differs = differs || split_examples(corpus, 0.3, seed).training.words().symbols() !=
                                 parts.training.words().symbols();
    }
    CHECK(differs);
}

TEST_CASE("each part has an example at least") {
    const LabelledCorpus corpus = ten();
    CHECK(split_examples(corpus, 0.001).validation.size() == 1);
    CHECK(split_examples(corpus, 0.999).training.size() == 1);
    CHECK_THROWS_WITH(split_examples(corpus, 1),
                      "share to validate with is 1, expected more than 0, less than 1");
    CHECK_THROWS_WITH(split_examples(LabelledCorpus(), 0.5),
                      "0 examples cannot be split, expected two or more");
}
