#include "commands.hpp"

#include <filesystem>

#include <firth/base/atomic_file.hpp>
#include <firth/base/parallel.hpp>
#include <firth/text/encode.hpp>
#include <firth/train/word2vec.hpp>

namespace {

struct TrainArguments {
    std::string model = "sgns";
    std::string loss = "ns";
    std::string input;
    std::string output;
    firth::VectorFormat format = firth::VectorFormat::word2vec_binary;
    firth::VocabularyOptions vocabulary;
    firth::Word2VecOptions word2vec;
    bool json = false;
    bool quiet = false;
};

firth::TrainedVectors train_model(const TrainArguments& arguments,
                                  const firth::EncodedCorpus& corpus) {
    using namespace firth;
    const ProgressCallback progress = progress_printer(arguments.quiet);
    const Word2VecOptions& options = arguments.word2vec;
    if (arguments.loss == "ns") {
        return arguments.model == "sgns" ? train_sgns(corpus, options, progress)
                                         : train_cbow(corpus, options, progress);
    }
    return arguments.model == "sgns"
               ? train_word2vec<SkipGram, HierarchicalSoftmax>(corpus, options, progress)
               : train_word2vec<Cbow, HierarchicalSoftmax>(corpus, options, progress);
}

void train(const TrainArguments& arguments) {
    const firth::Stopwatch watch;
    firth::check_options(arguments.word2vec);
    // A target that cannot be written is better found now than after the training.
    { const firth::AtomicFile probe(arguments.output); }
    const firth::EncodedCorpus corpus = firth::read_corpus(arguments.input, arguments.vocabulary);
    if (!arguments.quiet) {
        std::cerr << arguments.input << ": " << corpus.raw_words << " words, "
                  << corpus.vocabulary.size() << " different ones seen at least "
                  << arguments.vocabulary.min_count << " times\n";
    }
    const firth::TrainedVectors trained = train_model(arguments, corpus);
    firth::save(trained.vectors, arguments.output, arguments.format);

    const double words = static_cast<double>(corpus.raw_words) * arguments.word2vec.epochs;
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
                    {"epochs", arguments.word2vec.epochs},
                    {"threads", firth::resolve_threads(arguments.word2vec.threads)},
                    {"seed", arguments.word2vec.seed},
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
    CLI::App* command = app.add_subcommand("train", "Learn word vectors from a text");
    command->option_defaults()->always_capture_default();
    firth::Word2VecOptions& options = arguments->word2vec;
    command->add_option("--model", arguments->model, "what to learn by")
        ->check(CLI::IsMember({"sgns", "cbow"}));
    command->add_option("--loss", arguments->loss, "ns, hs")->check(CLI::IsMember({"ns", "hs"}));
    command->add_flag("--deterministic", options.deterministic, "same bytes");
    command->add_option("--checkpoint-path", options.checkpoint.path, "");
    command->add_flag("--resume", options.checkpoint.resume, "");
    command->add_option("--checkpoint-seconds", options.checkpoint.seconds, "");

    command->add_option("--input", arguments->input, "text, a sentence a line")->required();
    command->add_option("--output", arguments->output, "where the vectors go")->required();
    const std::map<std::string, firth::VectorFormat> formats{
        {"word2vec-binary", firth::VectorFormat::word2vec_binary},
        {"word2vec-text", firth::VectorFormat::word2vec_text}};
    command->add_option("--format", arguments->format, "format of the output")
        ->transform(CLI::CheckedTransformer(formats))
        ->default_str("word2vec-binary");
    command->add_option("--dim", options.dim, "length of a vector");
    command->add_option("--window", options.window, "most words of context on either side");
    command->add_option("--negative", options.negative, "negative samples a window");
    command->add_option("--sample", options.sample,
                        "threshold for leaving out frequent words, 0: off");
    command->add_option("--epochs", options.epochs, "times through the text");
    command->add_option("--lr", options.learning_rate, "learning rate at the start");
    command->add_option("--min-count", arguments->vocabulary.min_count,
                        "leave out words seen less often");
    command->add_option("--max-vocab", arguments->vocabulary.max_size,
                        "keep at most this many words, 0: no limit");
    command->add_option("--threads", options.threads, "0: all of the machine's");
    command->add_option("--seed", options.seed, "of all random choices");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments] {
        arguments->vocabulary.threads = arguments->word2vec.threads;
        train(*arguments);
    });
}
