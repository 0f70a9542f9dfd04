#include <firth/eval/word_pairs.hpp>

#include <cmath>

#include <firth/base/random.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Pairs as text: "first|second|score;" each.
std::string shown(const std::vector<WordPair>& pairs) {
    std::string text;
    for (const WordPair& pair : pairs) {
        text += pair.first + '|' + pair.second + '|';
        append_float(text, static_cast<float>(pair.score));
        text += ';';
    }
    return text;
}

std::string read_pairs(const std::string& text) {
    return shown(parse_word_pairs(text, "p.txt"));
}

std::string refusal_of_pairs(const std::string& text) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(parse_word_pairs(text, "p.txt")); });
}

std::string form_of_pairs(const std::string& text) {
    EvaluationFileReport report;
    static_cast<void>(parse_word_pairs(text, "p.txt", &report));
    return report.form;
}

/// Sets as they are published, two pairs of each.
const std::vector<std::string> published_word_pairs{
    "tiger\tcat\t7.35\ncar\tbus\t5\n",
    "tiger cat 7.35\ncar bus 5\n",
    "tiger\tcat\t7.35\ncar bus 5\n",
    "tiger;cat;7.35\r\ncar;bus;5\r\n",
    "tiger,cat,7.35\ncar,bus,5",
    // WordSim-353's combined.csv and set1.csv
    "Word 1,Word 2,Human (mean)\r\ntiger,cat,7.35\r\ncar,bus,5\r\n",
    "Word 1,Word 2,Human (mean),1,2\r\ntiger,cat,7.35,9,5.7\r\ncar,bus,5,4,6\r\n",
    "Word1,Word2,Rater A,Rater B,Mean\ntiger,cat,9,5.7,7.35\ncar,bus,4,6,5\n",
    // its sets by relation
    "# s: siblings\n# S: others\ns\ttiger\tcat\t7.35\nS\tcar\tbus\t5\n",
    // SimLex-999, SimVerb-3500, MEN, RareWords, SCWS
    "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tSD(SimLex)\n"
    "tiger\tcat\tN\t7.35\t4.9\t4.8\t1.2\ncar\tbus\tN\t5\t4\t3\t1\n",
    "tiger\tcat\tV\t7.35\tSYNONYMS\ncar\tbus\tV\t5\tNONE\n",
    "tiger cat V 7.35 SYNONYMS\ncar bus V 5 NONE\n",
    "tiger-n cat-n 7.350000\ncar-n bus-n 5.000000\n",
    "tiger\tcat\t7.35\t7\t8\ncar\tbus\t5\t4\t6\n",
    "1\ttiger\tn\tcat\tn\tthe <b>tiger</b>, a cat\tthe <b>cat</b> 1\t7.35\t9\n"
    "2\tcar\tn\tbus\tn\ta <b>car</b>\tthe <b>bus</b>\t5\t4\n",
    "tiger,noun,cat,NOUN,7.35\ncar,Noun,bus,noun,5\n",
    "tiger\tcat\tverb\tadj\t7.35\ncar\tbus\tADV\tJJ\t5\n",
    // an index, and the score first
    "id,word1,word2,score\n1,tiger,cat,7.35\n2,car,bus,5\n",
    "12;tiger;cat;7.35\n15;car;bus;5\n",
    "7.35\ttiger\tcat\n5\tcar\tbus\n",
    // quotes, a byte-order mark, blank lines
    "\"tiger\",\"cat\",7.35\n\"car\" , \"bus\" , \"5\"\n",
    "\"tiger\"\t\"cat\"\t\"7.35\"\n\"car\"\t\"bus\"\t\"5\"\n",
    "\xEF\xBB\xBFtiger cat 7.35\n\n  \t \ncar bus 5\n\r\n",
    "tiger cat 7.35\rcar bus 5\r",
    "\xEF\xBB\xBFword1;word2;score\ntiger;cat;7.35\ncar;bus;5\n",
    "#tiger cat 1\ntiger cat 7.35\n# x\ncar bus 5\n",
    "pair,word1,word2,score\np1,tiger,cat,7.35\np2,car,bus,5\n",
};

} // namespace

TEST_CASE("word pairs are read in the forms that sets are published in", "[pairs]") {
    for (const std::string& text : published_word_pairs) {
        INFO(text);
        REQUIRE(read_pairs(text) == "tiger|cat|7.35;car|bus|5;");
    }
}

TEST_CASE("a form is recognised by a single line too", "[pairs]") {
    for (const char* const text :
         {"tiger cat 7.35", "tiger\tcat\t7.35\n", "tiger,cat,7.35\n", "tiger;cat;7.35\n",
          "tiger\tcat\tN\t7.35\n", "Word 1 Word 2 score\ntiger cat 7.35\n",
          "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\n",
          "word1\tword2\tscore\ntiger\tcat\t7.35"}) {
        INFO(text);
        REQUIRE(read_pairs(text) == "tiger|cat|7.35;");
    }
}

TEST_CASE("a byte-order mark does not belong to the first word", "[pairs]") {
    REQUIRE(parse_word_pairs("\xEF\xBB\xBFtiger cat 7\n").at(0).first == "tiger");
}

TEST_CASE("fields between tabs keep their spaces and commas", "[pairs]") {
    REQUIRE(read_pairs("tiger\tsabre 2 tooth\t9\n") == "tiger|sabre 2 tooth|9;");
    REQUIRE(read_pairs("tiger\tcat\t1\ntiger\tsabre 2 tooth\t9\n") ==
            "tiger|cat|1;tiger|sabre 2 tooth|9;");
    REQUIRE(read_pairs("a,b\tc,d\t1\n") == "a,b|c,d|1;");
    REQUIRE(read_pairs("a;b,c;1\nd;e,f;2\n") == "a|b,c|1;d|e,f|2;");
    REQUIRE(read_pairs("New York, city 1\nLondon, town 2\n") ==
            read_pairs("New York, city 1\nLondon, town 2\n"));
    REQUIRE(read_pairs("\"a, b\",c,1\n\"say \"\"a\"\"\",d,2\n") == "a, b|c|1;say \"a\"|d|2;");
    // Between tabs a lone quote is a word's own.
    REQUIRE(read_pairs("5\" disc\t\"x\t1\n") == "5\" disc|\"x|1;");
    // Where some lines have other separators, they are named.
    REQUIRE(test::contains(refusal_of_pairs("a\tb c\t1\nd\te f\t2\ng h 3\n"),
                           "p.txt, line 3: expected two words and a score among 3 fields between "
                           "tabs, found 1"));
    REQUIRE(test::contains(refusal_of_pairs("tiger\tsabre 2 tooth\t9\na b 1\nc d 2\ne f 3\n"),
                           "line 1"));
    REQUIRE(test::contains(refusal_of_pairs("a b 1\nc d 2\ntiger sabre 2 tooth 9\n"),
                           "line 3: expected two words and a score among 3 fields between spaces, "
                           "found 5"));
}

TEST_CASE("what follows the score may differ in length, but not between spaces", "[pairs]") {
    REQUIRE(read_pairs("a,b,1,2,3\nc,d,4\ne,f,5,6\n") == "a|b|1;c|d|4;e|f|5;");
    REQUIRE(test::contains(refusal_of_pairs("a b 1\nc d 2 more\ne f 3\n"), "line 2"));
    // Columns beyond the 64th are not looked at.
    const std::string many(200, ',');
    REQUIRE(read_pairs("a,b,1" + many + "\nc,d,2" + many + "\n") == "a|b|1;c|d|2;");
}

TEST_CASE("words may be numbers, letters or the names of numbers", "[pairs]") {
    REQUIRE(read_pairs("1 2 3\n4 5 6\n") == "1|2|3;4|5|6;");
    REQUIRE(read_pairs("nan grandma 9\n") == "nan|grandma|9;");
    REQUIRE(read_pairs("n v 1\na r 2\n") == "n|v|1;a|r|2;");
    REQUIRE(read_pairs("n v N 1\na r V 2\n") == "n|v|1;a|r|2;");
    REQUIRE(read_pairs("tiger 2 9\n") == "tiger|2|9;");
    REQUIRE(read_pairs("tiger cat 9\nroute 66 8\nhigh five 7\nten 10 6\na b 5\n") ==
            "tiger|cat|9;route|66|8;high|five|7;ten|10|6;a|b|5;");
    REQUIRE(read_pairs("1\ttiger\tcat\t9\n2\troute\t66\t8\n3\thigh\tfive\t7\n4\tx\ty\t5\n") ==
            "tiger|cat|9;route|66|8;high|five|7;x|y|5;");
    // Whole numbers before the words are scores where they do not rise.
    REQUIRE(read_pairs("9\ta\tb\n7\tc\td\n8\te\tf\n") == "a|b|9;c|d|7;e|f|8;");
    // Words end in a tag only where all do.
    REQUIRE(read_pairs("sun-n moon-n 5\nx-ray sun-n 1\n") == "sun-n|moon-n|5;x-ray|sun-n|1;");
    REQUIRE(read_pairs("run-v quick-j 5\nred-a soon-r 1\n") == "run|quick|5;red|soon|1;");
    REQUIRE(read_pairs("sun-n -n 5\n") == "sun-n|-n|5;");
}

TEST_CASE("scores are finite numbers from end to end", "[pairs]") {
    for (const char* const score : {"nan", "inf", "-inf", "NaN", "Infinity", "1e39", "-1e999"}) {
        INFO(score);
        for (const std::string& before : {std::string(), std::string("a b 1\n")}) {
            const std::string message = refusal_of_pairs(before + "x y " + score + "\nz w 2\n");
            REQUIRE(test::contains(message, before.empty() ? "p.txt, line 1: the score"
                                                           : "p.txt, line 2: the score"));
            REQUIRE(test::contains(message, "is not finite"));
        }
    }
    for (const char* const score : {"7.5x", "7..5", "1,5", "0x10", "", "NA", "-", "?", "1 000"}) {
        INFO(score);
        REQUIRE(test::contains(refusal_of_pairs("a;b;1\nx;y;" + std::string(score) + "\nz;w;2\n"),
                               "p.txt, line 2"));
        // Nor are such ones taken for a header.
        REQUIRE(test::contains(refusal_of_pairs("x;y;" + std::string(score) + "\nz;w;2\na;b;1\n"),
                               "line 1"));
    }
    REQUIRE(test::contains(refusal_of_pairs("a;b;1\nx;y;7x\nz;w;8x\nu;v;2\n"), "p.txt, line 2"));
    REQUIRE(test::contains(refusal_of_pairs("a;b;1\nx;y;\nz;w;2\n"), "line 2: \"\" is no number"));
    REQUIRE(test::contains(refusal_of_pairs("a;b;1,5\nc;d;2,5\n"),
                           "p.txt, line 1: expected two words and a "
                           "score with a decimal point, not a comma"));
    REQUIRE(test::contains(refusal_of_pairs("w1;w2;score\na;b;1,5\n"), "not a comma"));
    REQUIRE(test::contains(refusal_of_pairs("a;b;1\nc;d;2,5\n"), "not a comma"));
    REQUIRE(read_pairs("a b -1.5\nc d +2e0\n") == "a|b|-1.5;c|d|2;");
}

TEST_CASE("only the first line can be a header", "[pairs]") {
    REQUIRE(read_pairs("# first\n\nWord1 Word2 Score\na b 1\n") == "a|b|1;");
    REQUIRE(test::contains(refusal_of_pairs("a b 1\nWord1 Word2 Score\nc d 2\n"), "line 2"));
    REQUIRE(test::contains(refusal_of_pairs("# first\na b 1\n\nx y\n"), "p.txt, line 4"));
    // The mean counts, wherever it stands, and not a column of words that is called so.
    REQUIRE(read_pairs("w1,w2,r1,average,r2\na,b,1,3,5\nc,d,2,4,6\n") == "a|b|3;c|d|4;");
    REQUIRE(read_pairs("w1,w2,r1,Avg.\na,b,1,3\nc,d,2,4\n") == "a|b|3;c|d|4;");
    REQUIRE(read_pairs("w1,w2,score,meaning\na,b,1,x\nc,d,2,y\n") == "a|b|1;c|d|2;");
    // Scores of single people are no scores of the pair.
    for (const char* const rater : {"Annotator 1", "Rater1", "judge_a", "Subject 12"}) {
        REQUIRE(test::contains(
            refusal_of_pairs(std::string("w1,w2,") + rater + ",x\na,b,1,2\nc,d,2,3\n"),
            "single people"));
    }
}

TEST_CASE("texts that are no pairs are refused", "[pairs]") {
    REQUIRE(test::contains(refusal_of_pairs(""), "p.txt is empty"));
    REQUIRE(test::contains(refusal_of_pairs("# nothing\n\n"), "p.txt is empty"));
    REQUIRE(test::contains(refusal_of_pairs("Word1 Word2 Score\n"), "p.txt"));
    REQUIRE(test::contains(refusal_of_pairs("a b 1\nx y\n"), "p.txt, line 2"));
    REQUIRE(test::contains(refusal_of_pairs("a b\nc d\n"), "p.txt, line 1"));
    for (const char* const end : {"\n", "\r\n", "\r"}) {
        REQUIRE(test::contains(refusal_of_pairs("a b 1" + std::string(end) + end + "x y" + end),
                               "line 3"));
    }
    REQUIRE(test::contains(refusal_of_pairs(": s\na b c d\n"), "p.txt, line 1"));
    REQUIRE(test::contains(refusal_of_pairs("1\ta\tb\n2\tc\td\n3\te\tf\n"), "p.txt, line 1"));
    REQUIRE(test::contains(refusal_of_pairs("a,,1\nb,c,2\nd,e,3\n"), "line 1: an empty field"));
    REQUIRE(
        test::contains(refusal_of_pairs("a,b,1\n\"c,d,2\ne,f,3\n"), "line 2: a quote that is not"));
    REQUIRE(test::contains(refusal_of_pairs("a,b,1\n\"c\"x,d,2\ne,f,3\n"),
                           "line 2: a quote that is not"));
    // UTF-16, packed: a zero byte.
    REQUIRE(test::contains(refusal_of_pairs(std::string("a b 1\n\xFF\xFE"
                                                        "a\0 \0",
                                                        12)),
                           "line 2: a zero byte"));
}

TEST_CASE("the report says what was recognised", "[pairs]") {
    REQUIRE(form_of_pairs("a b 1\n") ==
            "fields between spaces, words in column 1 and column 2, scores in column 3");
    REQUIRE(
        form_of_pairs("id,word1,word2,POS,score\n1,a,b,N,3\n2,c,d,V,4\n") ==
        "fields between commas, a header, words in column 2 (word1) and column 3 (word2), scores "
        "in column 5 (score), numbers in column 1 (id), tags in column 4 (POS)");
    REQUIRE(form_of_pairs("sun-n moon-n 5\n") ==
            "fields between spaces, words in column 1 and column 2, "
            "scores in column 3, words with their part of speech (-n)");
    REQUIRE(form_of_pairs("a;b;1\n").starts_with("fields between semicolons,"));
    REQUIRE(form_of_pairs("a\tb\t1\n").starts_with("fields between tabs,"));
    EvaluationFileReport report;
    static_cast<void>(parse_word_pairs("# x\na b 1\n#y\n", "p.txt", &report));
    REQUIRE(report.comments == 2);
    REQUIRE(report.left_out.empty());
}

TEST_CASE("a file of pairs is read like a text", "[pairs]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "p.csv", "a,b,1\n");
    EvaluationFileReport report;
    REQUIRE(shown(read_word_pairs(folder / "p.csv", &report)) == "a|b|1;");
    REQUIRE(test::contains(report.form, "commas"));
    test::write_file(folder / "bad", "a b 1\na b\n");
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(read_word_pairs(folder / "bad")); }),
        (folder / "bad") + ", line 2"));
    REQUIRE_THROWS_AS(read_word_pairs(folder / "absent"), IoError);
}

TEST_CASE("damaged sets are refused or read, and what is read is sound", "[pairs]") {
    constexpr std::string_view bytes("\t,; \"\n\r#:/-.09eNnai\xEF\xBB\xBF\0", 23);
    Random random(5);
    std::size_t refused = 0;
    for (std::size_t round = 0; round < 4000; ++round) {
        std::string text = published_word_pairs[round % published_word_pairs.size()];
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
            const char byte = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
            switch (random.below(3)) {
            case 0:
                text[at] = byte;
                break;
            case 1:
                text.insert(at, 1, byte);
                break;
            default:
                text.erase(at, 1 + random.below(4));
            }
            if (text.empty()) text = "x";
        }
        try {
            for (const WordPair& pair : parse_word_pairs(text)) {
                if (pair.first.empty() || pair.second.empty() || !std::isfinite(pair.score)) {
                    FAIL("an unsound pair of " << text);
                }
            }
        } catch (const FormatError&) {
            ++refused;
        }
    }
    REQUIRE(refused > 500);
    REQUIRE(refused < 3500);
}
