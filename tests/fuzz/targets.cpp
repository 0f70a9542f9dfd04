#include "targets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <firth/corpus.hpp>
#include <firth/encode.hpp>
#include <firth/eval/analogy_file.hpp>
#include <firth/eval/word_pairs.hpp>
#include <firth/io.hpp>
#include <firth/search.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/text.hpp>

#include "../support/classifiers.hpp"

using namespace firth;
using fuzz::require;

namespace {

/// Where readers that want a file find the bytes.
const std::string& scratch() {
    struct Folder {
        Folder() {
            std::string pattern =
                (std::filesystem::temp_directory_path() / "firth-fuzz-XXXXXX").string();
            path = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
        }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        std::string path;
    };
    static const Folder folder;
    return folder.path;
}

std::string as_file(std::string_view bytes) {
    const std::string path = scratch() + "/input";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
}

std::string file_bytes(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The options a byte of the input stands for, so that policies are tried too.
ReadOptions options_of(std::string_view bytes) {
    const auto choice = bytes.empty() ? 0u : static_cast<unsigned char>(bytes.back());
    ReadOptions options;
    options.threads = 1;
    if ((choice & 1) != 0) options.header = ReadOptions::Header::tolerant;
    if ((choice & 2) != 0) options.non_finite = ReadOptions::NonFinite::keep;
    if ((choice & 4) != 0) options.utf8 = ReadOptions::Utf8::replace;
    if ((choice & 24) == 24) options.top = 2;
    return options;
}

void check(const WordVectors<float>& vectors, const ReadOptions& options) {
    require(vectors.size() == vectors.table().rows(), "as many words as rows");
    const std::size_t stride = vectors.table().stride();
    for (Id id = 0; id < vectors.size(); ++id) {
        require(vectors.find(vectors.word(id)) == id, "every word is found");
        const float* const row = vectors.table().data() + id * stride;
        for (std::size_t i = vectors.dim(); i < stride; ++i) {
            require(row[i] == 0, "padding is zero");
        }
        if (options.non_finite == ReadOptions::NonFinite::keep) continue;
        require(detail::all_finite(vectors[id]), "rows are finite");
    }
}

/// Row by row the same as at once, but for duplicates, which are handed on.
void check_stream(RowReader& rows, const WordVectors<float>& vectors, const ReadOptions& options) {
    std::size_t found = 0;
    Id next = 0;
    while (options.top == 0 || found < options.top) {
        const std::optional<Row> row = rows.next();
        if (!row) break;
        ++found;
        require(row->vector.size() == vectors.dim(), "a row has dim elements");
        if (options.utf8 == ReadOptions::Utf8::replace) continue; // words may have changed
        if (next < vectors.size() && row->word == vectors.word(next)) {
            const auto same = [](float a, float b) {
                return a == b || (std::isnan(a) && std::isnan(b));
            };
            require(std::equal(row->vector.begin(), row->vector.end(), vectors[next].begin(), same),
                    "a row is the same row by row");
            ++next;
        }
    }
    require(options.utf8 == ReadOptions::Utf8::replace || next == vectors.size(),
            "every row comes row by row");
}

template <class Parse, class Reader>
void read_both(std::string_view bytes, Parse parse, Reader make_reader) {
    const ReadOptions options = options_of(bytes);
    const WordVectors<float> vectors = parse(options);
    check(vectors, options);
    auto reader = make_reader(options);
    check_stream(reader, vectors, options);
}

void read_word2vec_text(std::string_view bytes) {
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_word2vec_text(bytes, "input", o); },
        [&](const ReadOptions& o) { return Word2VecTextReader(bytes, "input", o); });
}

void read_word2vec_binary(std::string_view bytes) {
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_word2vec_binary(bytes, "input", o); },
        [&](const ReadOptions& o) { return Word2VecBinaryReader(bytes, "input", o); });
}

void read_glove_text(std::string_view bytes) {
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_glove_text(bytes, "input", o); },
        [&](const ReadOptions& o) { return GloveTextReader(bytes, "input", o); });
}

/// Asks for words that no vocabulary of these has.
void compose_unseen(const SubwordVectors& model) {
    std::vector<float> vector(model.dim());
    for (const char* const word : {"", "</s>", "unseen", "\xC3\xA9t\xC3\xA9", "\xFF\x80"}) {
        static_cast<void>(model.compose(word, vector));
    }
}

/// Cuts and quantises what is in a model, and writes it as it is where it has codes.
void quantize_again(std::string_view bytes) {
    try {
        const FastTextWeights weights = parse_fasttext_weights(bytes, "input");
        const std::size_t most = (weights.input.rows() + 1) / 2;
        static_cast<void>(quantize(keep_largest(weights, (std::min<std::size_t>)(most, 50)),
                                   {.quantizer = {.iterations = 1, .threads = 1}}));
    } catch (const Error&) {
    }
    std::string written;
    StringSink sink(written);
    try {
        write_fasttext(sink, parse_quantized_fasttext(bytes, "input"));
    } catch (const Error&) {
        return;
    }
    std::string again;
    StringSink second_sink(again);
    write_fasttext(second_sink, parse_quantized_fasttext(written, "input"));
    require(again == written, "codes are kept as they are");
}

/// Labels texts by a model that has labels.
void label_texts(std::string_view bytes) {
    try {
        const Classifier classifier(parse_fasttext_classifier(bytes, "input"));
        for (const char* const text : {"", "word", "\xC3\xA9 \xFF\x80 w1"}) {
            require(classifier.predict(text, 2).size() <= 2, "no more labels than asked for");
        }
    } catch (const Error&) {
    }
}

void read_fasttext(std::string_view bytes) {
    label_texts(bytes);
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_fasttext_words(bytes, "input", o); },
        [&](const ReadOptions& o) { return FastTextReader(bytes, "input", o); });
    const FastTextModel model = parse_fasttext(bytes, "input", {.threads = 1});
    compose_unseen(model.vectors);
    quantize_again(bytes);
    std::string written;
    StringSink sink(written);
    try {
        write_fasttext(sink, model);
    } catch (const Error&) {
        return;
    }
    require(parse_fasttext(written, "input", {.non_finite = ReadOptions::NonFinite::keep})
                    .vectors.words()
                    .size() == model.vectors.words().size(),
            "a model that was written is read");
}

/// Matrices whose words are in another file, which is not there.
template <class ParseMatrix>
void read_stored(std::string_view bytes, ParseMatrix parse) {
    const StoredMatrix matrix = parse();
    const auto words = [&] {
        return words_of("input", matrix.rows, {}, nullptr, scratch() + "/none");
    };
    read_both(
        bytes,
        [&](const ReadOptions& o) {
            return detail::read_matrix(matrix, words(), "input", o, nullptr);
        },
        [&](const ReadOptions& o) { return MatrixRowReader(matrix, words(), "input", o); });
}

void read_npy(std::string_view bytes) {
    read_stored(bytes, [&] { return parse_npy_matrix(bytes, "input"); });
}

void read_vecs(std::string_view bytes) {
    for (const ElementType type : {ElementType::f32, ElementType::u8, ElementType::i32}) {
        try {
            read_stored(bytes, [&] { return parse_vecs_matrix(bytes, type, "input"); });
        } catch (const FormatError&) {
        }
    }
}

void read_safetensors(std::string_view bytes) {
    const std::string path = scratch() + "/none";
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_safetensors_vectors(bytes, path, o); },
        [&](const ReadOptions& o) { return SafetensorsReader(bytes, path, o); });
}

void read_projector(std::string_view bytes) {
    const std::string path = scratch() + "/none";
    read_both(
        bytes, [&](const ReadOptions& o) { return parse_projector(bytes, path, o); },
        [&](const ReadOptions& o) { return ProjectorReader(bytes, path, o); });
}

/// Words beside three rows of numbers: first as a list of words, then as metadata.
void read_words(std::string_view bytes) {
    const WordList list = parse_word_list(bytes);
    require(list.counts.empty() || list.counts.size() == list.words.size(), "a count a word");
    const WordList metadata = detail::parse_metadata(bytes);
    require(metadata.counts.empty() || metadata.counts.size() == metadata.words.size(),
            "a count a word");
    try {
        static_cast<void>(parse_vocabulary_text(bytes, "input"));
    } catch (const FormatError&) {
    }
}

/// The checksum of a section file's directory put right, so that inputs get past it.
std::string with_checksum(std::string_view bytes) {
    std::string patched(bytes);
    if (bytes.size() < detail::section_file_header + detail::section_file_footer) return patched;
    const std::size_t footer = bytes.size() - detail::section_file_footer;
    const auto directory = detail::number_at<std::uint64_t>(bytes, footer);
    if (directory < detail::section_file_header || directory > footer) return patched;
    Checksum sum;
    sum.add(bytes.substr(0, detail::section_file_header));
    sum.add(bytes.substr(directory, footer - directory));
    const std::uint64_t value = sum.value();
    patched.replace(footer + 16, sizeof value, detail::bytes_of(value));
    return patched;
}

void read_native(std::string_view bytes) {
    const std::string path = as_file(with_checksum(bytes));
    const ReadOptions options = options_of(bytes);
    // Damage may be met wherever an entry is touched; never more than an error.
    const WordVectors<float> vectors = firth::read_native(path, options);
    for (Id id = 0; id < vectors.size(); ++id) {
        require(vectors[id].size() == vectors.dim(), "a row has dim elements");
        float sum = 0;
        for (const float value : vectors[id]) {
            sum += value;
        }
        static_cast<void>(sum);
    }
    for (Id id = 0; id < vectors.size(); ++id) {
        static_cast<void>(vectors.find(vectors.word(id)));
    }
    NativeReader reader(path, options);
    while (reader.next()) {
    }
    const NativeFile file(path);
    if (has_subwords(file)) compose_unseen(read_native_subwords(file, options));
    verify_native(file);
    if (has_subwords(file)) verify_subwords(file);
    check(vectors, {});
}

/// A classifier in place, with whatever lies in it: damage may be met wherever a text touches it.
void read_native_classifier(std::string_view bytes) {
    const std::string path = as_file(with_checksum(bytes));
    const Classifier classifier(read_classifier(path));
    std::vector<float> vector(classifier.model().dim());
    for (const char* const text :
         {"", "tea", "tea \xC3\xA9t\xC3\xA9 \xFF\x80 w1", "__label__a b"}) {
        static_cast<void>(classifier.text_vector(text, vector));
        require(classifier.predict(text, 2).size() <= 2, "no more labels than asked for");
    }
    static_cast<void>(verify(path));
    for (const StoredClassifierModel& model :
         {classifier.model(), with_stored_rows(with_float_rows(classifier.model()))}) {
        write_native(model, scratch() + "/again.firth");
        static_cast<void>(verify(scratch() + "/again.firth"));
    }
}

/// zstd's decoder takes a window of up to 128 MiB, as any file may ask it to: more than is allowed
/// to the readers here.
bool is_zstd(std::string_view bytes) {
    return bytes.starts_with("\x28\xB5\x2F\xFD");
}

/// Whatever the bytes are: recognised, read, and read row by row.
void read_any(std::string_view bytes) {
    if (is_zstd(bytes)) return;
    const std::string path = as_file(bytes);
    const ReadOptions options = options_of(bytes);
    const WordVectors<float> vectors = load(path, options);
    if (recognize_format(bytes, path) != native_format) {
        check(vectors, options);
        RowFile rows(path, options);
        check_stream(rows, vectors, options);
    }
    // What is verified has as many rows as are read, and no word twice.
    try {
        const FileReport report = verify(path, {.threads = 1});
        const bool whole = options.top == 0 && options.utf8 != ReadOptions::Utf8::replace;
        if (whole) require(report.rows == vectors.size(), "as many rows verified");
    } catch (const Error&) {
    }
}

void read_text(std::string_view bytes) {
    if (is_zstd(bytes)) return;
    const EncodedCorpus corpus = read_corpus(as_file(bytes), {.min_count = 1, .threads = 1});
    for (const Id id : corpus.corpus.view().ids) {
        require(id < corpus.vocabulary.size(), "ids are in the vocabulary");
    }
}

void read_labelled_text(std::string_view bytes) {
    if (is_zstd(bytes)) return;
    const bool column = !bytes.empty() && bytes.front() % 2 == 0;
    LabelledOptions options{.threads = 1};
    if (column) options.format.place = LabelPlace::first_column;
    const LabelledTexts texts = parse_labelled(bytes, options);
    const LabelledCorpus& corpus = texts.corpus;
    require(!corpus.empty(), "texts without examples are refused");
    require(corpus.unknown().empty(), "all words were counted");
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        const LabelledExample example = corpus[i];
        require(!example.tokens.empty() && !example.labels.empty(), "examples are not empty");
        for (const Id token : example.tokens) {
            require(token < corpus.words().size(), "words are in the vocabulary");
        }
        for (std::size_t a = 0; a < example.labels.size(); ++a) {
            require(example.labels[a] < corpus.labels().size(), "labels are in the vocabulary");
            for (std::size_t b = 0; b < a; ++b) {
                require(example.labels[a] != example.labels[b], "a label counts once");
            }
        }
    }
    options.like = &corpus;
    const LabelledTexts again = parse_labelled(bytes, options);
    require(std::ranges::equal(again.corpus.tokens().ids, corpus.tokens().ids),
            "the same words by the vocabulary");
    require(std::ranges::equal(again.corpus.example_labels(), corpus.example_labels()),
            "the same labels by the vocabulary");
}

void read_word_pairs(std::string_view bytes) {
    for (const WordPair& pair : parse_word_pairs(bytes)) {
        require(!pair.first.empty() && !pair.second.empty(), "words are not empty");
        require(is_finite(pair.score), "scores are finite");
    }
}

void read_analogies(std::string_view bytes) {
    for (const AnalogySection& section : parse_analogies(bytes)) {
        for (const AnalogyQuestion& question : section.questions) {
            for (const std::string& word : question) {
                require(!word.empty(), "words are not empty");
            }
        }
    }
}

void read_encoded_corpus(std::string_view bytes) {
    const EncodedCorpus corpus = open_corpus(as_file(with_checksum(bytes)));
    for (const Id id : corpus.corpus.view().ids) {
        require(id < corpus.vocabulary.size(), "ids are in the vocabulary");
    }
}

void read_cooccurrences(std::string_view bytes) {
    const CountedCorpus counted = open_cooccurrences(as_file(with_checksum(bytes)));
    for (Id row = 0; row < counted.counts.rows(); ++row) {
        for (const SparseEntry& cell : counted.counts[row]) {
            require(cell.column < counted.counts.rows(), "columns are in the vocabulary");
        }
    }
}

void read_glove_counts(std::string_view bytes) {
    const std::string path = as_file(bytes);
    static_cast<void>(read_glove_cooccurrences(path, 16));
}

void read_saved_index(std::string_view bytes) {
    const auto index = read_index<GrowingIndex<Cosine>>(as_file(with_checksum(bytes)));
    const auto rows = index.read();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        require(std::isfinite(simd::norm(rows.row(i))), "an index holds finite rows");
    }
}

constexpr std::array<fuzz::Target, 20> own_targets{{
    {"word2vec_text", read_word2vec_text},
    {"word2vec_binary", read_word2vec_binary},
    {"glove_text", read_glove_text},
    {"fasttext", read_fasttext},
    {"npy", read_npy},
    {"safetensors", read_safetensors},
    {"projector", read_projector},
    {"vecs", read_vecs},
    {"words", read_words},
    {"native", read_native},
    {"classifier", read_native_classifier},
    {"any", read_any},
    {"text", read_text},
    {"labelled_text", read_labelled_text},
    {"encoded_corpus", read_encoded_corpus},
    {"cooccurrences", read_cooccurrences},
    {"glove_counts", read_glove_counts},
    {"index", read_saved_index},
    {"word_pairs", read_word_pairs},
    {"analogies", read_analogies},
}};

WordVectors<float> small_vectors(std::size_t rows, std::size_t dim) {
    Vocabulary vocabulary;
    EmbeddingTable<float> table(rows, dim);
    Random random(rows + dim);
    for (std::size_t id = 0; id < rows; ++id) {
        vocabulary.add(id == 1 ? "gr\xC3\xB6\xC3\x9F"
                                 "er"
                               : "word" + std::to_string(id),
                       10 * rows - id);
        for (float& value : table[id]) {
            value = 2.0f * random.uniform() - 1.0f;
        }
    }
    return {std::move(vocabulary), std::move(table)};
}

/// The bytes of a small model of fastText, of words (`model` 2) or of texts (3): all that its files
/// may hold is in them, what is never written together too.
std::string small_fasttext(bool quantized, std::int32_t model = 2, std::int32_t loss = 2) {
    std::string bytes;
    const auto put = [&](auto value) { bytes += detail::bytes_of(value); };
    for (const std::int32_t value :
         {793712314, 12, 4, 5, 5, 1, 5, model - 1, loss, model, 6, 2, 3, 100}) {
        put(value);
    }
    put(1e-4);
    for (const std::int32_t size : {3, 2, 1}) {
        put(size);
    }
    put(std::int64_t{30});
    put(std::int64_t{quantized ? 2 : -1});
    for (const std::string_view word : {"</s>", "word", "__label__a"}) {
        bytes += std::string(word) + '\0';
        put(std::int64_t{7});
        bytes += word.starts_with("__") ? '\1' : '\0';
    }
    const auto floats = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            put(0.25f * static_cast<float>(i % 7) - 0.5f);
        }
    };
    if (quantized) {
        for (const std::int32_t value : {3, 0, 5, 1}) {
            put(value);
        }
        bytes += "\1\1"; // quantised, with norms
        put(std::int64_t{4});
        put(std::int64_t{4});
        put(std::int32_t{8});
        bytes += std::string("\0\1\2\3\4\5\6\7", 8);
        for (const std::int32_t value : {4, 2, 2, 2}) {
            put(value);
        }
        floats(256 * 4);
        bytes += std::string("\0\1\2\3", 4);
        for (const std::int32_t value : {1, 1, 1, 1}) {
            put(value);
        }
        floats(256);
    } else {
        bytes += '\0';
        put(std::int64_t{8});
        put(std::int64_t{4});
        floats(8 * 4);
    }
    bytes += '\0';
    put(std::int64_t{1});
    put(std::int64_t{4});
    floats(4);
    return bytes;
}

std::string saved(const WordVectors<float>& vectors, VectorFormat format,
                  ElementType type = ElementType::f32) {
    SaveOptions options;
    options.format = format;
    options.type = type;
    const std::string path = scratch() + "/seed";
    save(vectors, path, options);
    const std::string bytes = file_bytes(path);
    std::filesystem::remove(words_path(path));
    std::filesystem::remove(metadata_path(path));
    return bytes;
}

} // namespace

std::span<const fuzz::Target> fuzz::targets() {
    static const std::vector<Target> all = [] {
        std::vector<Target> targets(own_targets.begin(), own_targets.end());
        const std::span<const Target> more = tokenizer_targets();
        targets.insert(targets.end(), more.begin(), more.end());
        return targets;
    }();
    return all;
}

bool fuzz::run(const Target& target, std::string_view bytes) {
    try {
        target.read(bytes);
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::string> fuzz::seeds(std::string_view target) {
    if (std::vector<std::string> files = tokenizer_seeds(target); !files.empty()) return files;
    const WordVectors<float> vectors = small_vectors(4, 3);
    const auto all_types = [&](VectorFormat format, std::initializer_list<ElementType> types) {
        std::vector<std::string> files;
        for (const ElementType type : types) {
            files.push_back(saved(vectors, format, type));
        }
        return files;
    };
    if (target == "word2vec_text") {
        return {format_word2vec_text(vectors), "2 2\na 1.000000 2e-3 \nb -3 +.5 \n",
                "1 2\r\nnew york -1 2\r\n",
                "\xEF\xBB\xBF"
                "1 1\na 1\n"};
    }
    if (target == "word2vec_binary") return {format_word2vec_binary(vectors)};
    if (target == "glove_text") {
        return {saved(vectors, glove_text_format), ". . . 0.1 0.2\n<unk> 1 2\n"};
    }
    if (target == "fasttext") {
        std::vector<std::string> files{small_fasttext(false), small_fasttext(true)};
        for (const std::int32_t loss : {1, 2, 3, 4}) {
            files.push_back(small_fasttext(loss % 2 == 0, 3, loss));
        }
        return files;
    }
    if (target == "classifier") {
        std::vector<std::string> files;
        const std::string path = scratch() + "/seed.firth";
        for (const bool ngrams : {false, true}) {
            const ClassifierModel model =
                test::made(ngrams ? ClassifierLoss::hierarchical_softmax : ClassifierLoss::softmax,
                           ngrams, UnseenNgram::skipped);
            write_native(model, path);
            files.push_back(file_bytes(path));
            write_native(test::made_of_codes(model, RowNorms::apart, !ngrams), path);
            files.push_back(file_bytes(path));
        }
        return files;
    }
    if (target == "npy") {
        return all_types(npy_format, {ElementType::f32, ElementType::f16, ElementType::i8});
    }
    if (target == "safetensors") {
        return all_types(safetensors_format,
                         {ElementType::f32, ElementType::f16, ElementType::bf16, ElementType::i8});
    }
    if (target == "projector") return {saved(vectors, projector_format)};
    if (target == "vecs") return {saved(vectors, fvecs_format)};
    if (target == "word_pairs") {
        return {"tiger cat 7.35\ntiger tiger 10\n",
                "word1,word2,POS,score\nold,\"new, all\",A,1.5\n", "1;a;b;7,5;2\n",
                "sun-n\tlight-n\t50\n# comment\n"};
    }
    if (target == "analogies") {
        return {": capitals\nathens greece oslo norway\n: gram1-x\na b c d\n",
                "index,type,word1,word2,word3,target\n1,x,a,b,c,d\n",
                "relation,a,b\nrelation,c,d\n", "a\tb/c\nd\te\n"};
    }
    if (target == "labelled_text") {
        return {"__label__a the king __label__b\n\nno label\n__label__b queen \xFF\n",
                "name\tthe king\n\tnone\nother name\tthe queen\n"};
    }
    if (target == "words") return {"a\nb\nc\n", "a 3\nb\t2\n", "word\tcount\na\\t\t3\nb\t2\n"};
    if (target == "native") {
        std::vector<std::string> files =
            all_types(native_format,
                      {ElementType::f32, ElementType::f16, ElementType::bf16, ElementType::i8});
        AlignedBuffer<std::uint32_t> used(2);
        used.data()[0] = 3;
        used.data()[1] = 7;
        const SubwordVectors some(vectors, EmbeddingTable<float>(2, vectors.dim()), {2, 3, 9},
                                  BucketRows(std::move(used), 9), UnseenNgram::zero);
        const SubwordVectors all(vectors, EmbeddingTable<float>(5, vectors.dim()), {2, 3, 5});
        for (const SubwordVectors& model : {some, all}) {
            write_native(model, scratch() + "/seed");
            files.push_back(file_bytes(scratch() + "/seed"));
        }
        return files;
    }
    const std::string text = "the king and the queen\nthe man \xC3\xA9t\xC3\xA9\n\n\xFF end\n";
    if (target == "text") return {text, "\xEF\xBB\xBF" + text};
    const std::string path = scratch() + "/seed";
    const EncodedCorpus corpus = encode_text(text, {.min_count = 1});
    if (target == "index") {
        GrowingIndex<Cosine> index(vectors.dim());
        for (Id id = 0; id < vectors.size(); ++id) {
            index.add(id * 1000u, vectors[id]);
        }
        write_index(index, path);
        return {file_bytes(path)};
    }
    if (target == "encoded_corpus") {
        static_cast<void>(read_corpus_through(path, {as_file(text)}, {.min_count = 1}));
        return {file_bytes(path)};
    }
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus.corpus, corpus.vocabulary.size(), {.threads = 1});
    if (target == "cooccurrences") {
        write_cooccurrences(corpus.vocabulary, counts, path);
        return {file_bytes(path)};
    }
    if (target == "glove_counts") {
        write_glove_cooccurrences(counts, path);
        return {file_bytes(path)};
    }
    std::vector<std::string> files; // "any": a file of each format
    for (const VectorFormat& format : KnownFormats::all) {
        if (format == fasttext_format) {
            files.push_back(small_fasttext(false));
        } else if (format != bvecs_format && format != ivecs_format) {
            files.push_back(saved(vectors, format));
        }
    }
    return files;
}
