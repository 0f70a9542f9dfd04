// A user's own format, through every function that goes by a list of formats.

#include <firth/io/formats.hpp>
#include <firth/io/load.hpp>
#include <firth/io/save.hpp>
#include <firth/io/verify.hpp>

#include <memory>
#include <string>
#include <utility>

#include <firth/base/atomic_file.hpp>

#include "support.hpp"

using namespace firth;

namespace {

constexpr VectorFormat plain_format{
    .name = "plain", .extensions = {".plain"}, .words = {.empty = false, .separators = "\n"}};

/// A mark, then word2vec's text.
class PlainWriter final : public RowWriter {
public:
    PlainWriter(const std::string& path, std::uint64_t rows, std::size_t dim)
        : RowWriter(path, rows, dim, plain_format), file_(path) {
        file_.write("PLAIN\n" + std::to_string(rows) + ' ' + std::to_string(dim) + '\n');
    }

private:
    void put(const Row& row) override {
        std::string line(row.word);
        for (const float value : row.vector) {
            line += ' ' + float_text(value);
        }
        file_.write(line + '\n');
    }
    void end() override { file_.commit(); }

    AtomicFile file_;
};

struct PlainFormat {
    static constexpr VectorFormat format = plain_format;
    static constexpr std::string_view mark = "PLAIN\n";

    static bool recognize(const FileSample& file) { return file.bytes().starts_with(mark); }
    static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                   ReadReport* report) {
        return parse_word2vec_text(file.bytes().substr(mark.size()), file.path(), options, report);
    }
    static std::unique_ptr<RowReader> rows(const OpenedFile& file, const ReadOptions& options) {
        return std::make_unique<Word2VecTextReader>(file.bytes().substr(mark.size()), file.path(),
                                                    options);
    }
    static std::unique_ptr<RowWriter> writer(const std::string& path, std::uint64_t rows,
                                             std::size_t dim, const SaveOptions&) {
        return std::make_unique<PlainWriter>(path, rows, dim);
    }
};

/// The same without what may be left out, but with what differs from the rest.
struct ReadPlainFormat {
    static constexpr VectorFormat format{.name = "read-plain"};

    static bool recognize(const FileSample& file) { return PlainFormat::recognize(file); }
    static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                   ReadReport* report) {
        return PlainFormat::load(file, options, report);
    }
    static std::unique_ptr<RowReader> rows(const OpenedFile& file, const ReadOptions& options) {
        return PlainFormat::rows(file, options);
    }
    static ElementType stored_type(const OpenedFile&, const ReadOptions&) {
        return ElementType::f16;
    }
    static FileReport verify(const OpenedFile& file, const ReadOptions& options) {
        FileReport report = verify_rows<ReadPlainFormat>(file, options);
        report.checked.emplace_back("its mark");
        return report;
    }
};

using MyFormats = KnownFormats::with<PlainFormat>;
using MyReadFormats = KnownFormats::with<ReadPlainFormat>;

struct NoConstant : PlainFormat {
    static constexpr int format = 1;
};
struct NoName : PlainFormat {
    static constexpr VectorFormat format{};
};
struct NoRecognize : PlainFormat {
    static bool recognize(int);
};
struct NoLoad : PlainFormat {
    static bool load(const OpenedFile&);
};
struct NoRows : PlainFormat {
    static std::unique_ptr<RowReader> rows(int);
};
struct OtherWriter : PlainFormat {
    static int writer(const std::string&);
};
static_assert(WritableFormat<PlainFormat>);
static_assert(VectorFormatDescription<ReadPlainFormat> && !WritableFormat<ReadPlainFormat>);
static_assert(!VectorFormatDescription<NoConstant> && !VectorFormatDescription<NoName>);
static_assert(!VectorFormatDescription<NoRecognize> && !VectorFormatDescription<NoLoad>);
static_assert(!VectorFormatDescription<NoRows>);
static_assert(VectorFormatDescription<OtherWriter> && !WritableFormat<OtherWriter>);
static_assert(!VectorFormatDescription<int>);
static_assert(VectorFormatList<KnownFormats> && VectorFormatList<FormatList<PlainFormat>>);
static_assert(!VectorFormatList<PlainFormat>);
static_assert(MyFormats::all.size() == KnownFormats::all.size() + 1 &&
              MyFormats::all[0] == plain_format && MyFormats::written[0] == plain_format);
static_assert(MyReadFormats::written.size() == KnownFormats::written.size());

} // namespace

TEST_CASE("a user's own format goes through every function of files") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = test::random_vectors(5, 3, 1);
    const std::string path = folder / "v.plain";
    REQUIRE(format_of_name<MyFormats>(path) == plain_format);
    REQUIRE(format_of_name<MyFormats>("v.npy") == npy_format);
    REQUIRE(save<MyFormats>(vectors, path).rows == 5);
    REQUIRE(test::read_file(path).starts_with("PLAIN\n5 3\n"));

    REQUIRE(recognize_format<MyFormats>(test::read_file(path)) == plain_format);
    REQUIRE(file_format<MyFormats>(path) == plain_format);
    const VectorFile file(path, MyFormats());
    REQUIRE(file.format() == plain_format);
    REQUIRE(stored_type<MyFormats>(file) == ElementType::f32);
    REQUIRE(stored_type<MyFormats>(path) == ElementType::f32);
    ReadReport report;
    const WordVectors<float> read = load<MyFormats>(path, {.top = 4}, &report);
    REQUIRE(read.size() == 4);
    REQUIRE(report.header_rows == 5);
    REQUIRE(load<MyFormats>(file).size() == 5);
    RowFile rows(path, {}, MyFormats());
    REQUIRE(rows.format() == plain_format);
    for (Id id = 0; id < vectors.size(); ++id) {
        const std::optional<Row> row = rows.next();
        REQUIRE(row);
        REQUIRE(row->word == vectors.word(id));
        REQUIRE(std::equal(row->vector.begin(), row->vector.end(), vectors[id].begin()));
    }
    REQUIRE_FALSE(rows.next());
    REQUIRE(RowFile(file, {}, MyFormats()).dim() == 3);
    const FileReport verified = verify<MyFormats>(path);
    REQUIRE(verified.format == "plain");
    REQUIRE(verified.rows == 5);
    REQUIRE(verified.checked == verify<MyFormats>(file).checked);

    // What the other formats do is theirs still.
    save<MyFormats>(vectors, folder / "v.npy");
    REQUIRE(file_format<MyFormats>(folder / "v.npy") == npy_format);
    save<MyFormats>(vectors, folder / "other", plain_format);
    REQUIRE(test::read_file(folder / "other") == test::read_file(path));
    const auto writer = make_writer<MyFormats>(path, 1, 2);
    writer->add({"one", test::random_vectors(1, 2, 1)[Id{0}]});
    writer->finish();
    REQUIRE(load<MyFormats>(path).dim() == 2);
    Vocabulary unwritable;
    unwritable.add("a\nb");
    REQUIRE_THROWS_AS(check_words(unwritable, plain_format), OptionError);
}

TEST_CASE("a format says what differs from the rest, and one that is in no list is refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.plain";
    save<MyFormats>(test::random_vectors(5, 3, 1), path);
    REQUIRE(stored_type<MyReadFormats>(path) == ElementType::f16);
    REQUIRE(verify<MyReadFormats>(path).checked.back() == "its mark");
    const auto message = [](auto&& what) {
        return test::message_of<OptionError>([&] { static_cast<void>(what()); });
    };
    REQUIRE(test::contains(message([&] {
                               return make_writer<MyReadFormats>(
                                   path, 1, 1, {.format = ReadPlainFormat::format});
                           }),
                           "read-plain are read only"));
    const VectorFile file(path, MyFormats());
    REQUIRE(test::contains(message([&] { return load(file); }), "\"plain\" is not in the list"));
    REQUIRE(test::contains(message([&] { return format_of_name(path); }), "names no format"));
    REQUIRE(VectorFile(path).format() == glove_text_format); // the first line has no say

    // A list of few formats knows no others.
    using Few = FormatList<NpyFormat, PlainFormat>;
    REQUIRE(load<Few>(path).size() == 5);
    REQUIRE(test::contains(
        test::format_error([] { return recognize_format<Few>("king 0.1 0.2\nqueen 0.3 0.4\n"); }),
        "a format that is not in the list"));
}
