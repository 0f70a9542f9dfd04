#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/room.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>

/// Models of fastText: .bin as versions 11 and 12 of its format have it and the one before them,
/// which had no mark; .ftz, quantised (Joulin et al. 2016, "FastText.zip"). Reading;
/// `fasttext_writer.hpp` writes.
namespace firth {

/// Models of fastText.
inline constexpr VectorFormat fasttext_format{.name = "fasttext-binary", .extensions = {".ftz"}};

/// What a model was trained with, as the file has it.
struct FastTextArguments {
    static constexpr std::int32_t hierarchical_softmax = 1; ///< losses
    static constexpr std::int32_t negative_sampling = 2;
    static constexpr std::int32_t softmax = 3;
    static constexpr std::int32_t one_versus_all = 4;
    static constexpr std::int32_t cbow = 1; ///< models
    static constexpr std::int32_t skip_gram = 2;
    static constexpr std::int32_t supervised = 3;

    std::int32_t dim = 0;
    std::int32_t window = 0;
    std::int32_t epochs = 0;
    std::int32_t min_count = 0;
    std::int32_t negative = 0;
    std::int32_t word_ngrams = 0;
    std::int32_t loss = negative_sampling;
    std::int32_t model = skip_gram;
    std::int32_t buckets = 0;
    std::int32_t min_length = 0; ///< of character n-grams
    std::int32_t max_length = 0;
    std::int32_t update_rate = 0;
    double sample = 0;
};

/// A whole model.
struct FastTextModel {
    FastTextArguments arguments;
    SubwordVectors vectors;
    Vocabulary labels;            ///< with counts; of supervised models
    EmbeddingTable<float> output; ///< a row a label, or a word where there are no labels
};

namespace detail {

inline constexpr std::int32_t fasttext_magic = 793712314;
inline constexpr std::int32_t fasttext_version = 12;

/// True for a model of fastText from before its format had a mark.
inline bool looks_like_old_fasttext(std::string_view bytes) {
    constexpr std::size_t arguments = 12 * 4 + 8;
    if (bytes.size() < arguments + 20) return false;
    ByteReader reader(bytes, "");
    std::array<std::int32_t, 12> a{};
    for (std::int32_t& value : a) {
        value = reader.number<std::int32_t>("");
    }
    const auto within = [](std::int32_t value, std::int32_t least, std::int32_t most) {
        return value >= least && value <= most;
    };
    return within(a[0], 1, static_cast<std::int32_t>(max_dim)) && within(a[6], 1, 4) &&
           within(a[7], 1, 3) && within(a[8], 0, 0x7FFFFFFF) && within(a[9], 0, 255) &&
           within(a[10], 0, 255);
}

/// Where a quantised matrix lies in a file: codes row by row, and 256 centroids a part.
struct FastTextCodes {
    const char* codes = nullptr;
    std::size_t parts = 0; ///< codes a row
    std::size_t part_dim = 0;
    const char* centroids = nullptr;  ///< 256 x dim floats
    const char* norm_codes = nullptr; ///< one a row, or null
    const char* norm_centroids = nullptr;
};

/// A matrix of a model: dense, or a product quantiser's codes (Jegou et al. 2011).
class FastTextMatrix {
public:
    FastTextMatrix() = default;

    FastTextMatrix(ByteReader& reader, bool quantized) {
        const bool has_norms = quantized && reader.number<std::uint8_t>("a flag") != 0;
        const std::size_t place = reader.position();
        const auto rows = reader.number<std::int64_t>("the rows of a matrix");
        const auto dim = reader.number<std::int64_t>("the columns of a matrix");
        if (rows < 0 || static_cast<std::uint64_t>(rows) > max_rows || dim < 1 ||
            static_cast<std::uint64_t>(dim) > max_dim) {
            reader.fail_at(place, "a matrix of " + std::to_string(rows) + " x " +
                                      std::to_string(dim) + ", expected at most " +
                                      std::to_string(max_rows) + " rows of 1 to " +
                                      std::to_string(max_dim) + " elements");
        }
        rows_ = static_cast<std::size_t>(rows);
        dim_ = static_cast<std::size_t>(dim);
        if (!quantized) {
            dense_ = reader.take_rows(rows_, dim_ * sizeof(float), "a matrix").data();
            return;
        }
        const std::size_t size_place = reader.position();
        const auto code_size = reader.number<std::int32_t>("the number of codes");
        if (code_size < 0) reader.fail_at(size_place, "a negative number of codes");
        codes_ = reader.take(static_cast<std::size_t>(code_size), "the codes").data();
        quantizer_ = Quantizer(reader, dim_);
        if (static_cast<std::size_t>(code_size) != rows_ * quantizer_.parts) {
            reader.fail_at(size_place, std::to_string(code_size) + " codes, expected " +
                                           std::to_string(quantizer_.parts) + " for each of " +
                                           std::to_string(rows_) + " rows");
        }
        if (!has_norms) return;
        norm_codes_ = reader.take(rows_, "the codes of norms").data();
        norms_ = Quantizer(reader, 1);
    }

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    [[nodiscard]] bool is_quantized() const noexcept { return codes_ != nullptr; }

    /// The codes, where it is quantised.
    [[nodiscard]] FastTextCodes codes() const noexcept {
        return {codes_,      quantizer_.parts, quantizer_.part_dim, quantizer_.centroids,
                norm_codes_, norms_.centroids};
    }

    /// Row `row` < rows(), dim() elements.
    void read(std::size_t row, std::span<float> to) const {
        if (dense_ != nullptr) {
            read_elements(dense_ + row * dim_ * sizeof(float), ElementType::f32, sizeof(float),
                          false, to);
            return;
        }
        for (std::size_t part = 0; part < quantizer_.parts; ++part) {
            const auto code = static_cast<unsigned char>(codes_[row * quantizer_.parts + part]);
            const auto [centroid, size] = quantizer_.centroid(part, code);
            read_elements(centroid, ElementType::f32, sizeof(float), false,
                          to.subspan(part * quantizer_.part_dim, size));
        }
        if (norm_codes_ == nullptr) return;
        float norm = 0;
        const auto code = static_cast<unsigned char>(norm_codes_[row]);
        read_elements(norms_.centroid(0, code).first, ElementType::f32, sizeof(float), false,
                      {&norm, 1});
        simd::scale(norm, to);
    }

private:
    struct Quantizer {
        static constexpr std::size_t codes = 256;

        Quantizer() = default;

        Quantizer(ByteReader& reader, std::size_t expected_dim) {
            const std::size_t place = reader.position();
            const auto dim = reader.number<std::int32_t>("a quantiser's dim");
            const auto found_parts = reader.number<std::int32_t>("a quantiser's parts");
            const auto found_dim = reader.number<std::int32_t>("a quantiser's parts");
            const auto found_last = reader.number<std::int32_t>("a quantiser's parts");
            const bool sound = dim > 0 && static_cast<std::size_t>(dim) == expected_dim &&
                               found_parts > 0 && found_parts <= dim && found_dim > 0 &&
                               found_dim <= dim && found_last > 0 && found_last <= found_dim;
            if (!sound || std::int64_t{found_parts - 1} * found_dim + found_last != dim) {
                reader.fail_at(place, "a quantiser of dim " + std::to_string(dim) + " with " +
                                          std::to_string(found_parts) + " parts of " +
                                          std::to_string(found_dim) + " and a last one of " +
                                          std::to_string(found_last) + ", expected parts of a " +
                                          "vector of " + std::to_string(expected_dim));
            }
            parts = static_cast<std::size_t>(found_parts);
            part_dim = static_cast<std::size_t>(found_dim);
            last_dim = static_cast<std::size_t>(found_last);
            centroids = reader.take_rows(codes, expected_dim * sizeof(float), "centroids").data();
        }

        /// Where the centroid of a code lies, and its elements.
        [[nodiscard]] std::pair<const char*, std::size_t> centroid(std::size_t part,
                                                                   std::size_t code) const {
            const std::size_t size = part + 1 == parts ? last_dim : part_dim;
            return {centroids + (part * codes * part_dim + code * size) * sizeof(float), size};
        }

        std::size_t parts = 0;
        std::size_t part_dim = 0;
        std::size_t last_dim = 0;
        const char* centroids = nullptr;
    };

    std::size_t rows_ = 0;
    std::size_t dim_ = 0;
    const char* dense_ = nullptr;
    const char* codes_ = nullptr;
    Quantizer quantizer_;
    const char* norm_codes_ = nullptr;
    Quantizer norms_;
};

/// A model's file, checked all through and ready to be read from.
class FastTextFile {
public:
    FastTextFile(std::string_view bytes, const std::string& name) : reader_(bytes, name) {
        const bool marked = take_mark();
        take_arguments();
        take_dictionary(marked);
        const bool quantized = marked && take_flag("the flag of a quantised input");
        if (!quantized && pruned_) {
            reader_.fail("some n-grams were left out, which quantised models alone can have");
        }
        const std::size_t input_place = reader_.position();
        input_ = FastTextMatrix(reader_, quantized);
        const bool quantized_output = marked && take_flag("the flag of a quantised output");
        const std::size_t output_place = reader_.position();
        output_ = FastTextMatrix(reader_, quantized && quantized_output);
        if (!reader_.at_end()) {
            reader_.fail(std::to_string(reader_.rest().size()) + " more bytes follow the model");
        }
        check_matrix(input_, input_place);
        check_matrix(output_, output_place);
        const std::size_t extra = pruned_ ? kept_rows_ : options_.buckets;
        if (input_.rows() != words_.size() + extra) {
            reader_.fail_at(input_place, "an input of " + std::to_string(input_.rows()) +
                                             " rows, expected " + std::to_string(words_.size()) +
                                             " words and " + std::to_string(extra) + " n-grams");
        }
    }

    struct Entry {
        std::string_view word;
        std::uint64_t count;
    };

    [[nodiscard]] const FastTextArguments& arguments() const noexcept { return arguments_; }
    [[nodiscard]] const std::vector<Entry>& words() const noexcept { return words_; }
    [[nodiscard]] const std::vector<Entry>& labels() const noexcept { return labels_; }
    [[nodiscard]] const FastTextMatrix& input() const noexcept { return input_; }
    [[nodiscard]] const FastTextMatrix& output() const noexcept { return output_; }
    [[nodiscard]] const SubwordOptions& options() const noexcept { return options_; }
    [[nodiscard]] bool pruned() const noexcept { return pruned_; }
    /// The buckets that were kept, where only some were.
    [[nodiscard]] const BucketRows& kept() const noexcept { return kept_; }
    [[nodiscard]] std::size_t dim() const noexcept { return input_.dim(); }

    /// The rows of n-grams: of all buckets, or of those that were kept.
    [[nodiscard]] std::size_t ngrams() const noexcept {
        return pruned_ ? kept_.size() : input_.rows() - words_.size();
    }

    /// Which row of the input is that of row `row` < ngrams() of these.
    [[nodiscard]] std::size_t place(std::size_t row) const noexcept {
        return words_.size() + (pruned_ ? kept_places_[row] : row);
    }

    /// Throws `Error` where memory has no room for all rows as floats.
    void require_memory() const {
        firth::require_memory(
            EmbeddingTable<float>::bytes_of(words_.size() + ngrams() + output_.rows(), dim()),
            "the vectors of " + reader_.name(),
            "a model with fewer buckets or a smaller dim, or more memory");
    }

    /// Row `row` < ngrams() of these, dim() elements.
    void read_ngram(std::size_t row, std::span<float> to) const { input_.read(place(row), to); }

    /// The vector of word `word` < words().size(): the mean of its row and those of its n-grams.
    /// `buffer` has dim() elements, too.
    void compose(std::size_t word, std::span<float> to, std::span<float> buffer) const {
        input_.read(word, to);
        std::size_t used = 1;
        if (options_.buckets != 0) {
            for_each_ngram(words_[word].word, options_, [&](std::string_view, std::uint32_t hash) {
                const std::uint32_t bucket = hash % options_.buckets;
                const std::optional<std::uint32_t> row =
                    pruned_ ? kept_.find(bucket) : std::optional(bucket);
                if (!row) return;
                read_ngram(*row, buffer);
                simd::axpy(1.0f, buffer, to);
                ++used;
            });
        }
        if (used != 1) simd::scale(1.0f / static_cast<float>(used), to);
    }

private:
    bool take_mark() {
        ByteReader ahead = reader_;
        if (ahead.number<std::int32_t>("the mark of the format") != fasttext_magic) return false;
        const auto version = ahead.number<std::int32_t>("the version");
        if (version < 1 || version > fasttext_version) {
            ahead.fail_at(4, "version " + std::to_string(version) + " of the format, expected 1 " +
                                 "to " + std::to_string(fasttext_version));
        }
        version_ = version;
        reader_ = ahead;
        return true;
    }

    bool take_flag(const std::string& what) {
        const auto flag = reader_.number<std::uint8_t>(what);
        if (flag > 1) {
            reader_.fail_at(reader_.position() - 1,
                            what + " is " + std::to_string(flag) + ", expected 0 or 1");
        }
        return flag == 1;
    }

    void take_arguments() {
        FastTextArguments& a = arguments_;
        const std::size_t place = reader_.position();
        for (std::int32_t* const field :
             {&a.dim, &a.window, &a.epochs, &a.min_count, &a.negative, &a.word_ngrams, &a.loss,
              &a.model, &a.buckets, &a.min_length, &a.max_length, &a.update_rate}) {
            *field = reader_.number<std::int32_t>("the arguments of the training");
        }
        a.sample = reader_.number<double>("the arguments of the training");
        constexpr std::int32_t longest_ngram = 255;
        if (a.dim < 1 || static_cast<std::size_t>(a.dim) > max_dim || a.buckets < 0 ||
            a.min_length < 0 || a.max_length < 0 || a.max_length > longest_ngram || a.model < 1 ||
            a.model > 3 || a.loss < 1 || a.loss > 4) {
            reader_.fail_at(place, "these are no arguments of a fastText model: dim " +
                                       std::to_string(a.dim) + ", " + std::to_string(a.buckets) +
                                       " buckets, n-grams of " + std::to_string(a.min_length) +
                                       " to " + std::to_string(a.max_length) + ", model " +
                                       std::to_string(a.model) + ", loss " +
                                       std::to_string(a.loss));
        }
        // As fastText itself reads them: such models did not use character n-grams.
        const bool no_ngrams = version_ == 11 && a.model == FastTextArguments::supervised;
        options_ = {static_cast<std::uint32_t>(a.min_length),
                    no_ngrams ? 0 : static_cast<std::uint32_t>(a.max_length),
                    static_cast<std::uint32_t>(a.buckets), version_ == 0};
    }

    void take_dictionary(bool marked) {
        const std::size_t place = reader_.position();
        const auto size = reader_.number<std::int32_t>("the size of the dictionary");
        const auto words = reader_.number<std::int32_t>("the number of words");
        const auto labels = reader_.number<std::int32_t>("the number of labels");
        reader_.number<std::int64_t>("the number of tokens");
        const auto kept = marked ? reader_.number<std::int64_t>("the number of kept n-grams") : -1;
        constexpr std::size_t entry_bytes = 10;
        if (size < 0 || words < 0 || labels < 0 || std::int64_t{words} + labels != size ||
            static_cast<std::size_t>(size) > reader_.rest().size() / entry_bytes) {
            reader_.fail_at(place, "a dictionary of " + std::to_string(size) + " entries, " +
                                       std::to_string(words) + " words and " +
                                       std::to_string(labels) + " labels, in " +
                                       std::to_string(reader_.rest().size()) + " bytes");
        }
        words_.reserve(static_cast<std::size_t>(words));
        labels_.reserve(static_cast<std::size_t>(labels));
        for (std::int32_t i = 0; i < size; ++i) {
            const std::size_t at = reader_.position();
            const std::string_view word = reader_.take_until('\0', "a word of the dictionary");
            const auto count = reader_.number<std::int64_t>("the count of a word");
            const auto type = reader_.number<std::uint8_t>("the type of a word");
            if (type > 1 || (type == 0) != (i < words) || count < 0 || word.size() > longest_word) {
                reader_.fail_at(at, "entry " + std::to_string(i) + " of the dictionary has type " +
                                        std::to_string(type) + ", count " + std::to_string(count) +
                                        " and " + std::to_string(word.size()) +
                                        " bytes, expected words and then labels");
            }
            (type == 0 ? words_ : labels_).push_back({word, static_cast<std::uint64_t>(count)});
        }
        if (kept >= 0) take_kept(kept);
    }

    void take_kept(std::int64_t count) {
        pruned_ = true;
        kept_rows_ = static_cast<std::size_t>(count);
        constexpr std::size_t pair_bytes = 8;
        const std::size_t place = reader_.position();
        if (kept_rows_ > reader_.rest().size() / pair_bytes) {
            reader_.fail("the file ends before " + std::to_string(count) + " pairs of n-grams");
        }
        std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
        pairs.reserve(kept_rows_);
        for (std::size_t i = 0; i < kept_rows_; ++i) {
            const auto bucket = reader_.number<std::int32_t>("a kept n-gram");
            const auto row = reader_.number<std::int32_t>("a kept n-gram");
            if (bucket < 0 || bucket >= arguments_.buckets || row < 0 ||
                static_cast<std::size_t>(row) >= kept_rows_) {
                reader_.fail_at(place + i * pair_bytes,
                                "n-gram " + std::to_string(bucket) + " of " +
                                    std::to_string(arguments_.buckets) + " has row " +
                                    std::to_string(row) + " of " + std::to_string(count));
            }
            pairs.emplace_back(static_cast<std::uint32_t>(bucket), static_cast<std::uint32_t>(row));
        }
        // Of a bucket that comes twice the last row counts.
        std::stable_sort(pairs.begin(), pairs.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<std::uint32_t> buckets;
        for (const auto& [bucket, row] : pairs) {
            if (!buckets.empty() && buckets.back() == bucket) {
                kept_places_.back() = row;
            } else {
                buckets.push_back(bucket);
                kept_places_.push_back(row);
            }
        }
        AlignedBuffer<std::uint32_t> used(buckets.size(), Uninitialized());
        std::copy(buckets.begin(), buckets.end(), used.data());
        kept_ = BucketRows(std::move(used), options_.buckets);
    }

    void check_matrix(const FastTextMatrix& matrix, std::size_t place) const {
        if (matrix.dim() == static_cast<std::size_t>(arguments_.dim)) return;
        reader_.fail_at(place, "a matrix of " + std::to_string(matrix.dim()) +
                                   " columns, expected the model's dim, " +
                                   std::to_string(arguments_.dim));
    }

    static constexpr std::size_t longest_word = 65536;

    ByteReader reader_;
    std::int32_t version_ = 0;
    FastTextArguments arguments_;
    SubwordOptions options_{};
    std::vector<Entry> words_;
    std::vector<Entry> labels_;
    BucketRows kept_;
    std::vector<std::uint32_t> kept_places_; ///< by row of `kept_`: the row in the file
    std::size_t kept_rows_ = 0;              ///< in the file
    bool pruned_ = false;
    FastTextMatrix input_;
    FastTextMatrix output_;
};

[[noreturn]] inline void fail_fasttext_vector(const std::string& name, std::string_view word) {
    throw FormatError(name + ": the vector of \"" + std::string(word) +
                      "\" holds NaN or infinity, expected finite numbers");
}

inline WordVectors<float> read_fasttext_words(const FastTextFile& file, const std::string& name,
                                              const ReadOptions& options, ReadReport* report) {
    const std::size_t rows =
        options.top == 0 ? file.words().size() : (std::min)(options.top, file.words().size());
    EmbeddingTable<float> table(rows, file.dim(), Uninitialized());
    for_rows(rows, 256, name, options, [&](std::size_t begin, std::size_t end) {
        std::vector<float> buffer(file.dim());
        for (std::size_t row = begin; row < end; ++row) {
            file.compose(row, table[row], buffer);
            table.clear_padding(row);
            if (options.non_finite == ReadOptions::NonFinite::refuse && !all_finite(table[row])) {
                fail_fasttext_vector(name, file.words()[row].word);
            }
        }
    });
    std::vector<std::string_view> words;
    std::vector<std::uint64_t> counts;
    for (std::size_t row = 0; row < rows; ++row) {
        words.push_back(file.words()[row].word);
        counts.push_back(file.words()[row].count);
    }
    if (report != nullptr) report->header_rows = file.words().size();
    return assemble(words, counts, std::move(table), name, options, report);
}

} // namespace detail

/// Reads the words of a model one after the other; the bytes must outlive it.
class FastTextReader final : public RowReader {
public:
    explicit FastTextReader(std::string_view bytes, const std::string& name = "the model",
                            const ReadOptions& options = {})
        : file_(bytes, name), name_(name),
          refuse_(options.non_finite == ReadOptions::NonFinite::refuse), vector_(file_.dim()),
          buffer_(file_.dim()) {}

    [[nodiscard]] std::size_t dim() const override { return file_.dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override {
        return file_.words().size();
    }

    [[nodiscard]] std::optional<Row> next() override {
        if (read_ == file_.words().size()) return std::nullopt;
        const auto& [word, count] = file_.words()[read_];
        file_.compose(read_++, vector_, buffer_);
        if (refuse_ && !detail::all_finite(vector_)) detail::fail_fasttext_vector(name_, word);
        return Row{word, vector_, count};
    }

private:
    detail::FastTextFile file_;
    std::string name_;
    bool refuse_;
    std::vector<float> vector_;
    std::vector<float> buffer_;
    std::size_t read_ = 0;
};

/// The vectors of a model's words, each with its n-grams taken in, as `fasttext print-word-vectors`
/// gives them; from the bytes of a file. Throws `FormatError`, naming the byte, for what is not in
/// the format.
[[nodiscard]] inline WordVectors<float> parse_fasttext_words(std::string_view bytes,
                                                             const std::string& name = "the model",
                                                             const ReadOptions& options = {},
                                                             ReadReport* report = nullptr) {
    return detail::read_fasttext_words(detail::FastTextFile(bytes, name), name, options, report);
}

/// A whole model, from the bytes of a file. Of words that stand there twice the first counts.
/// Throws `FormatError`, naming the byte, for what is not in the format, and `Error` where memory
/// has no room for it.
[[nodiscard]] inline FastTextModel parse_fasttext(std::string_view bytes,
                                                  const std::string& name = "the model",
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    const detail::FastTextFile file(bytes, name);
    file.require_memory();
    const auto filled = [&](std::size_t rows, auto&& read) {
        EmbeddingTable<float> table(rows, file.dim(), Uninitialized());
        for (std::size_t row = 0; row < rows; ++row) {
            read(row, table[row]);
            table.clear_padding(row);
        }
        return table;
    };
    FastTextModel model;
    model.arguments = file.arguments();
    SubwordOptions subwords = file.options();
    if (subwords.buckets == 0) subwords.max_length = 0;
    WordVectors<float> words = detail::read_fasttext_words(file, name, options, report);
    EmbeddingTable<float> ngrams = filled(
        file.ngrams(), [&](std::size_t row, std::span<float> to) { file.read_ngram(row, to); });
    model.vectors = file.pruned() ? SubwordVectors(std::move(words), std::move(ngrams), subwords,
                                                   file.kept(), UnseenNgram::skipped)
                                  : SubwordVectors(std::move(words), std::move(ngrams), subwords);
    for (const auto& [label, count] : file.labels()) {
        model.labels.add(label, count);
    }
    model.output = filled(file.output().rows(), [&](std::size_t row, std::span<float> to) {
        file.output().read(row, to);
    });
    return model;
}

/// Reads a whole model from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline FastTextModel read_fasttext(const std::string& path,
                                                 const ReadOptions& options = {},
                                                 ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_fasttext(file.bytes(), path, options, report);
}

/// All that files go by, see `VectorFormatDescription`. Models without a mark
/// look like some files of vecs: formats of those are asked first.
struct FastTextFormat {
    static constexpr VectorFormat format = fasttext_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        const std::string_view bytes = file.bytes();
        if (bytes.size() < sizeof(detail::fasttext_magic)) return false;
        return ByteReader(bytes, "").number<std::int32_t>("") == detail::fasttext_magic ||
               detail::looks_like_old_fasttext(bytes);
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_fasttext_words(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<FastTextReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static ElementType stored_type(const OpenedFile& file, const ReadOptions&) {
        const bool quantized =
            detail::FastTextFile(file.bytes(), file.path()).input().is_quantized();
        return quantized ? ElementType::i8 : ElementType::f32;
    }
};

} // namespace firth
