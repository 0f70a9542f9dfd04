#include "commands.hpp"

#include <memory>
#include <string>
#include <vector>

#include <firth/base/mapped_file.hpp>
#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/simd/arch.hpp>

namespace {

struct QueryArguments {
    std::string vectors;
    std::vector<std::string> words;
    std::size_t top = 10;
    std::string method = "add";
    bool json = false;
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

void info(const QueryArguments& arguments) {
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
    std::cout << "\nkernels: " << firth::simd::arch_name() << '\n';
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

    auto file = add(app, "info", "What a file of word vectors holds", info);
    command = app.get_subcommand("info");
    command->add_option("file", file->vectors, "file of word vectors")->required();
}
