#include "commands.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/simd/dispatch.hpp>

namespace {

struct QueryArguments {
    std::string vectors;
    std::vector<std::string> words;
    std::size_t top = 10;
    std::string method = "add";
    bool json = false;
    bool cpu = false;
};

void print(const QueryArguments& arguments, const std::vector<firth::WordScore>& results) {
    if (!arguments.json) {
        for (const auto& [word, score] : results) {
            std::cout << word << '\t' << score << '\n';
        }
        return;
    }
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [word, score] : results) {
        list.push_back({{"word", std::string(word)}, {"score", score}});
    }
    print_json({{"query", arguments.words}, {"results", list}});
}

void neighbors(const QueryArguments& arguments) {
    const firth::WordVectors<float> vectors = load_vectors(arguments.vectors);
    const firth::WordIndex index(vectors);
    print(arguments, firth::most_similar(index, arguments.words, {}, {.top = arguments.top}));
}

void analogy(const QueryArguments& arguments) {
    const firth::WordVectors<float> vectors = load_vectors(arguments.vectors);
    const firth::WordIndex index(vectors);
    const auto method =
        arguments.method == "mul" ? firth::AnalogyMethod::cos_mul : firth::AnalogyMethod::cos_add;
    print(arguments, firth::analogy(index, arguments.words[0], arguments.words[1],
                                    arguments.words[2], {.top = arguments.top, .method = method}));
}

/// What the processor has and which kernels were chosen.
void info_cpu(const QueryArguments& arguments) {
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
    if (arguments.json) {
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

void info(const QueryArguments& arguments) {
    if (arguments.cpu) return info_cpu(arguments);
    const firth::Stopwatch watch;
    const std::string_view format = firth::format_name(
        firth::recognize_format(firth::MappedFile(arguments.vectors).bytes(), arguments.vectors));
    const firth::WordVectors<float> vectors = load_vectors(arguments.vectors);
    const double seconds = watch.seconds();
    if (arguments.json) {
        print_json({{"format", format},
                    {"rows", vectors.size()},
                    {"dim", vectors.dim()},
                    {"dtype", "f32"},
                    {"open_seconds", seconds}});
        return;
    }
    std::cout << arguments.vectors << ": " << format << ", " << vectors.size() << " rows, dim "
              << vectors.dim() << ", f32, read in " << seconds << " s\n";
    for (firth::Id id = 0; id < std::min<std::size_t>(5, vectors.size()); ++id) {
        std::cout << (id == 0 ? "first words: " : " ") << vectors.word(id);
    }
    std::cout << "\nkernels: " << firth::simd::selected_arch() << '\n';
}

std::shared_ptr<QueryArguments> add(CLI::App& app, const char* name, const char* what,
                                    void (*run)(const QueryArguments&)) {
    auto arguments = std::make_shared<QueryArguments>();
    CLI::App* command = app.add_subcommand(name, what);
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->callback([arguments, run] { run(*arguments); });
    return arguments;
}

} // namespace

void add_query_commands(CLI::App& app) {
    auto near =
        add(app, "neighbors", "The words nearest to a word, or to several together", neighbors);
    CLI::App* command = app.get_subcommand("neighbors");
    command->add_option("--vectors", near->vectors, "file of word vectors")->required();
    command->add_option("--top", near->top, "how many")->capture_default_str();
    command->add_option("words", near->words, "the words")->required();

    auto fourth = add(app, "analogy", "A is to B as C is to ...?", analogy);
    command = app.get_subcommand("analogy");
    command->add_option("--vectors", fourth->vectors, "file of word vectors")->required();
    command->add_option("--top", fourth->top, "how many")->capture_default_str();
    command->add_option("--method", fourth->method, "3CosAdd or 3CosMul")
        ->check(CLI::IsMember({"add", "mul"}))
        ->capture_default_str();
    command->add_option("words", fourth->words, "A B C")->required()->expected(3);

    auto file =
        add(app, "info", "What a file of word vectors holds, or what the processor has", info);
    command = app.get_subcommand("info");
    CLI::Option_group* what = command->add_option_group("what");
    what->add_option("file", file->vectors, "file of word vectors");
    what->add_flag("--cpu", file->cpu, "instruction sets found and the kernels chosen");
    what->require_option(1);
}
