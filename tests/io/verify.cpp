#include <firth/io/verify.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace firth;

namespace {

/// A slow reading of its own: what is wrong with the bytes of a file of a format, or nothing. Uses
/// none of the readers.
class SecondReading {
public:
    SecondReading(VectorFormat format, std::string_view bytes) : bytes_(bytes) { read(format); }

    std::string fault;
    std::size_t rows = 0;
    std::size_t dim = 0;
    std::vector<std::string> words;

private:
    void read(VectorFormat format) {
        if (format == word2vec_text_format) return read_text(true);
        if (format == glove_text_format) return read_text(false);
        if (format == word2vec_binary_format) return read_binary();
        if (format == npy_format) return read_npy();
        if (format == projector_format) return read_projector();
        if (format == fvecs_format || format == ivecs_format) return read_vecs(4);
        if (format == bvecs_format) return read_vecs(1);
        if (format == safetensors_format) return read_safetensors();
        // The rest are judged by their bytes.
    }

    static std::vector<std::string> split(const std::string& text, const std::string& separators) {
        std::vector<std::string> parts(1);
        for (const char byte : text) {
            if (separators.find(byte) == std::string::npos) {
                parts.back() += byte;
            } else {
                parts.emplace_back();
            }
        }
        return parts;
    }

    /// The lines that are not blank, without white space at their ends.
    static std::vector<std::string> lines_of(const std::string& text) {
        std::vector<std::string> lines;
        for (std::string line : split(text, "\n")) {
            while (!line.empty() && std::string(" \t\r").find(line.back()) != std::string::npos) {
                line.pop_back();
            }
            if (!line.empty()) lines.push_back(line);
        }
        return lines;
    }

    static bool is_number(const std::string& field) {
        if (field.empty() || std::isspace(static_cast<unsigned char>(field[0])) != 0) return false;
        char* end = nullptr;
        static_cast<void>(std::strtof(field.c_str(), &end));
        return *end == '\0' && end == field.c_str() + field.size();
    }

    void fail(const std::string& what) {
        if (fault.empty()) fault = what;
    }

    void check_words() {
        std::set<std::string> seen;
        for (const std::string& word : words) {
            if (!seen.insert(word).second) fail("the word " + word + " twice");
        }
    }

    void read_text(bool header) {
        std::vector<std::string> lines = lines_of(std::string(bytes_));
        std::size_t promised = 0;
        if (header) {
            if (lines.empty()) return fail("no header");
            const std::vector<std::string> fields = split(lines[0], " \t");
            if (fields.size() != 2) return fail("a header of other than two fields");
            for (const std::string& field : fields) {
                if (field.find_first_not_of("0123456789") != field.npos) fail("no whole number");
            }
            promised = std::strtoull(fields[0].c_str(), nullptr, 10);
            dim = std::strtoull(fields[1].c_str(), nullptr, 10);
            lines.erase(lines.begin());
            if (lines.size() != promised) fail("another number of rows than promised");
        } else {
            // The commonest number of numbers.
            std::map<std::size_t, std::size_t> common;
            for (const std::string& line : lines) {
                const std::vector<std::string> fields = split(line, " ");
                std::size_t numbers = 0;
                while (numbers + 1 < fields.size() &&
                       is_number(fields[fields.size() - 1 - numbers])) {
                    ++numbers;
                }
                ++common[numbers];
            }
            for (const auto& [numbers, times] : common) {
                if (dim == 0 || times > common[dim]) dim = numbers;
            }
            if (common.size() > 1) fail("rows of different lengths");
        }
        if (dim == 0 && !(header && promised == 0)) fail("no numbers");
        for (const std::string& line : lines) {
            std::vector<std::string> fields = split(line, " \t");
            if (fields.size() < dim + 1) return fail("too few fields: " + line);
            for (std::size_t i = 0; i < dim; ++i) {
                const std::string& field = fields[fields.size() - dim + i];
                if (!is_number(field) || !std::isfinite(std::strtof(field.c_str(), nullptr))) {
                    return fail("no finite number: " + field);
                }
            }
            fields.resize(fields.size() - dim);
            for (std::size_t i = 1; i < fields.size(); ++i) {
                if (is_number(fields[i])) fail("a number too many: " + line);
            }
            std::size_t size = 0; // of the word: all but the last fields
            for (const std::string& field : fields) {
                size += field.size() + 1;
            }
            words.push_back(line.substr(0, size - 1));
        }
        rows = words.size();
        check_words();
    }

    template <class T>
    T number_at(std::size_t at) {
        T value{};
        if (at + sizeof(T) > bytes_.size()) {
            fail("the end within a number");
        } else {
            std::memcpy(&value, bytes_.data() + at, sizeof(T));
        }
        return value;
    }

    void check_floats(std::size_t at, std::size_t count) {
        for (std::size_t i = 0; i < count && fault.empty(); ++i) {
            if (!std::isfinite(number_at<float>(at + 4 * i))) fail("not finite");
        }
    }

    void read_binary() {
        const std::size_t line = std::min(bytes_.find('\n'), bytes_.size());
        unsigned long long promised = 0;
        unsigned long long found_dim = 0;
        if (std::sscanf(std::string(bytes_.substr(0, line)).c_str(), "%llu %llu", &promised,
                        &found_dim) != 2) {
            return fail("no header");
        }
        dim = found_dim;
        std::size_t newlines = 0;
        std::size_t at = line + 1;
        for (rows = 0; at < bytes_.size() && fault.empty(); ++rows) {
            std::string word;
            while (at < bytes_.size() && bytes_[at] != ' ') {
                word += bytes_[at++];
            }
            if (word.empty()) return fail("an empty word");
            for (const char byte : word) {
                if (static_cast<unsigned char>(byte) < 32) return fail("a control character");
            }
            words.push_back(word);
            check_floats(++at, dim);
            at += 4 * dim;
            if (at < bytes_.size() && bytes_[at] == '\n') {
                ++at;
                ++newlines;
            }
        }
        if (at != bytes_.size()) fail("another end than that of a row");
        if (rows != promised) fail("another number of rows than promised");
        if (newlines != 0 && newlines != rows && newlines + 1 != rows) fail("mixed ends of rows");
        check_words();
    }

    void read_npy() {
        const std::size_t size = number_at<std::uint16_t>(8);
        if (bytes_.substr(0, 6) != "\x93NUMPY" || bytes_[6] != '\1') return fail("no version 1");
        const std::string header(bytes_.substr(10, size));
        unsigned long long a = 0;
        unsigned long long b = 0;
        const std::size_t shape = header.find("'shape': (");
        const std::size_t type = header.find("'descr': '<f4'");
        if (shape == header.npos || type == header.npos ||
            std::sscanf(header.c_str() + shape, "'shape': (%llu, %llu)", &a, &b) != 2) {
            return; // another array, which is left to the tests of the reader
        }
        rows = a;
        dim = b;
        if (10 + size + rows * dim * 4 != bytes_.size()) return fail("another size");
        check_floats(10 + size, rows * dim);
    }

    void read_projector() {
        for (const std::string& line : lines_of(std::string(bytes_))) {
            const std::vector<std::string> fields = split(line, "\t");
            if (dim == 0) dim = fields.size();
            if (fields.size() != dim) return fail("rows of different lengths");
            for (const std::string& field : fields) {
                if (!is_number(field) || !std::isfinite(std::strtof(field.c_str(), nullptr))) {
                    return fail("no number");
                }
            }
            ++rows;
        }
    }

    void read_vecs(std::size_t element) {
        dim = static_cast<std::size_t>(number_at<std::int32_t>(0));
        for (std::size_t at = 0; at < bytes_.size() && fault.empty(); ++rows) {
            if (number_at<std::int32_t>(at) != static_cast<std::int32_t>(dim)) fail("other dims");
            at += 4 + element * dim;
            if (at > bytes_.size()) fail("the end within a row");
        }
    }

    void read_safetensors() {
        const auto size = number_at<std::uint64_t>(0);
        const nlohmann::json header = nlohmann::json::parse(bytes_.substr(8, size), nullptr, false);
        if (header.is_discarded()) return fail("no JSON");
        std::vector<std::pair<std::size_t, std::size_t>> places;
        for (const auto& [name, tensor] : header.items()) {
            if (name == "__metadata__") continue;
            places.emplace_back(tensor["data_offsets"][0], tensor["data_offsets"][1]);
            if (name != "embeddings") continue;
            rows = tensor["shape"][0];
            dim = tensor["shape"][1];
            if (tensor["dtype"] == "F32") check_floats(8 + size + places.back().first, rows * dim);
        }
        std::sort(places.begin(), places.end());
        std::size_t end = 0;
        for (const auto& [from, to] : places) {
            if (from != end) fail("a gap");
            end = to;
        }
        if (8 + size + end != bytes_.size()) fail("another end");
    }

    std::string_view bytes_;
};

/// A change as careless hands and programs make it, to a file or to two.
std::string change(const std::vector<std::string>& files, Random& random) {
    const auto below = [&](std::size_t bound) {
        return random.below(static_cast<std::uint32_t>(std::max<std::size_t>(bound, 1)));
    };
    std::string bytes = files[below(files.size())];
    const std::size_t at = below(bytes.size());
    const auto line_begin = [&](std::size_t from) {
        const std::size_t found = bytes.find('\n', from);
        return found == bytes.npos ? bytes.size() : found + 1;
    };
    const auto replace_all = [&](const std::string& from, const std::string& to) {
        for (std::size_t i = bytes.find(from); i != bytes.npos;
             i = bytes.find(from, i + to.size())) {
            bytes.replace(i, from.size(), to);
        }
    };
    switch (below(20)) {
    case 0: // joined
        return bytes + files[below(files.size())];
    case 1: // joined with a piece of another one
    {
        const std::string& other = files[below(files.size())];
        return bytes + other.substr(below(other.size()));
    }
    case 2: // cut
        return bytes.substr(0, at);
    case 3: // the beginning lost
        return bytes.substr(at);
    case 4: // cut at the end of a line
        return bytes.substr(0, line_begin(at));
    case 5: // a line lost
        return bytes.erase(at, line_begin(at) - at);
    case 6: { // a line twice
        const std::size_t begin = line_begin(at);
        return bytes.insert(begin, bytes.substr(begin, line_begin(begin) - begin));
    }
    case 7: // a newline lost
        bytes.erase(std::min(bytes.find('\n', at), bytes.size() - 1), 1);
        return bytes;
    case 8: // a newline become a space
        bytes[std::min(bytes.find('\n', at), bytes.size() - 1)] = ' ';
        return bytes;
    case 9: // a piece lost
        return bytes.erase(at, 1 + below(12));
    case 10: // something put in
        return bytes.insert(at, std::vector<std::string>{" ", "0.5 ", "\n", "x", "7", " -1", "\t",
                                                         ".", "nan", "e9", "\xFF"}[below(11)]);
    case 11: // the header, or whatever is there, with another number
        return bytes.insert(0, std::to_string(below(10)));
    case 12: // a header that is none
        return std::vector<std::string>{
                   "-3 4\n", "3.0 4\n", "3 4 1\n", "3\n", "# 3 4\n", "3,4\n"}[below(6)] +
               bytes.substr(below(2) == 0 ? 0 : line_begin(0));
    case 13: // the mark of an editor
        return "\xEF\xBB\xBF" + bytes;
    case 14: // decimal commas
        replace_all(".", ",");
        return bytes;
    case 15: // other spaces
        replace_all(" ", below(2) == 0 ? "\t" : ",");
        return bytes;
    case 16: { // UTF-16
        std::string wide = below(2) == 0 ? "\xFF\xFE" : "";
        for (const char byte : bytes) {
            wide += byte;
            wide += '\0';
        }
        return wide;
    }
    case 17: // the ends of lines of another system
        replace_all("\n", "\r\n");
        return bytes;
    default: // some bytes changed
        for (std::size_t i = 0; i <= below(3); ++i) {
            const char* const often = "0123456789 .-\n\te,x";
            bytes[below(bytes.size())] =
                below(2) == 0 ? often[below(std::strlen(often))] : static_cast<char>(below(256));
        }
        return bytes;
    }
}

/// A file of each format, with different numbers of rows and dims.
std::vector<std::string> small_files(const std::string& folder) {
    std::vector<std::string> files;
    const auto add = [&](const WordVectors<float>& vectors, const SaveOptions& options) {
        save(vectors, folder + "sound", options);
        files.push_back(test::read_file(folder + "sound"));
    };
    for (const VectorFormat& format : KnownFormats::written) {
        for (const auto& [rows, dim] : {std::pair(3u, 4u), std::pair(5u, 3u), std::pair(2u, 1u)}) {
            WordVectors<float> vectors = test::random_vectors(rows, dim, rows * 10 + dim);
            EmbeddingTable<float>& table = vectors.mutable_table();
            for (std::size_t i = 0; i < std::size_t{rows} * dim; ++i) {
                float& element = table[i / dim][i % dim];
                const bool whole = format == bvecs_format || format == ivecs_format;
                element = whole ? static_cast<float>(i * 37 % 200 + 1)
                                : std::round(element * 1000) / 1000;
            }
            add(vectors, {.format = format});
        }
    }
    add(test::random_vectors(3, 4, 1), {.format = native_format, .type = ElementType::i8});
    files.push_back(test::FastTextSample{.buckets = 3}.bytes());
    files.push_back("new york 1 2 3\n. . . 4 5 6\nplain 7 8 9.5\n");
    files.push_back("the 0.1 0.2\nof 0.3 -0.4\nand 0.5 1e-3\n");
    return files;
}

struct Tally {
    std::size_t sound = 0;
    std::size_t doubtful = 0;
    std::size_t refused = 0;
};

/// Verifies changed files; what is called sound must stand a second reading.
Tally verify_changed(const std::vector<std::string>& files, std::size_t rounds) {
    const test::TemporaryFolder folder;
    const std::string path = folder / "changed";
    test::write_file(folder / "changed.words.txt", "one\ntwo\nthree\n");
    test::write_file(folder / "changed.metadata.tsv", "one\ntwo\nthree\n");
    Random random(12);
    Tally tally;
    for (std::size_t round = 0; round < rounds; ++round) {
        const std::string bytes = change(files, random);
        std::filesystem::remove(
            path); // some file systems wait for the disk where one is written over
        test::write_file(path, bytes);
        FileReport report;
        try {
            report = verify(path, {.threads = 1});
        } catch (const Error&) {
            ++tally.refused;
            continue;
        }
        ++(report.sound() ? tally.sound : tally.doubtful);
        if (!report.sound()) continue;
        const VectorFormat format{.name = report.format};
        if (format == native_format) {
            // Every byte of such a file is under a checksum or must be zero.
            if (std::find(files.begin(), files.end(), bytes) == files.end()) {
                FAIL("round " << round << ": a changed .firth file is called sound");
            }
            continue;
        }
        const SecondReading second(format, bytes);
        const bool told =
            second.fault.empty() &&
            (second.rows == 0 || (second.rows == report.rows && second.dim == report.dim));
        if (!told) {
            FAIL("round " << round << ": " << report.format << " of " << report.rows << " x "
                          << report.dim << " is called sound, but: " << second.fault << "\n"
                          << bytes);
        }
        if (second.words.empty()) continue;
        const WordVectors<float> vectors = load(path, {.threads = 1});
        for (Id id = 0; id < vectors.size(); ++id) {
            if (vectors.word(id) != second.words[id]) FAIL("round " << round << ": other words");
        }
    }
    return tally;
}

FileReport verify_bytes(const std::string& bytes, const std::string& name = "v") {
    const test::TemporaryFolder folder;
    test::write_file(folder / name, bytes);
    return verify(folder / name);
}

} // namespace

TEST_CASE("ten thousand files, joined, cut and edited: nothing wrong is called sound") {
    const test::TemporaryFolder folder;
    const std::vector<std::string> files = small_files(folder / "");
    const Tally tally = verify_changed(files, 10000);
    // So that the test is one: some changes leave a sound file.
    REQUIRE(tally.sound > 500);
    REQUIRE(tally.doubtful > 300);
    REQUIRE(tally.refused > 5000);
}

TEST_CASE("files of the peers, joined, cut and edited") {
    const auto data = test::data_folder();
    if (!data) return;
    std::vector<std::string> files;
    for (const char* const name : {"glove/test_glove.txt", "fasttext/toy-model.vec",
                                   "fasttext/toy-model.bin", "word2vec/ff-embeddings.dims.txt",
                                   "word2vec/ff-embeddings.txt", "word2vec/ff-embeddings.w2v"}) {
        files.push_back(test::read_file(*data + "/vectors/" + name));
        REQUIRE(verify_bytes(files.back()).rows != 0);
    }
    const Tally tally = verify_changed(files, 1000);
    REQUIRE(tally.refused > 500);
}

TEST_CASE("a report says what was looked at, and what is worth a look") {
    const FileReport good = verify_bytes("king 0.1 0.2\nqueen 0.3 0.4\n1998 0.5 0.6\n");
    REQUIRE(good.sound());
    REQUIRE(good.format == "glove-text");
    REQUIRE(good.rows == 3);
    REQUIRE(good.dim == 2);
    REQUIRE(good.checked.size() == 2);
    REQUIRE(test::contains(good.checked[0], "every row has 2 finite numbers"));
    REQUIRE(verify_bytes("2 2\na 1 2\nb 3 4\n").checked.size() == 3);

    const auto warning = [](const std::string& bytes) {
        const FileReport report = verify_bytes(bytes);
        REQUIRE_FALSE(report.sound());
        REQUIRE(report.warnings.size() == 1);
        return report.warnings[0];
    };
    REQUIRE(test::contains(warning("2 2\n0.5 1 2\nb 3 4\n"),
                           "1 word that look like elements of vectors, such as \"0.5\""));
    REQUIRE(test::contains(warning("a 1 2\n-3 1 2\n1e5 3 4\n"), "2 words that look"));
    REQUIRE(test::contains(warning("17 1 2\nb 3 4\nc 5 6\n"), "whole numbers, such as \"17\""));
    REQUIRE(test::contains(warning("a 1 2\n18 3 4\n19 5 6\n"), "2 words that are whole numbers"));
    REQUIRE(verify_bytes("a 1 2\n18 3 4\n").sound());
    REQUIRE(verify_bytes("a 1 2\nnan 3 4\ninfinity 5 6\n").sound());
    REQUIRE(test::contains(warning("\xEF\xBB\xBF"
                                   "a 1 2\nb 3 4\n"),
                           "byte-order mark"));
    REQUIRE(test::contains(warning("2 2\na 1 2\n\xEF\xBB\xBF"
                                   "b 3 4\n"),
                           "begin with a byte-order mark"));
    REQUIRE(test::contains(warning("the 12\nof 10\nand 7\n"), "a vocabulary with counts?"));
    REQUIRE(test::contains(warning("2 2\na\x01 1 2\nb 3 4\n"), "control characters"));
    REQUIRE(test::contains(warning("2 2\na\xFF 1 2\nb 3 4\n"), "1 words are not UTF-8"));
    const std::string binary = format_word2vec_binary(test::random_vectors(3, 2, 1));
    REQUIRE(verify_bytes(binary).sound());
    REQUIRE(verify_bytes(binary.substr(0, binary.size() - 1)).sound());
    REQUIRE(test::contains(warning(std::string("2 1\nw0 \xBE\nw1 \xA4p\xBD>\n")), "empty word"));
    REQUIRE(test::contains(warning(binary + "\n"), "some rows end with a newline"));
    std::string mixed = binary;
    mixed.erase(4 + 3 + 8, 1);
    REQUIRE(test::contains(warning(mixed), "some rows end with a newline"));
    REQUIRE(test::contains(warning([] {
                               const test::TemporaryFolder folder;
                               write_npy(test::random_vectors(2, 2, 1), folder / "v.npy");
                               return test::read_file(folder / "v.npy");
                           }()),
                           "named by their numbers"));
    REQUIRE(test::contains(test::format_error([] { return verify_bytes("a 1 2\na 3 4\n").rows; }),
                           "there before"));
}

TEST_CASE("every byte of a .firth file counts, and other kinds are looked at, too") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    save(test::random_vectors(3, 4, 1), path);
    const FileReport report = verify(path);
    REQUIRE(report.sound());
    REQUIRE(report.kind == "vectors");
    REQUIRE(report.rows == 3);
    const std::string bytes = test::read_file(path);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        std::filesystem::remove(path);
        test::write_file(path, changed);
        INFO("byte " << at);
        REQUIRE_THROWS_AS(verify(path), FormatError);
    }
    {
        SectionFileWriter file(path, "corpus", 1);
        file.section("words", "abc");
        file.commit();
    }
    REQUIRE(verify(path).kind == "corpus");
    std::string changed = test::read_file(path);
    changed[64] ^= 1;
    test::write_file(path, changed);
    REQUIRE(test::contains(test::format_error([&] { return verify(path).rows; }), "checksum"));
}
