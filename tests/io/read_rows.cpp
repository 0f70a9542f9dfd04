#include <firth/io/read_rows.hpp>

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

using namespace firth;

namespace {

/// Rows that are given.
class GivenRows final : public RowReader {
public:
    using Rows = std::vector<std::pair<std::string, std::vector<float>>>;

    explicit GivenRows(Rows rows, std::optional<std::uint64_t> promised = {}, std::size_t dim = 2)
        : rows_(std::move(rows)), promised_(promised), dim_(dim) {}

    [[nodiscard]] std::size_t dim() const override { return dim_; }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return promised_; }
    [[nodiscard]] std::optional<Row> next() override {
        if (read_ == rows_.size()) return std::nullopt;
        const auto& [word, vector] = rows_[read_++];
        return Row{word, vector, 10 * read_};
    }

private:
    Rows rows_;
    std::optional<std::uint64_t> promised_;
    std::size_t dim_;
    std::size_t read_ = 0;
};

WordVectors<float> read(GivenRows rows, const ReadOptions& options = {},
                        ReadReport* report = nullptr) {
    return read_rows(rows, "the file", options, report);
}

const GivenRows::Rows twice{{"king", {1, 2}}, {"queen", {3, 4}}, {"king", {5, 6}}, {"man", {7, 8}}};

} // namespace

TEST_CASE("all rows of a reader become vectors, with their words and counts") {
    const WordVectors<float> vectors = test::random_vectors(3000, 5, 1);
    GivenRows::Rows rows;
    for (Id id = 0; id < vectors.size(); ++id) {
        rows.emplace_back(vectors.word(id), std::vector(vectors[id].begin(), vectors[id].end()));
    }
    ReadReport report;
    const WordVectors<float> all = read(GivenRows(rows, 3000, 5), {}, &report);
    test::require_same(all, vectors);
    REQUIRE(report.rows == 3000);
    REQUIRE(report.header_rows == 3000);
    REQUIRE(all.vocabulary().count(7) == 80);
    REQUIRE(all.table().stride() == padded_dim<float>(5));
    for (std::size_t i = 5; i < all.table().stride(); ++i) {
        REQUIRE(all.table().data()[2999 * all.table().stride() + i] == 0);
    }
    std::uint64_t last = 0;
    static_cast<void>(read(GivenRows(rows, 3000, 5), {.progress = [&](const Progress& progress) {
                               REQUIRE(progress.total == 3000);
                               last = progress.done;
                               return true;
                           }}));
    REQUIRE(last == 3000);
    REQUIRE(test::message_of<Error>([&] {
                static_cast<void>(read(GivenRows(rows, 3000, 5),
                                       {.progress = [](const Progress&) { return false; }}));
            }) == "reading the file was cancelled");

    REQUIRE(read(GivenRows({}, {}, 0)).size() == 0);
    REQUIRE(read(GivenRows({}, 0)).size() == 0);
}

TEST_CASE("of a reader's rows for one word the first is kept and the rest reported, or refused") {
    ReadReport report;
    const WordVectors<float> vectors = read(GivenRows(twice), {}, &report);
    REQUIRE(vectors.vocabulary().symbols() ==
            std::vector<std::string_view>{"king", "queen", "man"});
    REQUIRE(vectors[0][0] == 1);
    REQUIRE(vectors[2][1] == 8);
    REQUIRE(report.duplicates == 1);
    REQUIRE(report.first_duplicate == "king");
    REQUIRE(report.rows == 4);
    REQUIRE(test::format_error([] {
                return read(GivenRows(twice), {.duplicates = ReadOptions::Duplicates::refuse});
            }) == "the file, row 3: the word \"king\" was there before, as word 1");
}

TEST_CASE("a reader's rows are cut off at the top, and counted against the header") {
    REQUIRE(read(GivenRows(twice, 9), {.top = 2}).size() == 2);
    REQUIRE(read(GivenRows(twice, 4)).size() == 3);
    REQUIRE(test::format_error([] { return read(GivenRows(twice, 5)); }) ==
            "the file: the header promises 5 rows, but the file has 4");
    REQUIRE(test::contains(test::format_error([] { return read(GivenRows(twice, 3)); }),
                           "promises 3 rows, but the file has 4"));
    REQUIRE(read(GivenRows(twice, 5), {.header = ReadOptions::Header::tolerant}).size() == 3);
}

TEST_CASE("a reader's rows may be odd only as far as the options allow") {
    const GivenRows::Rows nan{{"king", {1, std::numeric_limits<float>::quiet_NaN()}}};
    REQUIRE(test::format_error([&] { return read(GivenRows(nan)); }) ==
            "the file, row 1: the vector of \"king\" holds NaN or infinity, expected finite "
            "numbers");
    REQUIRE(read(GivenRows(nan), {.non_finite = ReadOptions::NonFinite::keep}).size() == 1);

    const GivenRows::Rows bytes{{"\xFF", {1, 2}}};
    ReadReport report;
    REQUIRE(read(GivenRows(bytes), {}, &report).word(0) == "\xFF");
    REQUIRE(report.not_utf8 == 1);
    REQUIRE(read(GivenRows(bytes), {.utf8 = ReadOptions::Utf8::replace}).word(0) == "\xEF\xBF\xBD");
    REQUIRE(test::contains(test::format_error([&] {
                               return read(GivenRows(bytes), {.utf8 = ReadOptions::Utf8::refuse});
                           }),
                           "is not UTF-8"));

    const GivenRows::Rows longer{{"king", {1, 2}}, {"queen", {1, 2, 3}}};
    REQUIRE(test::format_error([&] { return read(GivenRows(longer)); }) ==
            "the file, row 2: the vector of \"queen\" has 3 elements, expected 2");
    REQUIRE(test::format_error([&] {
                return read(GivenRows({{"king", {}}}, {}, 0));
            }) == "the file, row 1: the vector of \"king\" has 0 elements, expected 1 to 1048576");
}
