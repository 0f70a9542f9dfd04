#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/error.hpp>
#include <firth/base/room.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/vocabulary.hpp>

/// Writes models as fastText 0.9.2 reads them: .bin, version 12 of its format. For .ftz see
/// `fasttext_quantized.hpp`.
namespace firth {

namespace detail {

/// The parts of a file in their order; all numbers are little-endian.
class FastTextWriter {
public:
    explicit FastTextWriter(ByteSink& sink) : sink_(&sink) {}

    template <class T>
    void number(T value) {
        bytes_.clear();
        append_number(value);
        sink_->write(bytes_);
    }

    void begin(const FastTextArguments& arguments) {
        number(fasttext_magic);
        number(fasttext_version);
        const FastTextArguments& a = arguments;
        for (const std::int32_t value :
             {a.dim, a.window, a.epochs, a.min_count, a.negative, a.word_ngrams, a.loss, a.model,
              a.buckets, a.min_length, a.max_length, a.update_rate}) {
            number(value);
        }
        number(a.sample);
    }

    /// `kept` says where the row of a bucket lies behind the words', in files that keep only some.
    void dictionary(const Vocabulary& words, const Vocabulary& labels, const BucketRows* kept) {
        number(static_cast<std::int32_t>(words.size() + labels.size()));
        number(static_cast<std::int32_t>(words.size()));
        number(static_cast<std::int32_t>(labels.size()));
        std::uint64_t tokens = 0;
        for (const Vocabulary* const symbols : {&words, &labels}) {
            for (const std::uint64_t count : symbols->counts()) {
                tokens += count;
            }
        }
        number(static_cast<std::int64_t>(tokens));
        number(kept == nullptr ? std::int64_t{-1} : static_cast<std::int64_t>(kept->size()));
        for (const Vocabulary* const symbols : {&words, &labels}) {
            for (Id id = 0; id < symbols->size(); ++id) {
                entry((*symbols)[id], symbols->count(id), symbols == &labels);
            }
        }
        if (kept == nullptr) return;
        for (std::size_t row = 0; row < kept->size(); ++row) {
            number(static_cast<std::int32_t>(kept->used()[row]));
            number(static_cast<std::int32_t>(row));
        }
    }

    /// A matrix of floats; `read(row, span of dim)` gives its rows.
    template <class Read>
    void matrix(std::size_t rows, std::size_t dim, Read&& read) {
        number(std::uint8_t{0}); // not quantised
        number(static_cast<std::int64_t>(rows));
        number(static_cast<std::int64_t>(dim));
        std::vector<float> values(dim);
        for (std::size_t row = 0; row < rows; ++row) {
            read(row, std::span<float>(values));
            floats(values);
        }
    }

    void floats(std::span<const float> values) {
        bytes_.clear();
        for (const float value : values) {
            append_number(value);
        }
        sink_->write(bytes_);
    }

    void bytes(std::span<const std::uint8_t> values) {
        sink_->write({reinterpret_cast<const char*>(values.data()), values.size()});
    }

private:
    void entry(std::string_view symbol, std::uint64_t count, bool label) {
        if (const std::size_t zero = symbol.find('\0'); zero != std::string_view::npos) {
            throw Error("a symbol that begins with \"" + std::string(symbol.substr(0, zero)) +
                        "\" has a zero byte, which ends a symbol in a model of fastText");
        }
        sink_->write(symbol);
        number('\0');
        number(static_cast<std::int64_t>(count));
        number(static_cast<std::uint8_t>(label));
    }

    template <class T>
    void append_number(T value) {
        auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
        if constexpr (std::endian::native == std::endian::big) {
            std::reverse(bytes.begin(), bytes.end());
        }
        bytes_.append(bytes.data(), bytes.size());
    }

    ByteSink* sink_;
    std::string bytes_;
};

inline void check_fasttext_buckets(std::size_t buckets) {
    constexpr std::size_t most = (std::numeric_limits<std::int32_t>::max)();
    if (buckets <= most) return;
    throw Error(std::to_string(buckets) + " buckets of n-grams, expected at most " +
                std::to_string(most) + " in a model of fastText");
}

} // namespace detail

/// Throws `Error` for more buckets than a file of fastText can have, and `IoError` where the disk
/// has no room for it: to be asked before a long training, too. O(1).
inline void check_fasttext_size(const std::string& path, std::size_t words, std::size_t outputs,
                                std::size_t buckets, std::size_t dim) {
    detail::check_fasttext_buckets(buckets);
    require_disk(path, (words + buckets + outputs) * std::uint64_t{dim} * sizeof(float),
                 "fewer buckets, a smaller dim, or the format firth, which has a row only for "
                 "buckets in use");
}

/// Writes a model of words and n-grams, that `train_fasttext` learnt or `read_fasttext` read, so
/// that fastText reads it: it gives the same vectors, those of unknown words too. The arguments'
/// dim, buckets and lengths of n-grams are taken from the vectors; `model` and `loss` say how it
/// was trained. The file has a row for every bucket, zeros where the model has none: 4 * dim *
/// buckets bytes. Throws `Error` for a model that skips n-grams it has no row for, which only
/// quantised files can say, for one with labels, for words with a zero byte, and where the output
/// does not fit; and `IoError`.
inline void write_fasttext(ByteSink& sink, const FastTextModel& model) {
    const SubwordVectors& vectors = model.vectors;
    const BucketRows* const rows = vectors.bucket_rows();
    if (rows != nullptr && vectors.unseen() == UnseenNgram::skipped &&
        rows->size() != rows->buckets()) {
        throw Error("the model skips n-grams that it has no row for, which only quantised models "
                    "of fastText can say");
    }
    if (!model.labels.empty()) {
        throw Error("the model has labels, expected one of words");
    }
    const Vocabulary& words = vectors.words().vocabulary();
    // With hierarchical softmax there is an output less than there are words.
    if (model.output.rows() > words.size() || model.output.rows() + 1 < words.size() ||
        (model.output.rows() != 0 && model.output.dim() != vectors.dim())) {
        throw Error("an output of " + std::to_string(model.output.rows()) + " x " +
                    std::to_string(model.output.dim()) + " does not fit " +
                    std::to_string(words.size()) + " words of dim " +
                    std::to_string(vectors.dim()));
    }
    const SubwordOptions& options = vectors.options();
    const std::size_t buckets = options.max_length == 0 ? 0 : options.buckets;
    detail::check_fasttext_buckets(buckets);
    FastTextArguments arguments = model.arguments;
    arguments.dim = static_cast<std::int32_t>(vectors.dim());
    arguments.buckets = static_cast<std::int32_t>(buckets);
    arguments.min_length =
        static_cast<std::int32_t>(options.max_length == 0 ? 0 : options.min_length);
    arguments.max_length = static_cast<std::int32_t>(options.max_length);
    detail::FastTextWriter writer(sink);
    writer.begin(arguments);
    writer.dictionary(words, {}, nullptr);
    writer.matrix(words.size() + buckets, vectors.dim(), [&](std::size_t row, std::span<float> to) {
        if (row < words.size()) return vectors.word_row(static_cast<Id>(row), to);
        const auto ngram = vectors.ngram_row(static_cast<std::uint32_t>(row - words.size()));
        std::fill(to.begin(), to.end(), 0.0f);
        if (ngram) std::copy_n(vectors.ngrams()[*ngram].begin(), to.size(), to.begin());
    });
    writer.matrix(words.size(), vectors.dim(), [&](std::size_t row, std::span<float> to) {
        std::fill(to.begin(), to.end(), 0.0f);
        if (row < model.output.rows()) {
            std::copy_n(model.output[row].begin(), to.size(), to.begin());
        }
    });
    sink.commit();
}

/// The same to a file, which appears when it is whole. Throws what `check_fasttext_size` throws,
/// too.
inline void write_fasttext(const std::string& path, const FastTextModel& model) {
    const SubwordOptions& options = model.vectors.options();
    const std::size_t words = model.vectors.words().size();
    check_fasttext_size(path, words, words, options.max_length == 0 ? 0 : options.buckets,
                        model.vectors.dim());
    AtomicFile file(path);
    write_fasttext(file, model);
}

} // namespace firth
