#include "commands.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/fold_case.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/load.hpp>
#include <firth/io/native_classifier.hpp>
#include <firth/io/save.hpp>
#include <firth/io/verify.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/table/relabel.hpp>
#include <firth/text/tokenizer_file.hpp>

#if defined(FIRTH_WITH_UTF8PROC)
#include <utf8proc.h>
#endif

namespace {

/// Lower case: of all letters of Unicode where utf8proc is there, else of A to Z. Bytes that are
/// not UTF-8 stay.
std::string lower_case(std::string_view word) {
#if defined(FIRTH_WITH_UTF8PROC)
    std::string lower;
    while (!word.empty()) {
        const std::size_t length = std::max<std::size_t>(1, firth::utf8_length(word));
        utf8proc_int32_t point = 0;
        utf8proc_uint8_t bytes[4];
        const auto* const from = reinterpret_cast<const utf8proc_uint8_t*>(word.data());
        if (utf8proc_iterate(from, static_cast<utf8proc_ssize_t>(length), &point) > 0) {
            const utf8proc_ssize_t size = utf8proc_encode_char(utf8proc_tolower(point), bytes);
            lower.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
        } else {
            lower += word.substr(0, length);
        }
        word.remove_prefix(length);
    }
    return lower;
#else
    return firth::fold_ascii(word);
#endif
}

/// What the processor has and which kernels were chosen.
void info_cpu(bool json) {
    const firth::simd::Cpu cpu = firth::simd::detect_cpu();
    const std::vector<std::pair<const char*, bool>> features{
        {"sse4.2", cpu.sse42},
        {"avx", cpu.avx},
        {"avx2", cpu.avx2},
        {"fma", cpu.fma},
        {"f16c", cpu.f16c},
        {"avx512", cpu.avx512},
        {"avx512_vnni", cpu.avx512_vnni},
        {"avx512_vpopcntdq", cpu.avx512_vpopcntdq},
        {"avx512_bf16", cpu.avx512_bf16},
        {"avx512_fp16", cpu.avx512_fp16},
        {"amx_int8", cpu.amx_int8},
        {"amx_bf16", cpu.amx_bf16},
        {"neon_dotprod", cpu.neon_dotprod},
        {"neon_bf16", cpu.neon_bf16},
    };
    nlohmann::json found = nlohmann::json::array();
    for (const auto& [name, there] : features) {
        if (there) found.push_back(name);
    }
    nlohmann::json runnable = nlohmann::json::array();
    nlohmann::json held = nlohmann::json::array();
    for (const firth::simd::Level& level : firth::simd::levels()) {
        held.push_back(std::string(level.name));
        if (level.available) runnable.push_back(std::string(level.name));
    }
    const std::string selected(firth::simd::selected_arch());
    if (json) {
        print_json({{"features", found},
                    {"levels", held},
                    {"available", runnable},
                    {"selected", selected}});
        return;
    }
    const auto print_list = [](const char* title, const nlohmann::json& names) {
        std::cout << title;
        for (const auto& name : names) {
            std::cout << ' ' << name.get<std::string>();
        }
        std::cout << '\n';
    };
    print_list("the processor and the system have:", found);
    print_list("kernels are there for:            ", held);
    print_list("of these can run here:            ", runnable);
    std::cout << "chosen (FIRTH_ARCH holds it down): " << selected << '\n';
}

/// One of firth's other files: a corpus, counts, a checkpoint.
void info_section_file(const firth::SectionFile& file, std::string_view kind, bool json) {
    if (json) {
        print_json({{"format", "firth"}, {"kind", kind}, {"sections", file.names()}});
        return;
    }
    std::cout << file.path() << ": a file of firth of kind \"" << kind << "\", with the sections";
    for (const std::string& name : file.names()) {
        std::cout << " \"" << name << '"';
    }
    std::cout << '\n';
}

void info_classifier(const firth::OpenedFile& file, bool json) {
    const firth::Stopwatch watch;
    const firth::StoredClassifierModel model = firth::open_native_classifier(file);
    const double seconds = watch.seconds();
    const bool codes = model.input.codes() != nullptr;
    if (json) {
        print_json({{"format", "firth"},
                    {"kind", "classifier"},
                    {"labels", model.labels.size()},
                    {"words", model.words.size()},
                    {"ngrams", model.buckets.size()},
                    {"dim", model.dim()},
                    {"loss", firth::name(model.loss)},
                    {"quantized", codes},
                    {"open_seconds", seconds}});
        return;
    }
    std::cout << file.path() << ": a classifier of firth, " << model.labels.size() << " labels, "
              << model.words.size() << " words, " << model.buckets.size() << " n-grams, dim "
              << model.dim() << ", " << firth::name(model.loss) << (codes ? ", quantised" : "")
              << ", opened in " << seconds << " s\n";
}

/// The kind of tokenizer that a file or a folder is, or null. Lines of tokens alone are not told
/// from other texts: a vocab.txt is known by its name.
const char* tokenizer_kind(const std::string& path) {
    const std::filesystem::path file(path);
    if (std::filesystem::is_directory(file)) return "folder";
    if (!std::filesystem::is_regular_file(file)) return nullptr;
    if (file.filename() == "vocab.txt") return "vocab.txt";
    const firth::MappedFile mapped(path);
    switch (firth::recognize_tokenizer(mapped.bytes())) {
    case firth::TokenizerFormat::json:
        return file.extension() == ".json" ? "tokenizer.json" : nullptr;
    case firth::TokenizerFormat::ranks:
        return file.extension() == ".tiktoken" || file.extension() == ".model" ? "tiktoken"
                                                                               : nullptr;
    case firth::TokenizerFormat::sentencepiece:
        return file.extension() == ".model" ? "sentencepiece" : nullptr;
    case firth::TokenizerFormat::vocabulary:
        break;
    }
    return nullptr;
}

void info_tokenizer(const std::string& path, const std::string& kind, bool json) {
    const firth::Stopwatch watch;
    // What cuts before ranks, their file does not say.
    const firth::Tokenizer tokenizer = firth::read_tokenizer(path, {.pattern = "gpt2"});
    const double seconds = watch.seconds();
    const auto& steps = tokenizer.steps();
    const std::string cut = kind == "tiktoken" ? "not in the file" : steps.pre_tokenizer.settings();
    if (json) {
        print_json({{"format", kind},
                    {"kind", "tokenizer"},
                    {"tokens", tokenizer.size()},
                    {"added_tokens", steps.added_tokens.size()},
                    {"normalizer", steps.normalizer.settings()},
                    {"pre_tokenizer", cut},
                    {"model", steps.model.settings()},
                    {"post_processor", steps.post_processor.settings()},
                    {"decoder", steps.decoder.settings()},
                    {"open_seconds", seconds}});
        return;
    }
    std::cout << path << ": a tokenizer (" << kind << "), " << tokenizer.size() << " tokens, "
              << steps.added_tokens.size() << " of them added, opened in " << seconds << " s\n"
              << "normalizer:     " << steps.normalizer.settings() << '\n'
              << "pre-tokenizer:  " << cut << '\n'
              << "model:          " << steps.model.settings() << '\n'
              << "post-processor: " << steps.post_processor.settings() << '\n'
              << "decoder:        " << steps.decoder.settings() << '\n';
}

struct InfoArguments {
    std::string file;
    bool cpu = false;
    bool json = false;
};

void print_info(const InfoArguments& arguments, const firth::VectorFormat& format,
                const firth::Vocabulary& words, std::size_t dim, firth::ElementType type,
                double seconds) {
    if (arguments.json) {
        print_json({{"format", format.name},
                    {"rows", words.size()},
                    {"dim", dim},
                    {"dtype", firth::element_name(type)},
                    {"open_seconds", seconds}});
        return;
    }
    std::cout << arguments.file << ": " << format.name << ", " << words.size() << " rows, dim "
              << dim << ", " << firth::element_name(type) << ", opened in " << seconds << " s\n";
    for (firth::Id id = 0; id < std::min<std::size_t>(5, words.size()); ++id) {
        std::cout << (id == 0 ? "first words: " : " ") << words[id];
    }
    std::cout << "\nkernels: " << firth::simd::selected_arch() << '\n';
}

void info(const InfoArguments& arguments) {
    if (arguments.cpu) return info_cpu(arguments.json);
    if (const char* const kind = tokenizer_kind(arguments.file))
        return info_tokenizer(arguments.file, kind, arguments.json);
    const firth::VectorFile file(arguments.file);
    const std::string kind(firth::section_file_kind(file.bytes()));
    if (kind == "classifier") return info_classifier(file, arguments.json);
    if (!kind.empty() && kind != "vectors") {
        return info_section_file(file.sections(), kind, arguments.json);
    }
    const firth::Stopwatch watch;
    if (file.format() == firth::native_format) {
        const firth::NativeFile native(file);
        return print_info(arguments, file.format(), native.vocabulary(), native.dim(),
                          native.type(), watch.seconds());
    }
    const firth::WordVectors<float> vectors = load_vectors(file);
    print_info(arguments, file.format(), vectors.vocabulary(), vectors.dim(),
               firth::stored_type(file), watch.seconds());
}

struct VerifyArguments {
    std::string file;
    bool json = false;
};

/// Reads everything in a file and fails at what is wrong with it.
void verify(const VerifyArguments& arguments) {
    const firth::Stopwatch watch;
    const firth::FileReport report = firth::verify(arguments.file);
    const bool vectors = report.kind == "vectors";
    if (arguments.json) {
        nlohmann::json found{{"file", arguments.file},    {"format", report.format},
                             {"kind", report.kind},       {"sound", report.sound()},
                             {"checked", report.checked}, {"warnings", report.warnings},
                             {"seconds", watch.seconds()}};
        if (vectors) {
            found["rows"] = report.rows;
            found["dim"] = report.dim;
        }
        return print_json(found);
    }
    std::cout << arguments.file << ": " << report.format << ", "
              << (vectors
                      ? std::to_string(report.rows) + " rows of dim " + std::to_string(report.dim)
                      : "a file of kind \"" + report.kind + '"')
              << (report.sound() ? ", sound\n" : ", can be read, but see the warnings\n");
    for (const std::string& what : report.checked) {
        std::cout << "checked: " << what << '\n';
    }
    for (const std::string& what : report.warnings) {
        std::cerr << "firth: warning: " << what << '\n';
    }
}

struct ConvertArguments {
    std::string input;
    std::string output;
    std::optional<firth::VectorFormat> format;
    firth::ElementType type = firth::ElementType::f32;
    firth::ReadOptions read;
    bool lower = false;
    firth::Collisions collisions = firth::Collisions::keep_first;
    firth::UnwritableWords unwritable = firth::UnwritableWords::refuse;
    bool json = false;
    bool quiet = false;
};

void convert(ConvertArguments& arguments) {
    const SignalsNoted noted;
    const firth::Stopwatch watch;
    std::vector<NamedFile> inputs = vector_inputs("input", arguments.input);
    inputs.push_back({"--words", arguments.read.words});
    check_files(inputs, vector_outputs("output", arguments.output, arguments.format));
    arguments.read.progress = SignalsNoted::progress(progress_printer(arguments.quiet, "rows"));
    // A name that names no format is refused before the work, not after it.
    const firth::VectorFormat format =
        arguments.format ? *arguments.format : firth::format_of_name(arguments.output);
    firth::WordVectors<float> vectors;
    firth::SaveReport report;
    try {
        const firth::VectorFile file(arguments.input);
        vectors = load_vectors(file, arguments.read);
        if (file.format() == firth::fasttext_format) {
            std::cerr << "firth: note: the words of " << arguments.input
                      << " are written; its n-grams and its output are not\n";
        }
        const std::size_t rows = vectors.size();
        if (arguments.lower) {
            vectors = firth::relabel(vectors, lower_case, arguments.collisions);
            if (vectors.size() != rows) {
                std::cerr << "firth: note: " << rows - vectors.size()
                          << " words had the name of another one in lower case\n";
            }
        }
        report = save_vectors(
            vectors, arguments.output,
            {.format = format,
             .type = arguments.type,
             .unwritable = arguments.unwritable,
             .progress = SignalsNoted::progress(progress_printer(arguments.quiet, "rows"))});
    } catch (const firth::Error&) {
        if (SignalsNoted::signal() == 0) throw;
        throw Stopped{SignalsNoted::signal(), "stopped; " + arguments.output + " is as it was"};
    }
    if (arguments.json) {
        print_json({{"output", arguments.output},
                    {"format", format.name},
                    {"rows", report.rows},
                    {"dim", vectors.dim()},
                    {"dtype", firth::element_name(arguments.type)},
                    {"seconds", watch.seconds()}});
    } else {
        std::cout << "wrote " << arguments.output << ": " << format.name << ", " << report.rows
                  << " rows, dim " << vectors.dim() << '\n';
    }
}

void add_convert(CLI::App& app) {
    auto arguments = std::make_shared<ConvertArguments>();
    CLI::App* command =
        app.add_subcommand("convert", "Write vectors in another format, or only some of them");
    command->option_defaults()->always_capture_default();
    command
        ->add_option("input", arguments->input,
                     "file of word vectors, of any format; \"-\": standard input")
        ->required();
    command->add_option("output", arguments->output, "where they go")->required();
    add_format(*command, arguments->format);
    add_choice(
        *command, "--dtype", arguments->type,
        {{"f32", firth::ElementType::f32},
         {"f16", firth::ElementType::f16},
         {"bf16", firth::ElementType::bf16},
         {"i8", firth::ElementType::i8}},
        "type of the elements: firth and safetensors have all, npy all but bf16, others f32");
    command->add_option("--top", arguments->read.top, "only the first rows, 0: all");
    command->add_flag("--lower", arguments->lower, "words in lower case");
    add_choice(*command, "--collisions", arguments->collisions,
               {{"first", firth::Collisions::keep_first},
                {"mean", firth::Collisions::mean},
                {"refuse", firth::Collisions::refuse}},
               "with --lower: of words that become the same, which vector stays");
    add_choice(*command, "--duplicates", arguments->read.duplicates,
               {{"first", firth::ReadOptions::Duplicates::keep_first},
                {"refuse", firth::ReadOptions::Duplicates::refuse}},
               "rows whose word the input had before");
    add_choice(*command, "--utf8", arguments->read.utf8,
               {{"keep", firth::ReadOptions::Utf8::keep_bytes},
                {"replace", firth::ReadOptions::Utf8::replace},
                {"refuse", firth::ReadOptions::Utf8::refuse}},
               "words that are not UTF-8");
    add_unwritable(*command, arguments->unwritable);
    add_choice(*command, "--spaced-numbers", arguments->read.spaced_numbers,
               {{"refuse", firth::ReadOptions::SpacedNumbers::refuse},
                {"keep", firth::ReadOptions::SpacedNumbers::keep}},
               "words of a text with a number among their parts, such as \"windows 10\", which "
               "look like rows with too many numbers");
    add_choice(*command, "--header", arguments->read.header,
               {{"strict", firth::ReadOptions::Header::strict},
                {"tolerant", firth::ReadOptions::Header::tolerant}},
               "inputs whose first line promises another number of rows");
    command
        ->add_option("--words", arguments->read.words,
                     "file with the input's words, a line each, for inputs without")
        ->default_str("beside the input");
    command->add_option("--tensor", arguments->read.tensor, "which tensor of a safetensors file")
        ->default_str("embeddings, embedding.weight, or the only matrix");
    command->add_option("--threads", arguments->read.threads, "0: all of the machine's");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments] { convert(*arguments); });
}

} // namespace

void add_file_commands(CLI::App& app) {
    auto shown = std::make_shared<InfoArguments>();
    CLI::App* command = app.add_subcommand(
        "info", "What a file of firth, of vectors or of a tokenizer holds, or the processor has");
    command->add_flag("--json", shown->json, "print the result as one JSON object");
    CLI::Option_group* what = command->add_option_group("what");
    what->add_option("file", shown->file,
                     "file of word vectors, or another one of firth's, or of a tokenizer");
    what->add_flag("--cpu", shown->cpu, "instruction sets found and the kernels chosen");
    what->require_option(1);
    command->callback([shown] { info(*shown); });

    auto verified = std::make_shared<VerifyArguments>();
    command = app.add_subcommand("verify", "Read all of a file and fail at the first thing wrong");
    command->add_flag("--json", verified->json, "print the result as one JSON object");
    command
        ->add_option("file", verified->file,
                     "file of word vectors, or another one of firth's; \"-\": standard input")
        ->required();
    command->callback([verified] { verify(*verified); });

    add_convert(app);
}
