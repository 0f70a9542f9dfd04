#include "commands.hpp"

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/parallel.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/all_but_the_top.hpp>
#include <firth/train/word2vec.hpp>

namespace {

struct TrainArguments {
    std::string model = "sgns";
    std::string loss = "ns";
    CorpusArguments corpus;
    std::string output;
    firth::VectorFormat format = firth::VectorFormat::word2vec_binary;
    firth::Word2VecOptions word2vec;
    std::string start;
    bool expand = false;
    bool sum = false;
    std::size_t remove_top = 0;
    bool json = false;
    bool quiet = false;
};

volatile std::sig_atomic_t stop_signal = 0;

extern "C" void note_signal(int signal) {
    stop_signal = signal;
}

/// While it lives, SIGINT and SIGTERM are only noted.
class SignalsNoted {
public:
    SignalsNoted()
        : on_int_(std::signal(SIGINT, note_signal)), on_term_(std::signal(SIGTERM, note_signal)) {}
    SignalsNoted(const SignalsNoted&) = delete;
    SignalsNoted& operator=(const SignalsNoted&) = delete;
    ~SignalsNoted() {
        std::signal(SIGINT, on_int_);
        std::signal(SIGTERM, on_term_);
    }

private:
    void (*on_int_)(int);
    void (*on_term_)(int);
};

firth::TrainedVectors train_model(const TrainArguments& arguments,
                                  const firth::EncodedCorpus& corpus) {
    using namespace firth;
    const SignalsNoted noted;
    const ProgressCallback progress = [print =
                                           progress_printer(arguments.quiet)](const Progress& now) {
        return (!print || print(now)) && stop_signal == 0;
    };
    const Word2VecOptions& options = arguments.word2vec;
    if (arguments.loss == "ns") {
        return arguments.model == "sgns" ? train_sgns(corpus, options, progress)
                                         : train_cbow(corpus, options, progress);
    }
    return arguments.model == "sgns"
               ? train_word2vec<SkipGram, HierarchicalSoftmax>(corpus, options, progress)
               : train_word2vec<Cbow, HierarchicalSoftmax>(corpus, options, progress);
}

void train(TrainArguments& arguments) {
    const firth::Stopwatch watch;
    firth::Word2VecOptions& options = arguments.word2vec;
    if (arguments.remove_top > options.dim) {
        throw firth::OptionError("all-but-the-top is " + std::to_string(arguments.remove_top) +
                                 ", expected at most dim = " + std::to_string(options.dim));
    }
    if (arguments.sum && arguments.loss == "hs") {
        throw firth::OptionError("--vectors sum needs --loss ns: with hs there is no second vector "
                                 "of a word");
    }
    std::optional<firth::WordVectors<float>> start;
    if (!arguments.start.empty()) {
        start = load_vectors(arguments.start);
        options.start = &*start;
        options.dim = start->dim();
        arguments.corpus.vocabulary.known = &start->vocabulary();
        arguments.corpus.vocabulary.expand = arguments.expand;
    } else if (arguments.expand || options.freeze_start) {
        throw firth::OptionError("--expand and --freeze need --continue, vectors to go on from");
    }
    firth::check_options(options);
    arguments.corpus.vocabulary.threads = options.threads;
    // A target that cannot be written is better found now than after the training.
    { const firth::AtomicFile probe(arguments.output); }
    const bool checkpoints = options.checkpoint.seconds > 0;
    if (checkpoints) options.checkpoint.path = arguments.output + ".checkpoint";
    if (options.checkpoint.resume && !checkpoints) {
        throw firth::OptionError("--resume needs checkpoints, and --checkpoint-every is 0");
    }

    OpenedCorpus opened(arguments.corpus, arguments.output);
    const firth::EncodedCorpus& corpus = opened.corpus;
    if (!arguments.quiet) {
        std::cerr << corpus.raw_words << " words, " << corpus.vocabulary.size()
                  << " different ones kept\n";
    }
    firth::TrainedVectors trained = train_model(arguments, corpus);
    if (trained.stats.cancelled) {
        opened.keep_file = checkpoints;
        throw Stopped{stop_signal, checkpoints ? "stopped; the same command with --resume goes on"
                                               : "stopped; nothing was written"};
    }
    if (arguments.sum) {
        firth::EmbeddingTable<float>& table = trained.vectors.table();
        for (std::size_t row = 0; row < table.rows(); ++row) {
            firth::simd::axpy(1.0f, trained.output[row], table[row]);
        }
    }
    if (arguments.remove_top != 0) {
        firth::all_but_the_top(trained.vectors.table(), arguments.remove_top);
    }
    firth::save(trained.vectors, arguments.output, arguments.format);
    std::error_code ignored;
    if (checkpoints) std::filesystem::remove(options.checkpoint.path, ignored);

    const double words = static_cast<double>(corpus.raw_words) *
                         static_cast<double>(trained.stats.words) /
                         static_cast<double>(corpus.corpus.size());
    const double rate = trained.stats.seconds > 0 ? words / trained.stats.seconds : 0.0;
    if (arguments.json) {
        print_json({{"words_per_second", rate},
                    {"train_seconds", trained.stats.seconds},
                    {"total_seconds", watch.seconds()},
                    {"rows", trained.vectors.size()},
                    {"dim", trained.vectors.dim()},
                    {"loss", trained.stats.loss()},
                    {"epoch_loss", trained.stats.epoch_loss},
                    {"raw_words", corpus.raw_words},
                    {"epochs", options.epochs},
                    {"threads", firth::resolve_threads(options.threads)},
                    {"deterministic", options.deterministic},
                    {"seed", options.seed},
                    {"output", arguments.output}});
    } else {
        std::cout << "wrote " << trained.vectors.size() << " x " << trained.vectors.dim() << " to "
                  << arguments.output << ": " << rate / 1e6 << "M words/s, loss "
                  << trained.stats.loss() << ", " << watch.seconds() << " s in all\n";
    }
}

} // namespace

void add_train_command(CLI::App& app) {
    auto arguments = std::make_shared<TrainArguments>();
    CLI::App* command = app.add_subcommand("train", "Learn word vectors from texts");
    command->option_defaults()->always_capture_default();
    firth::Word2VecOptions& options = arguments->word2vec;
    const auto choice = [&](const std::string& name, auto& value, const auto& names,
                            const std::string& shown, const std::string& what) {
        command->add_option(name, value, what)
            ->transform(CLI::CheckedTransformer(names))
            ->default_str(shown);
    };
    command->add_option("--model", arguments->model, "skip-gram or CBOW")
        ->check(CLI::IsMember({"sgns", "cbow"}));
    command->add_option("--loss", arguments->loss, "negative sampling or hierarchical softmax")
        ->check(CLI::IsMember({"ns", "hs"}));
    arguments->corpus.add_to(*command);
    command->add_option("--output", arguments->output, "where the vectors go")->required();
    choice("--format", arguments->format,
           std::map<std::string, firth::VectorFormat>{
               {"word2vec-binary", firth::VectorFormat::word2vec_binary},
               {"word2vec-text", firth::VectorFormat::word2vec_text}},
           "word2vec-binary", "format of the output");
    command->add_option("--dim", options.dim, "length of a vector");
    command->add_option("--window", options.window, "most words of context on either side");
    choice("--window-size", options.window_size,
           std::map<std::string, firth::WindowSize>{{"dynamic", firth::WindowSize::dynamic},
                                                    {"fixed", firth::WindowSize::fixed}},
           "dynamic", "each window 1 to --window at random, or always --window");
    command->add_option("--negative", options.negative, "negative samples a window");
    command->add_option("--negative-power", options.negative_power,
                        "negatives are drawn by count to this power");
    command->add_option("--sample", options.sample,
                        "threshold for leaving out frequent words, 0: off");
    command->add_option("--epochs", options.epochs, "times through the text");
    command->add_option("--lr", options.learning_rate,
                        "learning rate at the start, 0: 0.025 for sgns, 0.05 for cbow");
    choice("--schedule", options.schedule,
           std::map<std::string, firth::Schedule>{{"linear", firth::Schedule::linear},
                                                  {"cosine", firth::Schedule::cosine},
                                                  {"constant", firth::Schedule::constant}},
           "linear", "how the learning rate falls");
    choice(
        "--cbow-gradient", options.cbow_gradient,
        std::map<std::string, firth::Cbow::Gradient>{{"word2vec", firth::Cbow::Gradient::word2vec},
                                                     {"exact", firth::Cbow::Gradient::exact}},
        "word2vec", "every context takes the whole gradient of their mean, or its share");
    choice("--vectors", arguments->sum,
           std::map<std::string, bool>{{"input", false}, {"sum", true}}, "input",
           "what is written: input vectors, or the sum of input and output vectors");
    command->add_option("--all-but-the-top", arguments->remove_top,
                        "principal components to take from the vectors in the end, and the mean");
    arguments->corpus.add_vocabulary_to(*command);
    command->add_option("--cache", arguments->corpus.cache,
                        "folder for encoded texts, kept and used again");
    command->add_option("--continue", arguments->start, "vectors to go on from, of any format");
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
    command->callback([arguments] { train(*arguments); });
}
