#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/container.hpp>
#include <firth/table/vocabulary.hpp>

/// A vocabulary as three sections of a container: "symbols", the symbols' bytes one behind the
/// other, "symbol ends" and "counts", a u64 a symbol each.
namespace firth {

/// Writes the sections. Throws `IoError`.
inline void write_vocabulary(ContainerWriter& file, const Vocabulary& vocabulary) {
    file.begin("symbols");
    std::vector<std::uint64_t> ends;
    ends.reserve(vocabulary.size());
    for (const std::string_view symbol : vocabulary.symbols()) {
        file.write(symbol);
        ends.push_back((ends.empty() ? 0 : ends.back()) + symbol.size());
    }
    file.begin("symbol ends");
    file.write_array(std::span<const std::uint64_t>(ends));
    file.begin("counts");
    file.write_array(std::span<const std::uint64_t>(vocabulary.counts()));
}

/// Reads the sections. Throws `FormatError` where they are damaged or not sound.
[[nodiscard]] inline Vocabulary read_vocabulary(const Container& file) {
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

} // namespace firth
