#include "train_arguments.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <firth/base/output_place.hpp>
#include <firth/base/parallel.hpp>
#include <firth/io/format.hpp>
#include <firth/io/load.hpp>
#include <firth/io/save.hpp>

namespace {

firth::TrainedVectors train_model(const TrainArguments& arguments,
                                  const firth::EncodedCorpus& corpus) {
    using namespace firth;
    const SignalsNoted noted;
    const ProgressCallback progress = SignalsNoted::progress(progress_printer(arguments.quiet));
    const Word2VecOptions& options = arguments.word2vec;
    if (arguments.loss == "ns") {
        return arguments.model == "sgns" ? train_sgns(corpus, options, progress)
                                         : train_cbow(corpus, options, progress);
    }
    return arguments.model == "sgns"
               ? train_word2vec<SkipGram, HierarchicalSoftmax>(corpus, options, progress)
               : train_word2vec<Cbow, HierarchicalSoftmax>(corpus, options, progress);
}

/// Learns whole words and writes them, but for a training that was stopped.
SequenceResult train_words(const TrainArguments& arguments, const firth::EncodedCorpus& corpus) {
    firth::TrainedVectors trained = train_model(arguments, corpus);
    if (!trained.stats.cancelled) write_vectors(arguments, trained);
    return {std::move(trained.stats), trained.vectors.size(), trained.vectors.dim()};
}

/// The vectors that a training goes on from, if any.
struct Start {
    explicit Start(const TrainArguments& arguments) {
        if (arguments.start.empty()) return;
        if (arguments.subwords) {
            model = firth::load_subwords(arguments.start);
        } else {
            vectors = load_vectors(arguments.start);
        }
    }

    [[nodiscard]] const firth::WordVectors<float>* words() const {
        return model ? &model->words() : vectors ? &*vectors : nullptr;
    }

    std::optional<firth::WordVectors<float>> vectors;
    std::optional<firth::SubwordVectors> model;
};

void train_word2vec(TrainArguments& arguments) {
    const firth::Stopwatch watch;
    firth::Word2VecOptions& options = arguments.word2vec;
    if (arguments.loss == "hs" && options.vectors != firth::VectorChoice::input) {
        throw firth::OptionError("--vectors needs --loss ns: with hs a word has one vector only");
    }
    if (arguments.start.empty() && (arguments.expand || options.freeze_start)) {
        throw firth::OptionError("--expand and --freeze need --continue, vectors to go on from");
    }
    firth::check_options(options);
    if (arguments.subwords) firth::check_options(fasttext_options(arguments, nullptr));
    check_training_files(arguments);
    const Start start(arguments);
    if (const firth::WordVectors<float>* const words = start.words()) {
        if (arguments.dim_given && options.dim != words->dim()) {
            throw firth::OptionError("--dim is " + std::to_string(options.dim) +
                                     ", and the vectors of " + arguments.start + " have " +
                                     std::to_string(words->dim()) +
                                     " elements, expected the same or no --dim");
        }
        options.start = words;
        options.dim = words->dim();
        arguments.corpus.vocabulary.known = &words->vocabulary();
        arguments.corpus.vocabulary.expand = arguments.expand;
        firth::check_options(options);
        if (start.model) firth::check_options(fasttext_options(arguments, &*start.model));
    }
    check_remove_top(arguments, options.dim);
    arguments.corpus.vocabulary.threads = options.threads;

    OpenedCorpus opened(arguments.corpus, arguments.output);
    const firth::EncodedCorpus& corpus = opened.corpus;
    opened.report(arguments.quiet);
    check_words_of_result(arguments, corpus.vocabulary);
    const bool checkpoints = !options.checkpoint.path.empty();
    const SequenceResult trained =
        arguments.subwords
            ? train_subwords(arguments, corpus, start.model ? &*start.model : nullptr)
            : train_words(arguments, corpus);
    if (trained.stats.cancelled) {
        opened.keep_file = checkpoints;
        throw Stopped{SignalsNoted::signal(),
                      checkpoints ? "stopped; the same command with --resume goes on"
                                  : "stopped; nothing was written"};
    }
    std::error_code ignored;
    if (checkpoints) std::filesystem::remove(options.checkpoint.path, ignored);

    const double words = static_cast<double>(corpus.raw_words) *
                         static_cast<double>(trained.stats.steps) /
                         static_cast<double>(corpus.corpus.size());
    const double rate = trained.stats.seconds > 0 ? words / trained.stats.seconds : 0.0;
    if (arguments.json) {
        nlohmann::json json{{"words_per_second", rate},
                            {"train_seconds", trained.stats.seconds},
                            {"total_seconds", watch.seconds()},
                            {"rows", trained.rows},
                            {"dim", trained.dim},
                            {"loss", trained.stats.loss()},
                            {"epoch_loss", trained.stats.epoch_loss},
                            {"raw_words", corpus.raw_words},
                            {"epochs", options.epochs},
                            {"threads", firth::resolve_threads(options.threads)},
                            {"deterministic", options.deterministic},
                            {"seed", options.seed},
                            {"output", arguments.output}};
        if (arguments.subwords) json["ngrams"] = trained.ngrams;
        print_json(json);
    } else {
        std::cout << "wrote " << trained.rows << " x " << trained.dim << " to " << arguments.output
                  << ": ";
        if (arguments.subwords) std::cout << trained.ngrams << " n-grams, ";
        std::cout << rate / 1e6 << "M words/s, loss " << trained.stats.loss() << ", "
                  << watch.seconds() << " s in all\n";
    }
}

/// Sets what is usual for words with n-grams, and their format: a name that ends with .bin means a
/// model of fastText.
void settle_subwords(TrainArguments& arguments, const CLI::App& command) {
    const auto asked = [&](const char* name) { return command.count(name) != 0; };
    for (const char* const name : {"--vectors", "--output-weight", "--all-but-the-top"}) {
        if (asked(name)) {
            throw firth::OptionError(std::string(name) +
                                     " was given, and words with n-grams have no such setting");
        }
    }
    arguments.subwords->buckets = arguments.buckets;
    const firth::FastTextOptions usual;
    if (!asked("--lr")) arguments.word2vec.learning_rate = usual.learning_rate;
    if (!asked("--sample")) arguments.word2vec.sample = usual.sample;
    if (!asked("--negative-power")) arguments.word2vec.negative_power = usual.negative_power;
    if (!arguments.format &&
        firth::format_of_name(arguments.output) == firth::word2vec_binary_format) {
        arguments.format = firth::fasttext_format;
    }
}

/// Sets what was not asked for to what --preset quality means.
void settle_preset(TrainArguments& arguments, const CLI::App& command) {
    if (arguments.preset == "default") return;
    if (arguments.model != "sgns" || arguments.loss != "ns" || arguments.subwords) {
        throw firth::OptionError("--preset quality was given, and it is measured for --model sgns "
                                 "with --loss ns and without --subwords only");
    }
    const auto asked = [&](const char* name) { return command.count(name) != 0; };
    const firth::Word2VecOptions quality = firth::Word2VecOptions::quality();
    firth::Word2VecOptions& options = arguments.word2vec;
    if (!asked("--sample")) options.sample = quality.sample;
    if (!asked("--epochs")) options.epochs = quality.epochs;
    if (!asked("--lr")) options.learning_rate = quality.learning_rate;
    if (!asked("--vectors")) options.vectors = quality.vectors;
    if (!asked("--output-weight")) options.output_weight = quality.output_weight;
}

/// Says that a checkpoint could not be written, the first time.
void warn_of_failure(firth::CheckpointOptions& checkpoint) {
    checkpoint.on_failure = [warned = false](const std::string& why) mutable {
        if (!std::exchange(warned, true)) {
            std::cerr << "firth: warning: " << why << "; the training goes on\n";
        }
    };
}

/// Sets where checkpoints go: beside the output, where it is a regular file.
void set_checkpoint(TrainArguments& arguments, const CLI::App& command) {
    firth::CheckpointOptions& checkpoint = arguments.word2vec.checkpoint;
    const bool resume = checkpoint.resume;
    if (arguments.model == "lsa") {
        if (resume) {
            throw firth::OptionError("--resume was given, and --model lsa has no checkpoints");
        }
        return;
    }
    if (resume && checkpoint.seconds == 0) {
        throw firth::OptionError("--resume needs checkpoints, and --checkpoint-every is 0");
    }
    if (!arguments.output.empty() && firth::find_output(arguments.output).direct) {
        if (resume || (command.count("--checkpoint-every") != 0 && checkpoint.seconds > 0)) {
            throw firth::OptionError("checkpoints lie beside --output, and " + arguments.output +
                                     " is no regular file, expected the name of one, or neither "
                                     "--resume nor --checkpoint-every");
        }
        return;
    }
    if (checkpoint.seconds > 0) checkpoint.path = arguments.output + ".checkpoint";
    warn_of_failure(checkpoint);
}

/// Sets what was not asked for to what is usual for the model, and copies what models share to all.
void settle(TrainArguments& arguments, const CLI::App& command) {
    const bool from_counts = arguments.model == "glove" || arguments.model == "lsa";
    const auto asked = [&](const std::string& name) { return command.count(name) != 0; };
    for (const auto& [name, allowed] :
         std::map<std::string, bool>{{"--counts", from_counts},
                                     {"--vocab", from_counts},
                                     {"--context", from_counts},
                                     {"--context-weight", from_counts},
                                     {"--memory", from_counts},
                                     {"--x-max", arguments.model == "glove"},
                                     {"--alpha", arguments.model == "glove"},
                                     {"--association", arguments.model == "lsa"},
                                     {"--shift", arguments.model == "lsa"},
                                     {"--smoothing", arguments.model == "lsa"},
                                     {"--value-power", arguments.model == "lsa"},
                                     {"--epochs", arguments.model != "lsa"},
                                     {"--lr", arguments.model != "lsa"},
                                     {"--loss", !from_counts},
                                     {"--window-size", !from_counts},
                                     {"--negative", !from_counts},
                                     {"--negative-power", !from_counts},
                                     {"--output-weight", !from_counts},
                                     {"--sample", !from_counts},
                                     {"--schedule", !from_counts},
                                     {"--cbow-gradient", arguments.model == "cbow"},
                                     {"--continue", !from_counts},
                                     {"--expand", !from_counts},
                                     {"--freeze", !from_counts},
                                     {"--subwords", !from_counts},
                                     {"--buckets", !from_counts}}) {
        if (asked(name) && !allowed) {
            throw firth::OptionError(name + " was given, and --model " + arguments.model +
                                     " has no such setting");
        }
    }
    if (asked("--counts") == !arguments.corpus.inputs.empty()) {
        throw firth::OptionError(asked("--counts")
                                     ? "--counts and --input were both given, expected one of them"
                                 : from_counts ? "--input is required, or --counts"
                                               : "--input is required");
    }
    for (const char* const name :
         {"--min-count", "--max-vocab", "--cache", "--window", "--context", "--context-weight"}) {
        if (asked(name) && asked("--counts")) {
            throw firth::OptionError(std::string(name) + " was given, and " +
                                     arguments.counts.counts + " is already counted");
        }
    }
    if (asked("--vocab") && !asked("--counts")) {
        throw firth::OptionError("--vocab was given without --counts, to which it belongs");
    }
    for (const char* const name : {"--negative", "--negative-power"}) {
        if (asked(name) && arguments.loss == "hs") {
            throw firth::OptionError(std::string(name) +
                                     " was given, and --loss hs has no such setting");
        }
    }
    if (asked("--buckets") && !asked("--subwords")) {
        throw firth::OptionError("--buckets was given without --subwords, to which it belongs");
    }
    arguments.corpus.check_heeded();
    if (asked("--lr") && arguments.word2vec.learning_rate == 0) {
        throw firth::OptionError("--lr is 0, at which nothing is learnt, expected more than 0, or "
                                 "no --lr for what is usual for the model");
    }
    settle_preset(arguments, command);
    if (arguments.subwords) settle_subwords(arguments, command);
    if (asked("--output-weight") && arguments.word2vec.vectors != firth::VectorChoice::sum) {
        throw firth::OptionError("--output-weight was given without --vectors sum, to which it "
                                 "belongs");
    }
    arguments.dim_given = asked("--dim");
    set_checkpoint(arguments, command);
    firth::Word2VecOptions& options = arguments.word2vec;
    if (!asked("--vectors") && arguments.model == "glove") {
        options.vectors = firth::VectorChoice::sum;
    }
    if (from_counts) {
        if (!asked("--window")) options.window = arguments.counts.options.window;
        if (!asked("--epochs")) options.epochs = arguments.glove.epochs;
        if (!asked("--lr")) options.learning_rate = arguments.glove.learning_rate;
    }
    arguments.counts.options.window = options.window;
    arguments.counts.options.threads = options.threads;
    firth::GloVeOptions& glove = arguments.glove;
    glove.dim = arguments.lsa.dim = options.dim;
    glove.epochs = options.epochs;
    glove.learning_rate = options.learning_rate;
    glove.threads = arguments.lsa.threads = options.threads;
    glove.seed = arguments.lsa.seed = options.seed;
    glove.vectors = arguments.lsa.vectors = options.vectors;
    glove.checkpoint = options.checkpoint;
}

void train(TrainArguments& arguments, const CLI::App& command) {
    settle(arguments, command);
    arguments.model == "glove" || arguments.model == "lsa" ? train_from_counts(arguments)
                                                           : train_word2vec(arguments);
}

} // namespace

void check_training_files(const TrainArguments& arguments) {
    std::vector<NamedFile> inputs = arguments.corpus.files();
    inputs.push_back({"--counts", arguments.counts.counts});
    inputs.push_back({"--vocab", arguments.counts.vocabulary});
    if (!arguments.start.empty()) append(inputs, vector_inputs("--continue", arguments.start));
    std::vector<NamedFile> outputs = vector_outputs("--output", arguments.output, arguments.format);
    const firth::CheckpointOptions& checkpoint = arguments.word2vec.checkpoint;
    if (!checkpoint.path.empty()) outputs.push_back({"the checkpoint", checkpoint.path});
    append(outputs, arguments.corpus.outputs(arguments.output));
    check_files(inputs, outputs);
    std::error_code code;
    if (!checkpoint.path.empty() && !checkpoint.resume &&
        std::filesystem::exists(checkpoint.path, code)) {
        throw firth::OptionError(checkpoint.path + " is the checkpoint of a training that was " +
                                 "stopped, expected --resume to go on with it; to begin anew, " +
                                 "delete it");
    }
}

void check_words_of_result(const TrainArguments& arguments, const firth::Vocabulary& vocabulary) {
    firth::check_words(vocabulary, arguments.format ? *arguments.format
                                                    : firth::format_of_name(arguments.output));
}

void add_train_command(CLI::App& app) {
    auto arguments = std::make_shared<TrainArguments>();
    CLI::App* command = app.add_subcommand("train", "Learn word vectors from texts");
    command->option_defaults()->always_capture_default();
    firth::Word2VecOptions& options = arguments->word2vec;
    command
        ->add_option("--model", arguments->model,
                     "skip-gram, CBOW, GloVe, or singular vectors of weighed counts")
        ->check(CLI::IsMember({"sgns", "cbow", "glove", "lsa"}));
    command->add_option("--loss", arguments->loss, "negative sampling or hierarchical softmax")
        ->check(CLI::IsMember({"ns", "hs"}));
    command
        ->add_option(
            "--preset", arguments->preset,
            "quality: better vectors in about 1.5 times the time (other --sample, --epochs, "
            "--lr and --vectors)")
        ->check(CLI::IsMember({"default", "quality"}));
    arguments->corpus.add_to(*command);
    command->add_option("--output", arguments->output, "where the vectors go")->required();
    add_format(*command, arguments->format, {firth::fasttext_format});
    command
        ->add_option_function<std::string>(
            "--subwords",
            [arguments](const std::string& range) { arguments->subwords = parse_subwords(range); },
            "words have character n-grams of these lengths, as in fastText: 3-6")
        ->default_str("none");
    command->add_option("--buckets", arguments->buckets, "numbers that n-grams are hashed to");
    command->add_option("--dim", options.dim, "length of a vector");
    command->add_option("--window", options.window, "most words of context on either side")
        ->default_str("5; glove, lsa: 10");
    add_choice(*command, "--window-size", options.window_size,
               {{"dynamic", firth::WindowSize::dynamic}, {"fixed", firth::WindowSize::fixed}},
               "each window 1 to --window at random, or always --window");
    command->add_option("--negative", options.negative, "negative samples a window");
    command->add_option("--negative-power", options.negative_power,
                        "negatives are drawn by count to this power");
    command->add_option("--sample", options.sample,
                        "threshold for leaving out frequent words, 0: off");
    command->add_option("--epochs", options.epochs, "times through the text, or the counts")
        ->default_str("5; glove: 15");
    command->add_option("--lr", options.learning_rate, "learning rate at the start, more than 0")
        ->default_str("sgns: 0.025; cbow: 0.06; glove, --subwords: 0.05");
    add_choice(*command, "--schedule", options.schedule,
               {{"linear", firth::Schedule::linear},
                {"cosine", firth::Schedule::cosine},
                {"constant", firth::Schedule::constant}},
               "how the learning rate falls");
    add_choice(*command, "--cbow-gradient", options.cbow_gradient,
               {{"word2vec", firth::CbowGradient::word2vec}, {"exact", firth::CbowGradient::exact}},
               "every context takes the whole gradient of their mean, or its share");
    command->add_option("--counts", arguments->counts.counts,
                        "glove, lsa: counts of firth cooccur or GloVe's, instead of --input");
    command->add_option("--vocab", arguments->counts.vocabulary,
                        "the vocab.txt that belongs to GloVe's counts");
    arguments->counts.add_to(*command);
    command->add_option("--x-max", arguments->glove.x_max,
                        "glove: counts from here on have the full weight");
    command->add_option("--alpha", arguments->glove.alpha,
                        "glove: smaller ones have (count / x-max)^alpha");
    command->add_option("--association", arguments->association, "lsa: what a count becomes")
        ->check(CLI::IsMember({"ppmi", "log"}));
    command->add_option("--shift", arguments->pmi.shift, "lsa: log of this is taken from the PMI");
    command->add_option("--smoothing", arguments->pmi.smoothing,
                        "lsa: counts of contexts are taken to this power");
    command->add_option("--value-power", arguments->lsa.value_power,
                        "lsa: vectors are scaled by singular values to this power");
    add_choice(*command, "--vectors", options.vectors,
               {{"input", firth::VectorChoice::input},
                {"output", firth::VectorChoice::output},
                {"sum", firth::VectorChoice::sum},
                {"both", firth::VectorChoice::both}},
               "what is written: a word's own vector, its vector as a context, their sum, or both "
               "in a row; glove: sum");
    command->add_option("--output-weight", options.output_weight,
                        "of the vector as a context, in --vectors sum");
    command->add_option("--all-but-the-top", arguments->remove_top,
                        "principal components to take from the vectors in the end, and the mean");
    arguments->corpus.add_vocabulary_to(*command);
    arguments->corpus.add_cache_to(*command);
    command->add_option("--continue", arguments->start,
                        "vectors to go on from, of any format; --output is another file");
    command->add_flag("--expand", arguments->expand, "with --continue: learn new words, too");
    command->add_flag("--freeze", options.freeze_start,
                      "with --continue: the vectors that are there keep their values");
    command->add_option("--checkpoint-every", options.checkpoint.seconds,
                        "seconds between checkpoints, in OUTPUT.checkpoint; 0: none");
    command->add_flag("--resume", options.checkpoint.resume,
                      "go on from the checkpoint, where there is one");
    command->add_option("--threads", options.threads, "0: all of the machine's");
    command->add_flag("--deterministic", options.deterministic,
                      "the same bytes every time, for one number of threads");
    command->add_option("--seed", options.seed, "of all random choices");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments, command] { train(*arguments, *command); });
}
