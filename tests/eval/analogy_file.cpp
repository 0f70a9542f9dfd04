#include <firth/eval/analogy_file.hpp>

#include <filesystem>

#include <firth/base/random.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Sections as text: "name(group): a b c d; a b/c;" each.
std::string shown(const std::vector<AnalogySection>& sections) {
    std::string text;
    for (const AnalogySection& section : sections) {
        text += '[' + section.name;
        if (!section.group.empty()) text += " in " + section.group;
        text += ']';
        for (const AnalogyQuestion& question : section.questions) {
            for (const std::string& word : question) {
                text += ' ' + word;
            }
            text += ';';
        }
        for (const RelatedWords& pair : section.pairs) {
            text += ' ' + pair.word + ':';
            for (const std::string& related : pair.related) {
                text += ' ' + related;
            }
            text += ';';
        }
    }
    return text;
}

std::string read(const std::string& text) {
    return shown(parse_analogies(text, "folder/q.txt"));
}

std::string refusal(const std::string& text) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(parse_analogies(text, "q.txt")); });
}

std::string form(const std::string& text) {
    EvaluationFileReport report;
    static_cast<void>(parse_analogies(text, "q.txt", &report));
    return report.form;
}

const std::vector<std::string> published{
    ": s\na b c d\n",
    ":s\r\na\tb\tc\td\r\n\r\n",
    "# x\n : s \n\n a b c d\n",
    "\xEF\xBB\xBF: s\na b c d\n",
    ": s\na,b,c,d\n",
    "index,type,word1,word2,word3,target\n0,s,a,b,c,d\n",
    "\xEF\xBB\xBF"
    "CATEGORY,WORD1,WORD2,WORD3,TARGET\r\ns,a,b,c,d\r\n",
    "word1\tword2\tword3\tword4\tcategory\na\tb\tc\td\ts\n",
    "s a b c d\n",
    "\"s\";\"a\";\"b\";\"c\";\"d\"\n",
    "7,s,a,b,c,d\n",
    "n,kind,p,q,r,t\n7,s,a,b,c,d\n",
};

const std::vector<std::string> published_pairs{"relation,word,word\ns,a,b\ns,c,d\n",
                                               "s,a,b\ns,c,d\n",
                                               "s a b\ns c d\n",
                                               "a\tb\ts\nc\td\ts\n",
                                               "1,s,a,b\n2,s,c,d\n",
                                               "source;target;relation\na;b;s\nc;d;s\n",
                                               "s, a, b\ns, \"c\", d\n"};

} // namespace

TEST_CASE("whole questions are read in their published forms", "[analogies]") {
    for (const std::string& text : published) {
        INFO(text);
        REQUIRE(read(text) == "[s] a b c d;");
    }
}

TEST_CASE("pairs of a relation are read in their published forms", "[analogies]") {
    for (const std::string& text : published_pairs) {
        INFO(text);
        REQUIRE(read(text) == "[s] a: b; c: d;");
    }
    for (const char* const names :
         {"word1,word2", "w1,w2", "Word 1,Word_2", "head,tail", "source,target", "word,answer",
          "word,expected", "w3,w4", "word3,word4"}) {
        for (const char* const relation :
             {"relation", "rel", "type", "category", "section", "class", "subcategory"}) {
            INFO(names << ',' << relation);
            REQUIRE(read(std::string(names) + ',' + relation + "\na,b,s\nc,d,s\n") ==
                    "[s] a: b; c: d;");
        }
    }
    REQUIRE(read("word1,word2\na,b/x\nc,d\n") == "[q] a: b x; c: d;");
    // A relation goes on where it was left; "/" belongs to the word.
    REQUIRE(read("s,a,b\nt,e,f/g\ns,c,d\n") == "[s] a: b; c: d;[t] e: f/g;");
}

TEST_CASE("pairs alone have several right answers and the file's name", "[analogies]") {
    REQUIRE(read("a\tb/x y/z\nc\td\n") == "[q] a: b x y z; c: d;");
    REQUIRE(read("new york\tusa\nc\td/\n") == "[q] new york: usa; c: d;");
    REQUIRE(read("a b\nc d//e\n") == "[q] a: b; c: d e;");
    REQUIRE(read("a\tb / /c\nd\te\n") == "[q] a: b c; d: e;");
    REQUIRE(test::contains(refusal("a\tb\nc\t//\n"), "q.txt, line 2"));
}

TEST_CASE("sections of questions keep names, spaces and order", "[analogies]") {
    REQUIRE(read(": capital common\na b c d\ne f g h\n:\ni j k l\n") ==
            "[capital common] a b c d; e f g h;[] i j k l;");
    REQUIRE(read(": s\nnew york\tusa\tbonn\tgermany\n") == "[s] new york usa bonn germany;");
    REQUIRE(test::contains(refusal("a b c d\n: s\n"), "q.txt, line 1: expected a section"));
    REQUIRE(test::contains(refusal("a b c d\n"), "q.txt, line 1: expected a section"));
    REQUIRE(test::contains(refusal(": s\na b c\n"), "q.txt, line 2: expected four words between "
                                                    "spaces or \": name\", found 3 fields"));
    REQUIRE(test::contains(refusal(": s\na b c d\na b c d e\n"), "q.txt, line 3"));
    REQUIRE(test::contains(refusal(": s\n\na,b,,d\n"), "q.txt, line 3"));
    REQUIRE(test::contains(refusal(": s\na,b,c,\"d\n"), "line 2: a quote"));
}

TEST_CASE("only sets with sections of grammar and of meaning have halves", "[analogies]") {
    REQUIRE(
        read(": capitals\na b c d\n: gram1-x\ne f g h\n: family\ni j k l\n") ==
        "[capitals in semantic] a b c d;[gram1-x in syntactic] e f g h;[family in semantic] i j "
        "k l;");
    REQUIRE(read(": capitals\na b c d\n: grammar\ne f g h\n") ==
            "[capitals] a b c d;[grammar] e f g h;");
    REQUIRE(read(": gram1-x\na b c d\n: gram2-y\ne f g h\n") ==
            "[gram1-x] a b c d;[gram2-y] e f g h;");
    REQUIRE(read("gram1,a,b,c,d\nx,e,f,g,h\n") ==
            "[gram1 in syntactic] a b c d;[x in semantic] e f g h;");
    REQUIRE(read(": gram\na b c d\n: family\na b c d\n") == "[gram] a b c d;[family] a b c d;");
}

TEST_CASE("tables that are no analogies are refused", "[analogies]") {
    REQUIRE(test::contains(refusal(""), "q.txt holds no questions"));
    REQUIRE(test::contains(refusal(": s\n"), "q.txt holds no questions"));
    REQUIRE(test::contains(refusal("index,type,word1,word2,word3,target\n"), "no questions"));
    REQUIRE(
        test::contains(refusal("a b c d e f\na b c d e f\n"), "line 1: 6 fields between spaces"));
    REQUIRE(test::contains(refusal("word1,word2,word3\na,b,c\n"), "line 1: a header with 3"));
    REQUIRE(test::contains(refusal("s,a,b\ns,c\ns,d,e\n"), "line 2: expected 3 fields"));
    REQUIRE(test::contains(refusal("s,a,b\ns,c,d,e\ns,d,e\n"), "line 2: expected 3 fields"));
    REQUIRE(test::contains(refusal("relation,word,word\ns,a,b\ns,c\ns,d,e\n"), "line 3"));
    REQUIRE(test::contains(refusal("type word word\ns new york usa\ns a b\ns c d\n"), "line 2"));
    REQUIRE(read("type,word,word\ns,a,b,note\ns,c,d\n") == "[s] a: b; c: d;");
    REQUIRE(test::contains(refusal("s,a,b\ns,,c\n"), "line 2: an empty field"));
    REQUIRE(test::contains(refusal("s,a,b\ns,\"c,d\n"), "q.txt, line 2"));
    REQUIRE(test::contains(refusal("good better rough\nlow lower high\n"),
                           "no two have a relation in common"));
    REQUIRE(test::contains(refusal("a\tb\n"), "no two have"));
    // Sets of similarity are no analogies; the numbers of relations are.
    for (const char* const scored :
         {"Word 1,Word 2,Human (mean)\na,b,9\nc,d,8\n", "a,b,9\nc,d,8\n", "a b 9\nc d 9\n",
          "word1,word2,x\na,b,9\n", "1,a,b,9\n2,c,d,9\n"}) {
        INFO(scored);
        REQUIRE(test::contains(refusal(scored), "pairs of words with numbers in column"));
    }
    REQUIRE(read("7,a,b\n7,c,d\n") == "[7] a: b; c: d;");
    REQUIRE(read("id,word1,word2,type,count\n1,a,b,s,9\n2,c,d,s,5\n") == "[s] a: b; c: d;");
    REQUIRE(test::contains(refusal(std::string("a\0b\n", 4)), "line 1: a zero byte"));
}

TEST_CASE("the report says what analogies were recognised as", "[analogies]") {
    REQUIRE(form(": s\na b c d\n") == "sections of four words between spaces");
    REQUIRE(form("index,type,word1,word2,word3,target\n0,s,a,b,c,d\n") ==
            "fields between commas, a header, four words in column 3 (word1), column 4 (word2), "
            "column 5 (word3) and column 6 (target), sections in column 2 (type)");
    REQUIRE(form("s\ta\tb\ns\tc\td\n") ==
            "fields between tabs, pairs of words in column 2 and column 3, sections in column 1");
    REQUIRE(form("a\tb\nc\td\n") == "fields between tabs, pairs of words in column 1 and column 2, "
                                    "\"/\" between right answers");
    EvaluationFileReport report;
    static_cast<void>(parse_analogies("#\n: s\n# x\na b c d\n", "q.txt", &report));
    REQUIRE(report.comments == 2);
}

TEST_CASE("a folder of files is read by name, its folders as groups", "[analogies]") {
    const test::TemporaryFolder folder;
    for (const char* const inner : {"bats", "bats/2_der", "bats/1_infl", "bats/.git"}) {
        std::filesystem::create_directory(folder / inner);
    }
    test::write_file(folder / "bats/2_der/D01 [un+adj].txt", "able\tunable/not able\nx\ty\n");
    test::write_file(folder / "bats/1_infl/I02.tsv", "c\td\ne\tf\n");
    test::write_file(folder / "bats/1_infl/I01.csv", "a,b\n# x\ng,h\n");
    test::write_file(folder / "bats/top.txt", ": s\na b c d\n: gram1\na b c d\n");
    test::write_file(folder / "bats/metadata.json", "{}");
    test::write_file(folder / "bats/.hidden.txt", "nothing");
    test::write_file(folder / "bats/.git/x.txt", "nothing");
    EvaluationFileReport report;
    const std::vector<AnalogySection> sections = read_analogies(folder / "bats", &report);
    REQUIRE(shown(sections) == "[I01 in 1_infl] a: b; g: h;[I02 in 1_infl] c: d; e: f;"
                               "[D01 [un+adj] in 2_der] able: unable not able; x: y;"
                               "[s in semantic] a b c d;[gram1 in syntactic] a b c d;");
    REQUIRE(report.comments == 1);
    REQUIRE(report.left_out == std::vector<std::string>{".hidden.txt", "metadata.json"});
    REQUIRE(test::contains(report.form, "a folder of 4 files; fields between commas, pairs"));
    REQUIRE(test::contains(report.form, "; sections of four words between spaces"));
    test::write_file(folder / "bats/1_infl/I03.txt", "one\n");
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(read_analogies(folder / "bats")); }),
        "I03.txt, line 1"));
    std::filesystem::create_directory(folder / "empty");
    REQUIRE_THROWS_AS(read_analogies(folder / "empty"), FormatError);
    REQUIRE_THROWS_AS(read_analogies(folder / "absent"), IoError);
    REQUIRE(read_analogies(folder / "bats/top.txt").size() == 2);
}

TEST_CASE("damaged analogies are refused or read, and what is read is sound", "[analogies]") {
    constexpr std::string_view bytes("\t,; \"\n\r#:/-09a\xEF\xBB\xBF\0", 18);
    std::vector<std::string> texts = published;
    texts.insert(texts.end(), published_pairs.begin(), published_pairs.end());
    Random random(6);
    std::size_t refused = 0;
    for (std::size_t round = 0; round < 4000; ++round) {
        std::string text = texts[round % texts.size()];
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
            if (random.below(2) == 0) {
                text[at] = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
            } else {
                text.insert(at, 1, bytes[random.below(static_cast<std::uint32_t>(bytes.size()))]);
            }
        }
        try {
            for (const AnalogySection& section : parse_analogies(text)) {
                for (const AnalogyQuestion& question : section.questions) {
                    if (std::count(question.begin(), question.end(), "") != 0) {
                        FAIL("an empty word of " << text);
                    }
                }
                for (const RelatedWords& pair : section.pairs) {
                    if (pair.word.empty() || pair.related.empty() ||
                        std::count(pair.related.begin(), pair.related.end(), "") != 0) {
                        FAIL("an empty word of " << text);
                    }
                }
            }
        } catch (const FormatError&) {
            ++refused;
        }
    }
    REQUIRE(refused > 500);
    REQUIRE(refused < 3900);
}
