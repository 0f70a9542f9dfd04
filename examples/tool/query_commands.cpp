#include "commands.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/number_text.hpp>
#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/query/word_lookup.hpp>

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
    const AskedVectors asked(arguments.vectors);
    const firth::WordIndex index(asked.words(), {.memory = 0}); // for one question
    print(arguments,
          firth::most_similar(index, arguments.words, {},
                              {.top = arguments.top, .out_of_vocabulary = asked.unknown()}));
}

void analogy(const QueryArguments& arguments) {
    const AskedVectors asked(arguments.vectors);
    const firth::WordIndex index(asked.words(), {.memory = 0}); // for one question
    const auto method =
        arguments.method == "mul" ? firth::AnalogyMethod::cos_mul : firth::AnalogyMethod::cos_add;
    print(arguments,
          firth::analogy(
              index, arguments.words[0], arguments.words[1], arguments.words[2],
              {.top = arguments.top, .method = method, .out_of_vocabulary = asked.unknown()}));
}

/// Prints vectors as lines of text, made from n-grams where a word has none of its own.
void vectors_of(const QueryArguments& arguments) {
    const AskedVectors asked(arguments.vectors);
    nlohmann::json results = nlohmann::json::array();
    for (const std::string& word : arguments.words) {
        const std::vector<float> vector =
            firth::look_up(asked.words(), word, asked.unknown())->vector;
        if (arguments.json) {
            results.push_back(
                {{"word", word}, {"known", asked.words().contains(word)}, {"vector", vector}});
            continue;
        }
        std::string line = word;
        for (const float value : vector) {
            line += ' ';
            firth::append_float(line, value);
        }
        std::cout << line << '\n';
    }
    if (arguments.json) print_json({{"results", results}});
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

    auto rows =
        add(app, "vectors", "The vectors of words, also of unknown ones where there are n-grams",
            vectors_of);
    command = app.get_subcommand("vectors");
    command->add_option("--vectors", rows->vectors, "file of word vectors")->required();
    command->add_option("words", rows->words, "the words")->required();
}
