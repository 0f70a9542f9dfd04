#include <firth/eval/sentence_pairs.hpp>

#include <string>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

void check_tea(const std::string& text, const std::string& form) {
    CAPTURE(text);
    EvaluationFileReport report;
    const std::vector<SentencePair> pairs = parse_sentence_pairs(text, "set", &report);
    REQUIRE(pairs.size() == 2);
    CHECK(pairs[0].first == "A \"hot\" tea, please.");
    CHECK(pairs[0].second == "One tea.");
    CHECK(pairs[0].score == 4.5);
    CHECK(pairs[1].first == "# A cat");
    CHECK(pairs[1].second == "A dog");
    CHECK(pairs[1].score == 0);
    CHECK(report.form == form);
}

} // namespace

TEST_CASE("pairs of sentences are read in the forms in which they are published", "[sts]") {
    const std::string tea = "A \"hot\" tea, please.";
    check_tea(tea + "\tOne tea.\t4.5\n# A cat\tA dog\t0\n",
              "fields between tabs, sentences in 1 and 2, scores in 3");
    check_tea("\n4.5\t" + tea + "\tOne tea.\r\n \r\n0\t# A cat\tA dog",
              "fields between tabs, sentences in 2 and 3, scores in 1");
    check_tea("main-captions\tMSRvid\t2012test\t0001\t4.500\t" + tea +
                  "\tOne tea.\nmain\tx\ty\t2\t0\t# A cat\tA dog\thttp://a\thttp://b\n",
              "fields between tabs, sentences in 6 and 7, scores in 5");
    check_tea("\xEF\xBB\xBFindex\tgenre\tsentence1\tsentence2\tscore\n0\tg\t" + tea +
                  "\tOne tea.\t4.5\n1\tg\t# A cat\tA dog\t0\n",
              "fields between tabs, a header, sentences in 3 and 4, scores in 5");
    check_tea("pair_ID,sentence_A,sentence_B,relatedness_score\n1,\"A \"\"hot\"\" tea, please.\","
              "One tea.,4.5\n2,# A cat,\"A dog\",0\n",
              "fields between commas, a header, sentences in 2 and 3, scores in 4");
}

TEST_CASE("files that are no pairs of sentences are refused by line", "[sts]") {
    const auto refused = [](std::string_view text, const std::string& said) {
        CAPTURE(text);
        CHECK_THROWS_WITH(parse_sentence_pairs(text, "set"), Catch::Matchers::Contains(said));
    };
    refused("", "set has no pairs");
    refused("sentence1\tsentence2\tscore\n", "set has no pairs");
    refused("just a line of text\n", "set, line 1: expected two sentences and a score");
    refused("a\tb\tc\n", "set, line 1: expected two sentences and a score");
    refused("a\tb\t1\na\tb\n", "set, line 2: expected at least 3 fields between tabs, found 2");
    refused("a\tb\t1\n\na\tb\tx\n", "set, line 3: \"x\" is no number");
    refused("a\tb\tnan\n", "");
    refused("a\tb\t1\na\tb\tinf\n", "set, line 2: ");
    refused("a\tb\t1\n\tb\t1\n", "set, line 2: an empty field, expected a sentence");
    refused("\"a,b,1\n", "set, line 1: a quote that is not closed");
    refused(std::string_view("a\0b", 3), "set, line 1: a zero byte");
    CHECK_THROWS_AS(read_sentence_pairs("absent.tsv"), IoError);
}
