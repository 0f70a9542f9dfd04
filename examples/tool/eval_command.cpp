#include "commands.hpp"

#include <cmath>
#include <iomanip>
#include <memory>
#include <string>
#include <vector>

#include <firth/eval/analogy_set.hpp>
#include <firth/eval/word_similarity.hpp>

namespace {

struct EvalArguments {
    std::string vectors;
    std::string analogies;
    std::vector<std::string> similarities;
    firth::AnalogyEvaluationOptions options;
    bool case_sensitive = false;
    bool json = false;
};

nlohmann::json to_json(const firth::AnalogyScore& score) {
    return {{"name", score.name},   {"accuracy", score.accuracy()}, {"correct", score.correct},
            {"asked", score.asked}, {"skipped", score.skipped},     {"coverage", score.coverage()}};
}

void print(const firth::AnalogyScore& score) {
    std::cout << std::left << std::setw(30) << score.name << std::right << std::fixed
              << std::setprecision(1) << std::setw(6) << 100 * score.accuracy() << " %  "
              << score.correct << " of " << score.asked << " asked, " << score.skipped
              << " skipped\n";
}

void eval(EvalArguments arguments) {
    if (arguments.analogies.empty() && arguments.similarities.empty()) {
        throw firth::OptionError("nothing to evaluate: expected --analogies or --similarity");
    }
    const auto folding =
        arguments.case_sensitive ? firth::CaseFolding::none : firth::CaseFolding::ascii;
    arguments.options.folding = folding;
    // All files are read before the first result is computed.
    std::vector<firth::AnalogySection> sections;
    if (!arguments.analogies.empty()) sections = firth::read_analogies(arguments.analogies);
    std::vector<std::vector<firth::WordPair>> sets;
    for (const std::string& path : arguments.similarities) {
        sets.push_back(firth::read_word_pairs(path));
    }
    const firth::WordVectors<float> vectors = load_vectors(arguments.vectors);

    nlohmann::json json = nlohmann::json::object();
    if (!arguments.analogies.empty()) {
        const firth::Stopwatch watch;
        const firth::AnalogyResult result =
            firth::evaluate_analogies(vectors, sections, arguments.options);
        json["analogies"] = {
            {"file", arguments.analogies},          {"total", to_json(result.total)},
            {"semantic", to_json(result.semantic)}, {"syntactic", to_json(result.syntactic)},
            {"sections", nlohmann::json::array()},  {"seconds", watch.seconds()}};
        for (const firth::AnalogyScore& section : result.sections) {
            json["analogies"]["sections"].push_back(to_json(section));
            if (!arguments.json) print(section);
        }
        if (!arguments.json) {
            print(result.semantic);
            print(result.syntactic);
            print(result.total);
        }
    }
    if (!arguments.similarities.empty()) json["similarity"] = nlohmann::json::array();
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const firth::WordSimilarityResult result =
            firth::evaluate_word_similarity(vectors, sets[i], folding);
        nlohmann::json rho = std::isnan(result.rho) ? nlohmann::json() : nlohmann::json(result.rho);
        json["similarity"].push_back({{"file", arguments.similarities[i]},
                                      {"rho", rho},
                                      {"pairs", result.pairs},
                                      {"missing", result.missing}});
        if (!arguments.json) {
            std::cout << arguments.similarities[i] << ": rho " << std::fixed << std::setprecision(3)
                      << result.rho << " over " << result.pairs << " pairs, " << result.missing
                      << " missing\n";
        }
    }
    if (arguments.json) print_json(json);
}

} // namespace

void add_eval_command(CLI::App& app) {
    auto arguments = std::make_shared<EvalArguments>();
    CLI::App* command =
        app.add_subcommand("eval", "Measure word vectors by analogies and word similarity");
    command->add_option("--vectors", arguments->vectors, "file of word vectors")->required();
    command->add_option("--analogies", arguments->analogies,
                        "questions in the format of questions-words.txt");
    command->add_option("--similarity", arguments->similarities,
                        "pairs with people's scores; may be given several times");
    command
        ->add_option("--restrict-vocab", arguments->options.restrict_vocabulary,
                     "only the first words take part, 0: all")
        ->capture_default_str();
    command->add_option("--threads", arguments->options.threads, "0: all of the machine's")
        ->capture_default_str();
    command->add_flag("--case-sensitive", arguments->case_sensitive, "tell Paris from paris");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->callback([arguments] { eval(*arguments); });
}
