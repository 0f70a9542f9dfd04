#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/vocabulary.hpp>

/// A vocabulary as text, "word count" a line in the order of ids: GloVe's vocab.txt, and what
/// word2vec.c writes with -save-vocab.
namespace firth {

/// Writes a vocabulary to a file, whole or not at all. Throws `IoError`, and `Error` for a word
/// that is empty or holds white space, which no reader could read back.
inline void write_vocabulary_text(const Vocabulary& vocabulary, const std::string& path) {
    AtomicFile file(path);
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::string_view word = vocabulary[id];
        if (word.empty() || word.find_first_of(" \t\r\n") != word.npos) {
            throw Error("cannot write " + path + ": word " + std::to_string(id) + ", \"" +
                        std::string(word) + "\", is empty or holds white space");
        }
        file.write(word);
        file.write(" " + std::to_string(vocabulary.count(id)) + "\n");
    }
    file.commit();
}

/// Reads a vocabulary from the bytes of a file; `name` is what errors call it. Throws
/// `FormatError`, naming the line, for a line that is no word and count, and for a word that was
/// there before.
[[nodiscard]] inline Vocabulary parse_vocabulary_text(std::string_view text,
                                                      const std::string& name = "the text") {
    skip_byte_order_mark(text);
    Vocabulary vocabulary;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        const auto fail = [&](const std::string& message) {
            throw FormatError(name + ", line " + std::to_string(number) + ": " + message);
        };
        const auto fields = split_fields(line, 3);
        std::uint64_t count = 0;
        if (fields.size() == 2) {
            const char* const end = fields[1].data() + fields[1].size();
            const std::from_chars_result parsed = std::from_chars(fields[1].data(), end, count);
            if (parsed.ec == std::errc() && parsed.ptr == end) {
                if (vocabulary.add(fields[0], count).second) continue;
                fail("the word \"" + std::string(fields[0]) + "\" was there before");
            }
        }
        fail("\"" + std::string(line.substr(0, 60)) + "\", expected a word and its count");
    }
    return vocabulary;
}

/// Reads a vocabulary from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline Vocabulary read_vocabulary_text(const std::string& path) {
    return parse_vocabulary_text(MappedFile(path).bytes(), path);
}

} // namespace firth
