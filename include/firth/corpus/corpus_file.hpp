#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/temporary_file.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/vocabulary_sections.hpp>

/// An encoded corpus as a file: a section file of kind "corpus" with the ids of all sentences
/// (u32), the sentences' ends (u64), the vocabulary (`vocabulary_sections.hpp`), the number of
/// symbols read, a text that says what it was made from, and the settings of the tokenizer.
namespace firth {

namespace detail {

inline constexpr std::string_view corpus_kind = "corpus";
inline constexpr std::uint32_t corpus_version = 1;

} // namespace detail

/// Writes an encoded corpus piece by piece, in memory that does not grow with it. Throws `IoError`.
class CorpusWriter {
public:
    /// Sentence ends wait in a temporary file in `folder`.
    CorpusWriter(const std::string& path, const std::string& folder)
        : file_(path, detail::corpus_kind, detail::corpus_version), ends_(folder) {
        file_.begin("ids");
    }

    /// Appends ids, and the ends of sentences, as places among all ids.
    void add(std::span<const Id> ids, std::span<const std::uint64_t> sentence_ends) {
        file_.write_array(ids);
        ends_.append(
            {reinterpret_cast<const char*>(sentence_ends.data()), sentence_ends.size_bytes()});
    }

    /// Writes the rest and puts the file in its place. `tokenizer` as in `CorpusView`.
    void commit(const Vocabulary& vocabulary, std::uint64_t raw_words, const std::string& source,
                const std::string& tokenizer = {}) {
        file_.begin("sentence ends");
        std::string piece;
        for (std::uint64_t at = 0; at < ends_.size(); at += piece.size()) {
            piece.resize((std::min<std::uint64_t>)(std::uint64_t{1} << 20, ends_.size() - at));
            ends_.read(at, piece.data(), piece.size());
            file_.write(piece);
        }
        write_vocabulary(file_, vocabulary);
        file_.begin("raw words");
        file_.write_array(std::span<const std::uint64_t>(&raw_words, 1));
        file_.section("source", source);
        file_.section("tokenizer", tokenizer);
        file_.commit();
    }

private:
    SectionFileWriter file_;
    TemporaryFile ends_;
};

/// What an encoded corpus was made from, as its writer said. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::string corpus_source(const std::string& path) {
    const SectionFile file(path, detail::corpus_kind, detail::corpus_version);
    file.verify("source");
    return std::string(file.section("source"));
}

/// Opens an encoded corpus: the vocabulary is read, the ids stay in the mapped file. Reads every
/// byte once. Throws `IoError`, and `FormatError` where the file is damaged or not sound.
[[nodiscard]] inline EncodedCorpus open_corpus(const std::string& path) {
    auto file =
        std::make_shared<const SectionFile>(path, detail::corpus_kind, detail::corpus_version);
    for (const char* const section : {"ids", "sentence ends", "raw words", "source"}) {
        file->verify(section);
    }
    EncodedCorpus result;
    result.vocabulary = read_vocabulary(*file);
    const auto raw_words = file->array<std::uint64_t>("raw words");
    if (raw_words.size() != 1) file->fail(0, "it does not say how many words were read");
    result.raw_words = raw_words[0];
    CorpusView view{file->array<Id>("ids"), file->array<std::uint64_t>("sentence ends"),
                    &file->file()};
    if (file->has("tokenizer")) { // files written before there were several have none
        file->verify("tokenizer");
        view.tokenizer = file->section("tokenizer");
    }
    result.corpus = Corpus::from_file(std::move(file), view);
    return result;
}

} // namespace firth
