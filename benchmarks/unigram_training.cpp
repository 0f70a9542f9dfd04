/// Trains a SentencePiece model of type Unigram and says how long that took, for
/// unigram_training.py: TEXT MODEL SIZE THREADS.

#include <cstdio>
#include <cstdlib>
#include <string>

#include <firth/base/progress.hpp>
#include <firth/text/train_sentencepiece.hpp>

int main(int count, char** arguments) {
    if (count != 5) {
        std::fputs("usage: benchmark_unigram_training TEXT MODEL SIZE THREADS\n", stderr);
        return EXIT_FAILURE;
    }
    try {
        const firth::Stopwatch watch;
        firth::UnigramTrainerOptions options;
        options.vocab_size = std::stoul(arguments[3]);
        options.threads = std::stoul(arguments[4]);
        firth::write_sentencepiece(arguments[2],
                                   firth::train_sentencepiece({arguments[1]}, options));
        std::printf("%.3f\n", watch.seconds());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
}
