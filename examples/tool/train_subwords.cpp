#include "train_arguments.hpp"

#include <firth/io/fasttext_writer.hpp>
#include <firth/io/native_subwords.hpp>
#include <firth/io/save.hpp>

firth::FastTextOptions fasttext_options(const TrainArguments& arguments,
                                        const firth::SubwordVectors* start) {
    const firth::Word2VecOptions& options = arguments.word2vec;
    return {.dim = options.dim,
            .window = options.window,
            .window_size = options.window_size,
            .negative = options.negative,
            .sample = options.sample,
            .epochs = options.epochs,
            .learning_rate = options.learning_rate,
            .schedule = options.schedule,
            .negative_power = options.negative_power,
            .cbow_gradient = options.cbow_gradient,
            .subwords = *arguments.subwords,
            .threads = options.threads,
            .deterministic = options.deterministic,
            .seed = options.seed,
            .checkpoint = options.checkpoint,
            .start = start,
            .freeze_start = options.freeze_start};
}

namespace {

firth::TrainedSubwords learn(const TrainArguments& arguments, const firth::EncodedCorpus& corpus,
                             const firth::FastTextOptions& options) {
    using namespace firth;
    const SignalsNoted noted;
    const ProgressCallback progress = SignalsNoted::progress(progress_printer(arguments.quiet));
    const bool sgns = arguments.model == "sgns";
    if (arguments.loss == "ns") {
        return sgns ? train_fasttext(corpus, options, progress)
                    : train_fasttext<Cbow>(corpus, options, progress);
    }
    return sgns ? train_fasttext<SkipGram, HierarchicalSoftmax>(corpus, options, progress)
                : train_fasttext<Cbow, HierarchicalSoftmax>(corpus, options, progress);
}

firth::FastTextModel fasttext_model(const TrainArguments& arguments,
                                    firth::TrainedSubwords trained) {
    using Arguments = firth::FastTextArguments;
    const firth::Word2VecOptions& options = arguments.word2vec;
    firth::FastTextModel model;
    model.arguments.window = static_cast<std::int32_t>(options.window);
    model.arguments.epochs = static_cast<std::int32_t>(options.epochs);
    model.arguments.min_count = static_cast<std::int32_t>(arguments.corpus.vocabulary.min_count);
    model.arguments.negative = static_cast<std::int32_t>(options.negative);
    model.arguments.loss =
        arguments.loss == "ns" ? Arguments::negative_sampling : Arguments::hierarchical_softmax;
    model.arguments.model = arguments.model == "sgns" ? Arguments::skip_gram : Arguments::cbow;
    model.arguments.sample = options.sample;
    model.vectors = std::move(trained.vectors);
    model.output = std::move(trained.output);
    return model;
}

} // namespace

SequenceResult train_subwords(const TrainArguments& arguments, const firth::EncodedCorpus& corpus,
                              const firth::SubwordVectors* start) {
    const firth::VectorFormat format =
        arguments.format ? *arguments.format : firth::format_of_name(arguments.output);
    if (format == firth::fasttext_format) {
        const std::size_t words = corpus.vocabulary.size();
        firth::check_fasttext_size(arguments.output, words, words, arguments.buckets,
                                   arguments.word2vec.dim);
    }
    firth::TrainedSubwords trained = learn(arguments, corpus, fasttext_options(arguments, start));
    const SequenceResult result{trained.stats, trained.vectors.words().size(),
                                trained.vectors.dim(), trained.vectors.ngrams().rows()};
    if (trained.stats.cancelled) return result;
    if (format == firth::fasttext_format) {
        write_fasttext(arguments.output, fasttext_model(arguments, std::move(trained)));
    } else if (format == firth::native_format) {
        write_native(trained.vectors, arguments.output);
    } else {
        std::cerr << "firth: warning: " << format.name << " holds words alone, without the "
                  << result.ngrams << " n-grams that were learnt (firth and "
                  << firth::fasttext_format.name << " keep them)\n";
        static_cast<void>(
            save_vectors(trained.vectors.words(), arguments.output, {.format = arguments.format}));
    }
    return result;
}
