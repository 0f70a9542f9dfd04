#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/corpus/split_examples.hpp>
#include <firth/encode/classifier_file.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/encode/shrink_classifier.hpp>
#include <firth/train/classify/tune_classifier.hpp>

#include "classify_arguments.hpp"

namespace {

struct ClassifyTuneArguments : ClassifyLearnArguments {
    double share = 0.1;
    std::string metric = "precision";
    std::optional<std::string> subwords;
    std::uint64_t model_size = 0;
    firth::TuneOptions options;
};

/// Settings that were given are not searched for.
void fix_given(ClassifyTuneArguments& arguments, const CLI::App& command) {
    firth::ClassifierSearchSpace& space = arguments.options.space;
    firth::ClassifierOptions& base = arguments.options.base;
    const auto given = [&](const char* name) { return command.count(name) != 0; };
    if (arguments.subwords) {
        base.characters = *arguments.subwords == "none" ? firth::SubwordOptions{.max_length = 0}
                                                        : parse_subwords(*arguments.subwords);
        space.shortest = {base.characters.min_length, base.characters.min_length};
        space.longest = {base.characters.max_length, base.characters.max_length};
    }
    if (given("--epochs")) space.epochs = {base.epochs, base.epochs};
    if (given("--lr")) space.learning_rate = {base.learning_rate, base.learning_rate};
    if (given("--word-ngrams")) space.word_ngrams = {base.word_ngrams, base.word_ngrams};
    if (given("--buckets")) {
        space.buckets = {base.characters.buckets, base.characters.buckets};
    }
    if (given("--dim")) {
        const auto dim = static_cast<std::uint32_t>((std::min)(base.dim, firth::max_dim + 1));
        space.dim = {dim, dim};
    } else if (arguments.model_size != 0) {
        // Centroids take a kilobyte an element: half of the room is for rows.
        const auto most = static_cast<std::uint32_t>(
            (std::min<std::uint64_t>)(arguments.model_size / 2048, space.dim.high));
        space.dim = {(std::min)(space.dim.low, (std::max)(most, 1u)), (std::max)(most, 1u)};
    }
}

std::string settings_text(const firth::ClassifierOptions& options) {
    std::string text = "lr " + firth::float_text(std::round(options.learning_rate * 1e4f) / 1e4f) +
                       ", " + std::to_string(options.epochs) + " epochs, dim " +
                       std::to_string(options.dim) + ", word n-grams " +
                       std::to_string(options.word_ngrams);
    const firth::SubwordOptions& characters = options.characters;
    if (characters.max_length != 0) {
        text += ", subwords " + std::to_string(characters.min_length) + "-" +
                std::to_string(characters.max_length);
    }
    if (characters.max_length != 0 || options.word_ngrams > 1) {
        text += ", " + std::to_string(characters.buckets) + " buckets";
    }
    return text;
}

nlohmann::json settings_json(const firth::ClassifierOptions& options) {
    return {{"lr", options.learning_rate},
            {"epochs", options.epochs},
            {"dim", options.dim},
            {"word_ngrams", options.word_ngrams},
            {"min_subword", options.characters.max_length == 0 ? 0 : options.characters.min_length},
            {"max_subword", options.characters.max_length},
            {"buckets", options.characters.buckets}};
}

void print_trial(const firth::TuneTrial& trial, std::size_t trials) {
    std::cerr << "trial " << trial.number;
    if (trials != 0) std::cerr << " of " << trials;
    std::cerr << ", rung " << trial.rung << ": ";
    if (trial.score) {
        std::cerr << *trial.score << (trial.best ? ", the best so far" : "");
    } else {
        std::cerr << "bad";
    }
    std::cerr << "; " << settings_text(trial.options) << "; " << trial.seconds << " s";
    if (!trial.score) std::cerr << "; " << trial.failure;
    std::cerr << '\n';
}

nlohmann::json to_json(const firth::TuneTrial& trial) {
    nlohmann::json json{{"trial", trial.number},    {"bracket", trial.bracket},
                        {"rung", trial.rung},       {"settings", settings_json(trial.options)},
                        {"seconds", trial.seconds}, {"best", trial.best}};
    if (trial.score) {
        json["score"] = *trial.score;
    } else {
        json["failure"] = trial.failure;
    }
    return json;
}

[[noreturn]] void stop() {
    throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
}

/// The model that is to be written: quantised where a size is wanted.
firth::ShrunkClassifier shrink(const ClassifyTuneArguments& arguments,
                               const firth::ClassifierModel& model,
                               const firth::FastTextArguments& said,
                               const firth::ModelScore& score) {
    firth::FastTextQuantizeOptions options{.norms = firth::RowNorms::apart};
    options.quantizer.threads = arguments.options.base.threads;
    options.quantizer.progress = SignalsNoted::progress({});
    auto shrunk = firth::shrink_classifier(model, arguments.model_size, score, options, said);
    if (!shrunk) stop();
    return std::move(*shrunk);
}

void tune_classifier(ClassifyTuneArguments& arguments, const CLI::App& command) {
    const firth::Stopwatch watch;
    firth::TuneOptions& options = arguments.options;
    if (command.count("--share") != 0 && !arguments.validation.empty()) {
        throw firth::OptionError("--share and --validation were both given, expected one of them");
    }
    if (arguments.model_size != 0 && firth::is_native_name(arguments.output)) {
        throw firth::OptionError("--model-size is that of a file of fastText, and --output names " +
                                 arguments.output + ", expected a name that ends in .ftz");
    }
    if (options.trials == 0 && options.seconds <= 0) options.trials = 57; // three whole brackets
    arguments.check_heeded(command, options.base);
    fix_given(arguments, command);
    options.metric = firth::parse_classification_metric(arguments.metric);
    options.seed = options.base.seed;
    options.space.check();
    firth::check_options(options.space.clamp(options.base));
    arguments.check_files();

    const firth::LabelledTexts texts = arguments.read(command, options.base);
    firth::SplitExamples parts;
    if (arguments.validation.empty()) {
        parts = firth::split_examples(texts.corpus, arguments.share, options.seed);
    } else {
        parts.validation = arguments.read_validation(texts).corpus;
    }
    const firth::LabelledCorpus& training =
        arguments.validation.empty() ? parts.training : texts.corpus;

    if (command.count("--buckets") == 0) {
        // More buckets than a few for each n-gram of the texts only make the file large.
        firth::TuneRange<std::uint32_t>& buckets = options.space.buckets;
        buckets.high = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
            4 * texts.corpus.tokens().ids.size(), buckets.low, buckets.high));
    }

    const std::string prefix = arguments.label_prefix();
    if (arguments.model_size != 0) {
        options.finish = [&](firth::ClassifierModel model, const firth::ModelScore& score) {
            model.label_prefix = prefix;
            return shrink(arguments, model, arguments.said(options.base), score).model;
        };
    }
    firth::TunedSettings tuned;
    firth::TrainedClassifier trained;
    std::size_t bytes = 0;
    {
        const SignalsNoted noted;
        tuned = firth::tune_classifier(
            training, parts.validation, options,
            [&](const firth::TuneTrial& trial) {
                if (!arguments.quiet) print_trial(trial, options.trials);
                return SignalsNoted::signal() == 0;
            },
            SignalsNoted::progress({}));
        if (tuned.cancelled) stop();
        trained = firth::train_classifier(
            texts.corpus, tuned.options,
            SignalsNoted::progress(progress_printer(arguments.quiet, "words")));
        if (trained.stats.cancelled) stop();
        trained.model.label_prefix = prefix;
        const firth::FastTextArguments said = arguments.said(tuned.options);
        if (arguments.model_size == 0) {
            firth::write_classifier(arguments.output, trained.model, said);
        } else {
            const firth::ShrunkClassifier shrunk =
                shrink(arguments, trained.model, said, [&](const firth::ClassifierModel& model) {
                    return firth::score_classifier(model, parts.validation, options.metric,
                                                   options.base.threads);
                });
            firth::write_fasttext(arguments.output, shrunk.quantized);
            bytes = shrunk.bytes;
        }
    }
    if (arguments.json) {
        nlohmann::json json{{"examples", texts.corpus.size()},
                            {"validation_examples", parts.validation.size()},
                            {"labels", trained.model.labels.size()},
                            {"metric", arguments.metric},
                            {"score", tuned.score},
                            {"settings", settings_json(tuned.options)},
                            {"trials", nlohmann::json::array()},
                            {"total_seconds", watch.seconds()},
                            {"seed", options.seed},
                            {"output", arguments.output}};
        if (bytes != 0) json["bytes"] = bytes;
        for (const firth::TuneTrial& trial : tuned.trials) {
            json["trials"].push_back(to_json(trial));
        }
        print_json(json);
        return;
    }
    std::cout << "wrote " << arguments.output << ": best of " << tuned.trials.size() << " trials, "
              << arguments.metric << ' ' << tuned.score << " on " << parts.validation.size()
              << " examples; " << settings_text(tuned.options);
    if (bytes != 0) std::cout << "; " << bytes << " bytes";
    std::cout << "; " << watch.seconds() << " s in all\n";
}

} // namespace

void add_classify_tune(CLI::App& classify) {
    auto arguments = std::make_shared<ClassifyTuneArguments>();
    CLI::App* command = classify.add_subcommand(
        "tune", "Find the settings that learn best; those that are given stay");
    command->option_defaults()->always_capture_default();
    firth::TuneOptions& tuning = arguments->options;
    firth::ClassifierOptions& options = tuning.base;
    arguments->add_to(*command, options, "to score with");
    command->add_option("--share", arguments->share,
                        "without --validation: of the examples, to score with");
    command->add_option("--trials", tuning.trials, "trainings in all; 0 without --seconds: 57");
    command->add_option("--seconds", tuning.seconds, "how long to search; 0: by --trials alone");
    command
        ->add_option("--metric", arguments->metric,
                     "precision, f1, macro-f1, precision-at-recall:0.9, recall-at-precision:0.9, "
                     "of all labels or of one: f1:spam")
        ->option_text("TEXT [precision]");
    command
        ->add_option("--model-size", arguments->model_size,
                     "a quantised model of at most so many bytes: 2M")
        ->transform(CLI::AsSizeValue(true).description(""))
        ->type_name("SIZE")
        ->default_str("not quantised");
    const auto searched = [&](CLI::Option* option) { option->default_str("searched"); };
    searched(command->add_option("--dim", options.dim, "length of a vector"));
    searched(command->add_option("--word-ngrams", options.word_ngrams,
                                 "n-grams of up to so many words"));
    searched(command->add_option("--subwords", arguments->subwords,
                                 "words have character n-grams of these lengths: 3-6, or none"));
    searched(command->add_option("--buckets", options.characters.buckets,
                                 "numbers that n-grams are hashed to"));
    searched(command->add_option("--epochs", options.epochs, "times through the texts"));
    searched(command->add_option("--lr", options.learning_rate, "learning rate at the start"));
    command->callback([arguments, command] { tune_classifier(*arguments, *command); });
}
