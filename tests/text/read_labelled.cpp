#include <firth/text/read_labelled.hpp>

#include <string>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// An example as text: labels, a bar, tokens; unknown words in brackets.
std::string shown(const LabelledCorpus& corpus, std::size_t i) {
    std::string text;
    for (const Id label : corpus[i].labels) {
        text += std::string(corpus.labels()[label]) + ' ';
    }
    text += '|';
    for (const Id token : corpus[i].tokens) {
        const bool known = token < corpus.words().size();
        text += known ? " " : " [";
        text += std::string(corpus.spelling(token)) + (known ? "" : "]");
    }
    return text;
}

std::vector<std::string> shown(const LabelledCorpus& corpus) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        all.push_back(shown(corpus, i));
    }
    return all;
}

using Shown = std::vector<std::string>;

} // namespace

TEST_CASE("labels stand anywhere in a line, and the line's end is a word") {
    const LabelledTexts texts = parse_labelled("__label__b x  y\r\n"
                                               "x __label__a\tz __label__b\n"
                                               "y\vx\fz __label__a");
    CHECK(shown(texts.corpus) == Shown{"b | x y </s>", "a b | x z </s>", "a | y x z </s>"});
    CHECK(texts.corpus.labels().counts()[0] == 2);
    // By falling count, then by their bytes.
    CHECK(texts.corpus.words().symbols() == std::vector<std::string_view>{"</s>", "x", "y", "z"});
    CHECK(texts.empty_lines == 0);
    CHECK(texts.unlabelled_lines == 0);
}

TEST_CASE("empty lines, lines without a label, and labels without words") {
    const LabelledTexts texts =
        parse_labelled("\n \t\n__label__a x\nonly words here\n__label__a\n");
    CHECK(shown(texts.corpus) == Shown{"a | x </s>", "a | </s>"});
    CHECK(texts.empty_lines == 2);
    CHECK(texts.unlabelled_lines == 1);
    CHECK_FALSE(texts.corpus.words().contains("only"));
    CHECK(texts.corpus.words().count(*texts.corpus.words().find("</s>")) == 2);
}

TEST_CASE("a label counts once a line, and one that was seen once is a label") {
    const LabelledTexts texts =
        parse_labelled("__label__a x __label__a\n__label__a y\n__label__once z\n");
    CHECK(shown(texts.corpus) == Shown{"a | x </s>", "a | y </s>", "once | z </s>"});
    CHECK(texts.corpus.labels().count(0) == 2);
}

TEST_CASE("a zero byte ends a word, and the prefix alone is a word") {
    using namespace std::string_literals;
    const LabelledTexts texts = parse_labelled("__label__a x\0y __label__ \n"s);
    CHECK(shown(texts.corpus) == Shown{"a | x y __label__ </s>"});
}

TEST_CASE("other prefixes, and labels in the first column") {
    CHECK(shown(parse_labelled("#a x __label__b\n", {.format = {.prefix = "#"}}).corpus) ==
          Shown{"a | x __label__b </s>"});
    const LabelledTexts column =
        parse_labelled("two words\tx __label__y\tz\nno tab\n\tempty label\n",
                       {.format = {.place = LabelPlace::first_column}});
    CHECK(shown(column.corpus) == Shown{"two words | x __label__y z </s>"});
    CHECK(column.unlabelled_lines == 2);
}

TEST_CASE("rare words are unknown ones, and rare labels do not count") {
    const LabelledTexts texts =
        parse_labelled("__label__a x x rare\n__label__a x __label__b\n__label__b x\n__label__c x\n",
                       {.min_count = 2, .min_label_count = 2});
    CHECK(shown(texts.corpus) == Shown{"a | x x [rare] </s>", "a b | x </s>", "b | x </s>"});
    CHECK(texts.corpus.unknown().size() == 1);
    CHECK(texts.unlabelled_lines == 1);
}

TEST_CASE("words of vectors to start from are kept though they were not seen") {
    Vocabulary known;
    known.add("far");
    known.add("rare");
    const LabelledTexts texts = parse_labelled("__label__a x x rare\n__label__a x other\n",
                                               {.min_count = 2, .known = &known});
    CHECK(shown(texts.corpus) == Shown{"a | x x rare </s>", "a | x [other] </s>"});
    CHECK(texts.corpus.words().contains("far"));
}

TEST_CASE("texts to test with have the words and labels of another corpus") {
    const LabelledTexts texts = parse_labelled("__label__a x y\n__label__b x\n");
    const LabelledTexts tested =
        parse_labelled("__label__new x\n__label__b __label__new y new\n", {.like = &texts.corpus});
    CHECK(shown(tested.corpus) == Shown{"b | y [new] </s>"});
    CHECK(tested.unlabelled_lines == 1);
    CHECK(tested.corpus.labels().size() == 2);
    CHECK(tested.corpus.words().symbols() == texts.corpus.words().symbols());
}

TEST_CASE("texts without any label that counts are refused") {
    CHECK_THROWS_WITH(parse_labelled("some words\nand more\n", {}, "t.txt"),
                      "t.txt has no label in any of its 2 lines, expected words that begin with "
                      "\"__label__\"");
    CHECK_THROWS_WITH(
        parse_labelled("x\n", {.format = {.place = LabelPlace::first_column}}, "t.tsv"),
        "t.tsv has no label in any of its 1 lines, expected a label before the first tab of a "
        "line");
    CHECK_THROWS_WITH(parse_labelled("__label__a x\n", {.min_label_count = 2}, "t.txt"),
                      "t.txt has 1 labels, none of them min-label-count = 2 times");
    const LabelledTexts other = parse_labelled("__label__a x\n");
    CHECK_THROWS_WITH(parse_labelled("__label__b x\n", {.like = &other.corpus}, "t.txt"),
                      "t.txt has no line with a label of the 1 that count");
    CHECK_THROWS_WITH(parse_labelled("x\n", {.format = {.prefix = ""}}),
                      "label prefix is , expected a byte or more");
    CHECK_THROWS_AS(parse_labelled("", {}, "t.txt"), Error);
}

TEST_CASE("threads, files and folders change nothing") {
    Random random(3);
    std::string text;
    while (text.size() < (std::size_t{5} << 20)) {
        text += "__label__" + std::to_string(random.below(5));
        for (std::uint32_t words = random.below(9); words > 0; --words) {
            text += " w" + std::to_string(random.below(3000));
        }
        text += '\n';
    }
    const Shown expected = shown(parse_labelled(text, {.min_count = 300, .threads = 1}).corpus);
    CHECK(shown(parse_labelled(text, {.min_count = 300, .threads = 3}).corpus) == expected);

    const test::TemporaryFolder folder;
    const std::size_t cut = text.find('\n', text.size() / 2) + 1;
    test::write_file(folder / "a.txt", std::string_view(text).substr(0, cut));
    test::write_file(folder / "b.txt", std::string_view(text).substr(cut));
    const LabelledTexts read = read_labelled(folder / "", {.min_count = 300, .threads = 2});
    CHECK(shown(read.corpus) == expected);
    CHECK(read.empty_lines == 0);
}

TEST_CASE("examples have tokens and labels that there are") {
    Vocabulary words;
    words.add("x");
    Vocabulary labels;
    labels.add("a");
    LabelledCorpus corpus(words, {}, labels);
    const std::vector<Id> zero{0};
    const std::vector<Id> one{1};
    corpus.add(zero, zero);
    CHECK_THROWS_WITH(corpus.add(one, zero), "an example has token 1, expected one below 1");
    CHECK_THROWS_WITH(corpus.add(zero, one), "an example has label 1, expected one below 1");
    CHECK_THROWS_WITH(corpus.add(zero, {}), "an example of 1 tokens and 0 labels, expected one of "
                                            "each or more");
    CHECK(corpus.size() == 1);
}
