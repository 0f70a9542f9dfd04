#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/section_file.hpp>
#include <firth/table/vocabulary.hpp>

/// A vocabulary as sections of a section file: "symbols", the symbols' bytes one after the other,
/// "symbol ends" and "counts", a u64 a symbol each, and where it is to be used in place "symbol
/// slots", see `symbol_slots`.
namespace firth {

/// What the sections are called: those of a file's second vocabulary need other names.
struct VocabularySections {
    const char* symbols = "symbols";
    const char* ends = "symbol ends";
    const char* counts = "counts";
    const char* index = "symbol slots";
};

/// Writes the sections. Throws `IoError`.
inline void write_vocabulary(SectionFileWriter& file, const Vocabulary& vocabulary,
                             const VocabularySections& sections = {}) {
    file.begin(sections.symbols);
    std::vector<std::uint64_t> ends;
    ends.reserve(vocabulary.size());
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::string_view symbol = vocabulary[id];
        file.write(symbol);
        ends.push_back((ends.empty() ? 0 : ends.back()) + symbol.size());
    }
    file.array(sections.ends, std::span<const std::uint64_t>(ends));
    file.array(sections.counts, vocabulary.counts());
}

/// Writes the sections, with the index by which the vocabulary can be used in place.
inline void write_mappable_vocabulary(SectionFileWriter& file, const Vocabulary& vocabulary,
                                      const VocabularySections& sections = {}) {
    write_vocabulary(file, vocabulary, sections);
    file.array(sections.index, std::span<const std::uint64_t>(symbol_slots(vocabulary)));
}

/// Reads the sections. Throws `FormatError` where they are damaged or not sound.
[[nodiscard]] inline Vocabulary read_vocabulary(const SectionFile& file) {
    for (const char* const section : {"symbols", "symbol ends", "counts"}) {
        file.verify(section);
    }
    const std::string_view symbols = file.section("symbols");
    const auto ends = file.array<std::uint64_t>("symbol ends");
    const auto counts = file.array<std::uint64_t>("counts");
    if (ends.size() != counts.size() || (ends.empty() ? 0 : ends.back()) != symbols.size()) {
        file.fail(0, "the sections of its vocabulary do not fit each other");
    }
    Vocabulary vocabulary;
    vocabulary.reserve(ends.size());
    std::uint64_t begin = 0;
    for (std::size_t id = 0; id < ends.size(); ++id) {
        if (ends[id] < begin || ends[id] > symbols.size()) {
            file.fail(0, "the ends of its symbols do not rise");
        }
        const std::string_view symbol = symbols.substr(begin, ends[id] - begin);
        if (!vocabulary.add(symbol, counts[id]).second) {
            file.fail(0, "it holds the symbol \"" + std::string(symbol) + "\" twice");
        }
        begin = ends[id];
    }
    return vocabulary;
}

/// The vocabulary of a section file, in place: looks at nothing but the sizes of the sections.
/// Throws `FormatError` where these do not fit each other.
[[nodiscard]] inline Vocabulary map_vocabulary(const std::shared_ptr<const SectionFile>& file,
                                               const VocabularySections& sections = {}) {
    MappedSymbols symbols{file->section(sections.symbols),
                          file->array<std::uint64_t>(sections.ends),
                          file->array<std::uint64_t>(sections.counts),
                          file->array<std::uint64_t>(sections.index), file->path()};
    if (symbols.ends.size() != symbols.counts.size() || symbols.ends.size() >= no_id) {
        file->fail_in(sections.counts, "has " + std::to_string(symbols.counts.size()) +
                                           " numbers, but there are " +
                                           std::to_string(symbols.ends.size()) + " symbols");
    }
    if (!std::has_single_bit(symbols.buckets.size()) ||
        symbols.buckets.size() <= symbols.ends.size()) {
        file->fail_in(sections.index, "has " + std::to_string(symbols.buckets.size()) +
                                          " slots, expected a power of two above the number of "
                                          "symbols");
    }
    return Vocabulary(file, std::move(symbols));
}

/// Throws `FormatError` where a mapped vocabulary is damaged: every symbol must be found under its
/// own id.
inline void check_vocabulary(const Vocabulary& vocabulary, const std::string& name) {
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::string_view symbol = vocabulary[id];
        if (vocabulary.find(symbol) != id) {
            throw FormatError(name + ": symbol " + std::to_string(id) + ", \"" +
                              std::string(symbol) + "\", is not found under its number");
        }
    }
}

} // namespace firth
