#include "train_arguments.hpp"

#include <filesystem>
#include <utility>

#include <firth/train/counts/lsa.hpp>

namespace {

/// What was learnt, and how long the parts of it took.
struct Learnt {
    firth::TrainedVectors trained;
    std::size_t counts = 0;
    double count_seconds = 0; ///< from the text to where training can begin
};

Learnt train_glove(TrainArguments& arguments, firth::CountedCorpus counted,
                   const firth::Stopwatch& watch) {
    firth::GloVeOptions& options = arguments.glove;
    firth::GloVe trainer = firth::make_glove(counted.counts, options);
    counted.counts = firth::CooccurrenceCounts();
    Learnt learnt;
    learnt.counts = trainer.size();
    learnt.count_seconds = watch.seconds();
    const SignalsNoted noted;
    learnt.trained.stats =
        trainer.train(SignalsNoted::progress(progress_printer(arguments.quiet, "counts")));
    learnt.trained.output = trainer.contexts();
    learnt.trained.vectors = firth::WordVectors<float>(
        std::move(counted.vocabulary),
        firth::choose_vectors(trainer.words(), learnt.trained.output, options.vectors));
    return learnt;
}

Learnt train_lsa(TrainArguments& arguments, firth::CountedCorpus counted,
                 const firth::Stopwatch& watch) {
    Learnt learnt;
    learnt.counts = counted.counts.size();
    learnt.count_seconds = watch.seconds();
    const SignalsNoted noted;
    const firth::ProgressCallback progress =
        SignalsNoted::progress(progress_printer(arguments.quiet, "passes"));
    firth::CooccurrenceCounts counts = std::exchange(counted.counts, {});
    learnt.trained = arguments.association == "ppmi"
                         ? firth::train_lsa(counted.vocabulary, std::move(counts), arguments.lsa,
                                            arguments.pmi, progress)
                         : firth::train_lsa(counted.vocabulary, std::move(counts), arguments.lsa,
                                            firth::LogCount(), progress);
    return learnt;
}

} // namespace

void train_from_counts(TrainArguments& arguments) {
    const firth::Stopwatch watch;
    const bool glove = arguments.model == "glove";
    glove ? check_options(arguments.glove) : check_options(arguments.lsa);
    firth::check_options(arguments.counts.options);
    check_remove_top(arguments, arguments.glove.dim);
    check_training_files(arguments);
    const std::string& checkpoint = arguments.glove.checkpoint.path;

    firth::CountedCorpus counted =
        counted_corpus(arguments.counts, arguments.corpus, arguments.output, arguments.quiet);
    check_words_of_result(arguments, counted.vocabulary);
    const std::uint64_t memory = arguments.counts.options.memory / 4;
    const std::string folder = folder_of(arguments.output);
    arguments.glove.memory = arguments.lsa.memory = memory;
    arguments.glove.folder = arguments.lsa.folder = folder;
    Learnt learnt = glove ? train_glove(arguments, std::move(counted), watch)
                          : train_lsa(arguments, std::move(counted), watch);
    const firth::TrainingStats& stats = learnt.trained.stats;
    if (stats.cancelled) {
        throw Stopped{SignalsNoted::signal(),
                      !checkpoint.empty() ? "stopped; the same command with --resume goes on"
                                          : "stopped; nothing was written"};
    }
    if (!stats.converged) {
        std::cerr << "firth: warning: the singular vectors had not converged when the limit of "
                     "search directions was reached\n";
    }
    write_vectors(arguments, learnt.trained);
    std::error_code ignored;
    if (!checkpoint.empty()) std::filesystem::remove(checkpoint, ignored);

    const firth::WordVectors<float>& vectors = learnt.trained.vectors;
    if (arguments.json) {
        nlohmann::json json{{"model", arguments.model},
                            {"counts", learnt.counts},
                            {"count_seconds", learnt.count_seconds},
                            {"train_seconds", stats.seconds},
                            {"total_seconds", watch.seconds()},
                            {"rows", vectors.size()},
                            {"dim", vectors.dim()},
                            {"threads", firth::resolve_threads(arguments.glove.threads)},
                            {"seed", arguments.glove.seed},
                            {"output", arguments.output}};
        if (glove) {
            const double epochs =
                static_cast<double>(stats.steps) / static_cast<double>(learnt.counts);
            json["epochs"] = arguments.glove.epochs;
            json["epoch_seconds"] = epochs > 0 ? stats.seconds / epochs : 0.0;
            json["cost"] = stats.epoch_loss;
        }
        print_json(json);
    } else {
        std::cout << "wrote " << vectors.size() << " x " << vectors.dim() << " to "
                  << arguments.output << ": " << learnt.counts << " counts in "
                  << learnt.count_seconds << " s, ";
        if (glove) std::cout << "cost " << stats.loss() << ", ";
        std::cout << watch.seconds() << " s in all\n";
    }
}
