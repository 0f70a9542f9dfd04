#include "commands.hpp"

#include <cmath>
#include <iomanip>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <firth/eval/analogy_set.hpp>
#include <firth/eval/word_similarity.hpp>

#include "sts_eval.hpp"

namespace {

struct EvalArguments {
    std::string vectors;
    std::string analogies;
    std::vector<std::string> similarities;
    std::vector<std::string> sts;
    EncoderArguments encoder;
    firth::AnalogyEvaluationOptions options;
    bool case_sensitive = false;
    bool json = false;
};

nlohmann::json to_json(const firth::AnalogyScore& score) {
    return {{"name", score.name},         {"accuracy", score.accuracy()},
            {"correct", score.correct},   {"asked", score.asked},
            {"skipped", score.skipped},   {"from_ngrams", score.substituted},
            {"unformed", score.unformed}, {"coverage", score.coverage()}};
}

void add_report(nlohmann::json& json, const firth::EvaluationFileReport& report) {
    json["form"] = report.form;
    json["comments"] = report.comments;
    json["left_out"] = report.left_out;
}

/// Says what a file was taken for.
void print(const std::string& path, const firth::EvaluationFileReport& report) {
    std::cout << path << ": " << report.form;
    if (report.comments != 0) std::cout << "; lines of comment: " << report.comments;
    for (std::size_t i = 0; i < report.left_out.size(); ++i) {
        std::cout << (i == 0 ? "; left out: " : ", ") << report.left_out[i];
    }
    std::cout << '\n';
}

void print(const firth::AnalogyScore& score) {
    std::cout << std::left << std::setw(30) << score.name << std::right << std::fixed
              << std::setprecision(1) << std::setw(6) << 100 * score.accuracy() << " %  "
              << score.correct << " of " << score.asked << " asked, " << score.skipped
              << " skipped";
    if (score.substituted != 0) std::cout << ", " << score.substituted << " with n-grams";
    if (score.unformed != 0) std::cout << ", " << score.unformed << " more not formed";
    std::cout << '\n';
}

/// N-grams stand for unknown words where the file has them; where not, these are left out.
firth::OutOfVocabulary unknown_words(const AskedVectors& asked) {
    const firth::SubwordVectors* const model = asked.unknown().model();
    return model == nullptr ? firth::OutOfVocabulary::skip()
                            : firth::OutOfVocabulary::subwords(*model);
}

nlohmann::json evaluate_analogies(const firth::WordVectors<float>& vectors,
                                  const std::vector<firth::AnalogySection>& sections,
                                  const EvalArguments& arguments) {
    const firth::Stopwatch watch;
    const firth::AnalogyResult result =
        firth::evaluate_analogies(vectors, sections, arguments.options);
    nlohmann::json json{{"file", arguments.analogies},
                        {"total", to_json(result.total)},
                        {"sections", nlohmann::json::array()},
                        {"groups", nlohmann::json::array()},
                        {"seconds", watch.seconds()}};
    for (const firth::AnalogyScore& section : result.sections) {
        json["sections"].push_back(to_json(section));
    }
    for (const firth::AnalogyScore& group : result.groups) {
        json["groups"].push_back(to_json(group));
        if (group.name == "semantic" || group.name == "syntactic") {
            json[group.name] = to_json(group); // the halves of questions-words also by name
        }
    }
    if (arguments.json) return json;
    for (const std::vector<firth::AnalogyScore>& scores : {result.sections, result.groups}) {
        for (const firth::AnalogyScore& score : scores) {
            print(score);
        }
    }
    print(result.total);
    return json;
}

nlohmann::json evaluate_similarity(const firth::WordVectors<float>& vectors,
                                   const std::string& path,
                                   const std::vector<firth::WordPair>& pairs,
                                   const EvalArguments& arguments) {
    const firth::WordSimilarityResult result = firth::evaluate_word_similarity(
        vectors, pairs, {arguments.options.folding, arguments.options.out_of_vocabulary});
    if (!arguments.json) {
        std::cout << path << ": rho " << std::fixed << std::setprecision(3) << result.rho
                  << " over " << result.pairs << " pairs, " << result.missing << " missing";
        if (result.substituted != 0) std::cout << ", " << result.substituted << " with n-grams";
        std::cout << '\n';
    }
    return {{"file", path},
            {"rho", std::isnan(result.rho) ? nlohmann::json() : nlohmann::json(result.rho)},
            {"pairs", result.pairs},
            {"missing", result.missing},
            {"from_ngrams", result.substituted}};
}

void eval(EvalArguments arguments) {
    const bool of_words = !arguments.analogies.empty() || !arguments.similarities.empty();
    if (!of_words && arguments.sts.empty()) {
        throw firth::OptionError(
            "nothing to evaluate: expected --analogies, --similarity or --sts");
    }
    if (of_words && arguments.vectors.empty()) throw CLI::RequiredError("--vectors");
    if (!of_words && !arguments.vectors.empty()) {
        throw firth::OptionError("--vectors is for --analogies and --similarity");
    }
    if (!arguments.sts.empty() && arguments.encoder.model.empty()) {
        throw firth::OptionError("--sts needs --model, the encoder of sentences");
    }
    if (arguments.sts.empty() && arguments.encoder.is_given()) {
        throw firth::OptionError("--model and how it is asked are for --sts");
    }
    if (arguments.case_sensitive) arguments.options.folding = firth::CaseFolding::none;
    // All files are read before the first result is computed.
    firth::EvaluationFileReport of_analogies;
    std::vector<firth::AnalogySection> sections;
    if (!arguments.analogies.empty()) {
        sections = firth::read_analogies(arguments.analogies, &of_analogies);
    }
    std::vector<firth::EvaluationFileReport> of_pairs(arguments.similarities.size());
    std::vector<std::vector<firth::WordPair>> sets;
    for (const std::string& path : arguments.similarities) {
        sets.push_back(firth::read_word_pairs(path, &of_pairs[sets.size()]));
    }
    const StsSets sts(arguments.sts);

    nlohmann::json json = nlohmann::json::object();
    if (!arguments.sts.empty()) {
        json["sts"] = sts.evaluate(arguments.encoder, arguments.options.threads, arguments.json);
    }
    if (!of_words) {
        if (arguments.json) print_json(json);
        return;
    }
    const AskedVectors asked(arguments.vectors);
    arguments.options.out_of_vocabulary = unknown_words(asked);
    if (!arguments.analogies.empty()) {
        if (!arguments.json) print(arguments.analogies, of_analogies);
        json["analogies"] = evaluate_analogies(asked.words(), sections, arguments);
        add_report(json["analogies"], of_analogies);
    }
    if (!arguments.similarities.empty()) json["similarity"] = nlohmann::json::array();
    for (std::size_t i = 0; i < sets.size(); ++i) {
        if (!arguments.json) print(arguments.similarities[i], of_pairs[i]);
        nlohmann::json result =
            evaluate_similarity(asked.words(), arguments.similarities[i], sets[i], arguments);
        add_report(result, of_pairs[i]);
        json["similarity"].push_back(std::move(result));
    }
    if (arguments.json) print_json(json);
}

} // namespace

void add_eval_command(CLI::App& app) {
    auto arguments = std::make_shared<EvalArguments>();
    CLI::App* command =
        app.add_subcommand("eval", "Measure word vectors by analogies and word similarity, "
                                   "encoders by sentence similarity");
    command->add_option("--vectors", arguments->vectors, "file of word vectors");
    command->add_option(
        "--analogies", arguments->analogies,
        "questions as in questions-words.txt, a table (section and four words, relation "
        "and two words), or a folder of pairs as BATS");
    command->add_option(
        "--similarity", arguments->similarities,
        "pairs with people's scores, between tabs, semicolons, commas or spaces; may be "
        "given several times");
    command->add_option("--sts", arguments->sts,
                        "pairs of sentences with people's scores, as STS Benchmark; may be given "
                        "several times");
    command->add_option("--model", arguments->encoder.model,
                        "folder of sentence-transformers, for --sts");
    arguments->encoder.add_to(*command);
    command
        ->add_option("--restrict-vocab", arguments->options.restrict_vocabulary,
                     "only the first words take part, 0: all")
        ->capture_default_str();
    command->add_option("--threads", arguments->options.threads, "0: all of the machine's")
        ->capture_default_str();
    command->add_flag("--case-sensitive", arguments->case_sensitive, "tell Paris from paris");
    command
        ->add_option("--questions-per-relation", arguments->options.questions_per_relation,
                     "form no more questions of one relation's pairs, 0: no limit")
        ->capture_default_str();
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->callback([arguments] { eval(*arguments); });
}
