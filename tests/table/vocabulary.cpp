/// Vocabularies in memory, in files and in place.

#include <firth/table/vocabulary.hpp>

#include <algorithm>

#include <firth/table/vocabulary_sections.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// What a vocabulary in a file is made of, as a test may change it.
struct Parts {
    std::string bytes;
    std::vector<std::uint64_t> ends;
    std::vector<std::uint64_t> counts;
    std::vector<std::uint64_t> slots;

    explicit Parts(const Vocabulary& vocabulary)
        : counts(vocabulary.counts().begin(), vocabulary.counts().end()),
          slots(symbol_slots(vocabulary)) {
        for (const std::string_view symbol : vocabulary.symbols()) {
            bytes += symbol;
            ends.push_back(bytes.size());
        }
    }

    [[nodiscard]] Vocabulary vocabulary() const {
        return Vocabulary(std::make_shared<int>(0),
                          MappedSymbols{bytes, ends, counts, slots, "the file"});
    }

    void write(const std::string& path, bool in_place = true) const {
        SectionFileWriter file(path, "test", 1);
        file.section("symbols", bytes);
        file.begin("symbol ends");
        file.write_array(std::span<const std::uint64_t>(ends));
        file.begin("counts");
        file.write_array(std::span<const std::uint64_t>(counts));
        if (in_place) {
            file.begin("symbol slots");
            file.write_array(std::span<const std::uint64_t>(slots));
        }
        file.commit();
    }
};

Vocabulary some_words(std::size_t count) {
    Vocabulary words;
    for (std::size_t i = 0; i < count; ++i) {
        words.add("word" + std::to_string(i * i), 1000 - i);
    }
    return words;
}

void require_same(const Vocabulary& a, const Vocabulary& b) {
    REQUIRE(a.symbols() == b.symbols());
    REQUIRE(std::ranges::equal(a.counts(), b.counts()));
    for (Id id = 0; id < a.size(); ++id) {
        REQUIRE(b.find(a[id]) == id);
    }
}

} // namespace

TEST_CASE("a mapped vocabulary answers as one in memory, and is copied when it grows",
          "[vocabulary]") {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 100u, 700u}) {
        const Vocabulary words = some_words(count);
        const Parts parts(words);
        Vocabulary mapped = parts.vocabulary();
        REQUIRE(mapped.is_mapped());
        REQUIRE(mapped.size() == count);
        REQUIRE(mapped.empty() == (count == 0));
        require_same(words, mapped);
        REQUIRE_FALSE(mapped.find("absent"));
        REQUIRE_FALSE(mapped.contains("word2"));
        const Vocabulary copy = mapped;
        REQUIRE(copy.is_mapped());
        mapped.reserve(10);
        REQUIRE(mapped.is_mapped());
        REQUIRE(mapped.add("new", 3) == std::pair<Id, bool>(static_cast<Id>(count), true));
        REQUIRE_FALSE(mapped.is_mapped());
        if (count > 0) {
            REQUIRE(mapped.add(words[0], 5) == std::pair<Id, bool>(0, false));
            REQUIRE(mapped.count(0) == 1005);
        }
        require_same(copy, words);
        // One takes the other's place.
        Vocabulary one = copy;
        Vocabulary other = some_words(3);
        one.swap(other);
        require_same(other, words);
        require_same(one, some_words(3));
        REQUIRE(other.is_mapped());
        REQUIRE_FALSE(one.is_mapped());
    }
}

TEST_CASE("the index of symbols holds each behind its hash, in the first free slot",
          "[vocabulary]") {
    for (const std::size_t count : {0u, 1u, 2u, 4u, 5u, 333u}) {
        const Vocabulary words = some_words(count);
        const std::vector<std::uint64_t> slots = symbol_slots(words);
        REQUIRE(std::has_single_bit(slots.size()));
        REQUIRE(slots.size() >= 2 * count);
        REQUIRE(slots.size() > count);
        REQUIRE(slots.size() < 4 * count + 4);
        for (Id id = 0; id < count; ++id) {
            const std::uint64_t hash = checksum(words[id]);
            std::size_t at = hash % slots.size();
            while (static_cast<Id>(slots[at]) != id) {
                REQUIRE(static_cast<Id>(slots[at]) < id); // taken by one that came before
                at = (at + 1) % slots.size();
            }
            REQUIRE(slots[at] >> 32 == hash >> 32);
        }
        REQUIRE(static_cast<std::size_t>(std::ranges::count_if(slots, [](std::uint64_t slot) {
                    return static_cast<Id>(slot) == no_id;
                })) == slots.size() - count);
    }
}

TEST_CASE("symbols whose hashes crowd at the end of the index go on at its beginning",
          "[vocabulary]") {
    Vocabulary words; // 16 slots for five symbols: all of them begin in the last
    for (int i = 0; words.size() < 5; ++i) {
        const std::string word = "x" + std::to_string(i);
        if (checksum(word) % 16 == 15) words.add(word);
    }
    const Parts parts(words);
    REQUIRE(parts.slots.size() == 16);
    require_same(words, parts.vocabulary());
    for (std::size_t slot = 0; slot < 16; ++slot) {
        const bool taken = slot == 15 || slot < 4;
        REQUIRE((static_cast<Id>(parts.slots[slot]) != no_id) == taken);
    }
}

TEST_CASE("a mapped vocabulary notices damage where it comes upon it", "[vocabulary]") {
    const Vocabulary words = some_words(10);
    Parts parts(words);
    parts.ends[4] = parts.bytes.size() + 1;
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(parts.vocabulary()[4]); }),
        "the file: symbol 4 lies in bytes"));
    REQUIRE_THROWS_AS(parts.vocabulary()[5], FormatError); // begins behind its end
    REQUIRE(parts.vocabulary()[3] == words[3]);
    REQUIRE_THROWS_AS(parts.vocabulary().symbols(), FormatError);

    // An id in the index that there is not.
    parts = Parts(words);
    const std::uint64_t hash = checksum(words[2]);
    for (std::uint64_t& slot : parts.slots) {
        if (static_cast<Id>(slot) == 2) slot = hash >> 32 << 32 | 10;
    }
    REQUIRE(test::contains(test::message_of<FormatError>(
                               [&] { static_cast<void>(parts.vocabulary().find(words[2])); }),
                           "names symbol 10 of 10"));
    // An index without free slots ends the search all the same.
    parts = Parts(words);
    for (std::uint64_t& slot : parts.slots) {
        if (static_cast<Id>(slot) == no_id) slot = 0;
    }
    REQUIRE_FALSE(parts.vocabulary().find("absent"));
    REQUIRE(parts.vocabulary().find(words[2]) == 2);
    // Two symbols of which one has the other's place.
    parts = Parts(words);
    for (std::uint64_t& slot : parts.slots) {
        if (static_cast<Id>(slot) == 2) slot = no_id;
    }
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { check_vocabulary(parts.vocabulary(), "the file"); }),
        "symbol 2, \"word4\", is not found"));
    REQUIRE_NOTHROW(check_vocabulary(words, "memory"));
    parts = Parts(words);
    for (std::uint64_t& slot : parts.slots) {
        if (static_cast<Id>(slot) == 9) slot = no_id; // the last one
    }
    REQUIRE_THROWS_AS(check_vocabulary(parts.vocabulary(), "the file"), FormatError);
}

TEST_CASE("sections of a vocabulary that do not fit each other are refused", "[vocabulary]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "file";
    const Vocabulary words = some_words(10);
    const auto read = [&] { return read_vocabulary(SectionFile(path, "test", 1)); };
    const auto mapped = [&] {
        return map_vocabulary(std::make_shared<const SectionFile>(path, "test", 1));
    };
    Parts(words).write(path);
    require_same(words, read());
    require_same(words, mapped());
    REQUIRE(mapped().is_mapped());
    {
        SectionFileWriter file(path, "test", 1);
        write_mappable_vocabulary(file, words);
        file.commit();
    }
    require_same(words, read());
    require_same(words, mapped());
    const auto refused = [&](auto&& change, const std::string& why) {
        Parts parts(words);
        change(parts);
        parts.write(path);
        REQUIRE(
            test::contains(test::message_of<FormatError>([&] { static_cast<void>(read()); }), why));
    };
    refused([](Parts& p) { p.counts.pop_back(); }, "do not fit each other");
    refused([](Parts& p) { p.counts.push_back(1); }, "do not fit each other");
    refused([](Parts& p) { p.bytes += 'x'; }, "do not fit each other");
    refused([](Parts& p) { p.ends.pop_back(); }, "do not fit each other");
    refused([](Parts& p) { std::swap(p.ends[3], p.ends[4]); }, "do not rise");
    refused([](Parts& p) { p.ends[3] = p.bytes.size() + 5; }, "do not rise");
    refused(
        [](Parts& p) {
            p.bytes += "word0";
            p.ends.push_back(p.bytes.size());
            p.counts.push_back(1);
        },
        "holds the symbol \"word0\" twice");
    const auto not_mapped = [&](auto&& change, const std::string& why) {
        Parts parts(words);
        change(parts);
        parts.write(path);
        REQUIRE(test::contains(test::message_of<FormatError>([&] { static_cast<void>(mapped()); }),
                               why));
    };
    not_mapped([](Parts& p) { p.counts.pop_back(); }, "has 9 numbers, but there are 10 symbols");
    not_mapped([](Parts& p) { p.slots.pop_back(); }, "expected a power of two");
    not_mapped([](Parts& p) { p.slots.resize(8); }, "expected a power of two");
    not_mapped([](Parts& p) { p.slots.clear(); }, "expected a power of two");
    // Letters that are others than those that were written.
    Parts(words).write(path);
    std::string bytes = test::read_file(path);
    bytes[bytes.find("word0")] = 'W';
    test::write_file(path, bytes);
    REQUIRE(test::contains(test::message_of<FormatError>([&] { static_cast<void>(read()); }),
                           "checksum"));
    Parts(words).write(path, false);
    REQUIRE_NOTHROW(read());
    REQUIRE_THROWS_AS(mapped(), FormatError);
}

TEST_CASE("vocabularies number symbols in order and find them again") {
    Vocabulary vocabulary;
    std::vector<std::string> words;
    for (int i = 0; i < 20000; ++i) {
        words.push_back("word" + std::to_string(i * i));
    }
    words.push_back(std::string(100000, 'x'));
    words.push_back("\xFF\xFE not UTF-8");
    words.push_back(std::string("a\0b", 3));
    words.push_back("");
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto [id, is_new] = vocabulary.add(words[i], i);
        REQUIRE(id == i);
        REQUIRE(is_new);
    }
    Vocabulary copy = vocabulary;
    const Vocabulary moved = std::move(vocabulary);
    vocabulary.add("fresh");
    REQUIRE(vocabulary.size() == 1);
    for (const Vocabulary* each : {&std::as_const(copy), &moved}) {
        REQUIRE(each->size() == words.size());
        for (Id id = 0; id < words.size(); ++id) {
            REQUIRE((*each)[id] == words[id]);
            REQUIRE(each->find(words[id]) == id);
            REQUIRE(each->count(id) == id);
        }
        REQUIRE_FALSE(each->find("absent").has_value());
    }
    REQUIRE(copy.add(words[3], 10) == std::pair<Id, bool>(3, false));
    REQUIRE(copy.count(3) == 13);
    REQUIRE(moved.count(3) == 3);
}
