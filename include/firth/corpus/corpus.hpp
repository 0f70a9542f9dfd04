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

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/section_file.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A sequence of sentences, each a sequence of ids, that somebody else owns. A sentence is whatever
/// belongs together: a line of text, a basket of products, a walk on a graph. It is a
/// `SequenceSource`.
struct CorpusView {
    std::span<const Id> ids;                      ///< all sentences, one after the other
    std::span<const std::uint64_t> sentence_ends; ///< ascending; the last is ids.size()
    const MappedFile* file = nullptr;             ///< the file that the ids lie in, if any
    std::string_view tokenizer{}; ///< settings of what split its text; empty: not from text

    [[nodiscard]] std::size_t sentences() const noexcept { return sentence_ends.size(); }

    /// Sentence `i` < sentences().
    [[nodiscard]] std::span<const Id> operator[](std::size_t i) const noexcept {
        const std::uint64_t begin = i == 0 ? 0 : sentence_ends[i - 1];
        return ids.subspan(begin, sentence_ends[i] - begin);
    }

    /// The place after sentence `i` < sentences() among all ids.
    [[nodiscard]] std::uint64_t sentence_end(std::size_t i) const noexcept {
        return sentence_ends[i];
    }

    /// Sentence `i`, in place: the buffer is not needed.
    [[nodiscard]] std::span<const Id> sentence(std::size_t i, std::vector<Id>&) const noexcept {
        return (*this)[i];
    }

    /// What a checkpoint recognises the corpus by. Cost: a pass over the ids.
    [[nodiscard]] std::string settings() const {
        const std::string split =
            tokenizer.empty() ? std::string() : "tokenizer " + std::string(tokenizer) + ", ";
        return split + "checksum " + std::to_string(checksum());
    }

    /// Of the ids and of the sentences' ends; ids of a mapped file are released every `piece` ids.
    [[nodiscard]] std::uint64_t checksum(std::size_t piece = std::size_t{1} << 20) const noexcept {
        Checksum sum;
        for (std::size_t begin = 0; begin < ids.size(); begin += piece) {
            const std::size_t end = (std::min)(begin + piece, ids.size());
            sum.add(
                {reinterpret_cast<const char*>(ids.data() + begin), (end - begin) * sizeof(Id)});
            release(begin, end);
        }
        sum.add({reinterpret_cast<const char*>(sentence_ends.data()), sentence_ends.size_bytes()});
        return sum.value();
    }

    /// Says that ids [begin, end) will not be needed for a while: where they lie in a mapped file
    /// their memory is given back, so that a pass over a large corpus takes little of it.
    void release(std::size_t begin, std::size_t end) const noexcept {
        if (file == nullptr) return;
        const auto place = static_cast<std::size_t>(reinterpret_cast<const char*>(ids.data()) -
                                                    file->bytes().data());
        file->release(place + begin * sizeof(Id), place + end * sizeof(Id));
    }
};

/// Throws `Error` unless the view is sound: ends ascend to ids.size(), ids are below `symbols`.
inline void check_corpus(const CorpusView& corpus, std::size_t symbols, std::size_t threads = 1) {
    std::uint64_t last = 0;
    for (const std::uint64_t end : corpus.sentence_ends) {
        if (end < last || end > corpus.ids.size()) {
            throw Error("the corpus has a sentence that ends at " + std::to_string(end) +
                        ", expected " + std::to_string(last) + " to " +
                        std::to_string(corpus.ids.size()));
        }
        last = end;
    }
    if (last != corpus.ids.size()) {
        throw Error("the last sentence of the corpus ends at " + std::to_string(last) +
                    ", expected " + std::to_string(corpus.ids.size()));
    }
    parallel_for(
        corpus.ids.size(), std::size_t{1} << 20, threads, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
                if (corpus.ids[i] < symbols) continue;
                throw Error("the corpus holds id " + std::to_string(corpus.ids[i]) + " at place " +
                            std::to_string(i) + ", expected ids below " + std::to_string(symbols));
            }
            corpus.release(begin, end);
        });
}

/// A corpus that owns its ids, in memory, or in a mapped file (`corpus_file.hpp`).
class Corpus {
public:
    /// Appends an id to the sentence that is being written.
    void add(Id id) { ids_.push_back(id); }

    /// Ends the sentence; one without ids is dropped.
    void end_sentence() {
        if (ids_.size() != (sentence_ends_.empty() ? 0 : sentence_ends_.back())) {
            sentence_ends_.push_back(ids_.size());
        }
    }

    /// Takes ids and ends as they are; see `check_corpus` for what must hold. `tokenizer` as in
    /// `CorpusView`.
    static Corpus from_parts(std::vector<Id> ids, std::vector<std::uint64_t> sentence_ends,
                             std::string tokenizer = {}) {
        Corpus corpus;
        corpus.ids_ = std::move(ids);
        corpus.sentence_ends_ = std::move(sentence_ends);
        corpus.tokenizer_.assign(tokenizer.begin(), tokenizer.end());
        return corpus;
    }

    /// Takes a view into a file that the corpus keeps mapped. Nothing can be added to it.
    static Corpus from_file(std::shared_ptr<const SectionFile> file, const CorpusView& view) {
        Corpus corpus;
        corpus.file_ = std::move(file);
        corpus.mapped_ = view;
        return corpus;
    }

    [[nodiscard]] CorpusView view() const noexcept {
        if (file_ != nullptr) return mapped_;
        return {ids_, sentence_ends_, nullptr, {tokenizer_.data(), tokenizer_.size()}};
    }
    operator CorpusView() const noexcept { return view(); }

    /// The number of ids in all sentences.
    [[nodiscard]] std::size_t size() const noexcept { return view().ids.size(); }

private:
    std::vector<Id> ids_;
    std::vector<std::uint64_t> sentence_ends_;
    std::vector<char> tokenizer_; ///< not a string, which would move what views point to
    std::shared_ptr<const SectionFile> file_;
    CorpusView mapped_;
};

/// A file in a folder that was not read as text, and why.
struct SkippedFile {
    std::string path;
    std::string reason; ///< what it is: "binary data, byte 3 is zero"

    friend bool operator==(const SkippedFile&, const SkippedFile&) = default;
};

/// A corpus, and the vocabulary of its ids.
struct EncodedCorpus {
    Vocabulary vocabulary;              ///< by falling count
    Corpus corpus;                      ///< without the symbols that the vocabulary left out
    std::uint64_t raw_words = 0;        ///< the number of symbols read, those left out included
    std::vector<SkippedFile> skipped{}; ///< files of folders that are not texts
};

} // namespace firth
