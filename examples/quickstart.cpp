/// Load word vectors, or train them, and ask.
///
///     quickstart                  trains on a few lines of its own
///     quickstart TEXT             trains on a text, a sentence a line
///     quickstart VECTORS WORD     asks vectors that are there for the neighbours of a word

#include <iostream>
#include <string>
#include <utility>

#include <firth/firth.hpp>

namespace {

firth::WordVectors<float> train(const firth::EncodedCorpus& corpus) {
    firth::TrainedVectors trained =
        firth::train_sgns(corpus, {.dim = 100, .window = 5, .epochs = 5});
    std::cout << "trained on " << corpus.raw_words << " words, loss " << trained.stats.loss()
              << '\n';
    return std::move(trained.vectors);
}

/// A text too small to learn English from, but enough to see the calls.
std::string small_text() {
    std::string text;
    for (int i = 0; i < 200; ++i) {
        text += "the king wears his golden crown in the palace\n"
                "the queen wears her golden crown in the palace\n"
                "a dog chases the cat around the garden\n"
                "a cat flees from the dog into the garden\n";
    }
    return text;
}

} // namespace

int main(int argc, char** argv) try {
    const firth::WordVectors<float> vectors = argc > 2   ? firth::load(argv[1])
                                              : argc > 1 ? train(firth::read_corpus(argv[1]))
                                                         : train(firth::encode_text(small_text()));
    const std::string word = argc > 2 ? argv[2] : std::string(vectors.word(0));

    const firth::WordIndex index(vectors);
    std::cout << "nearest to " << word << ":\n";
    for (const auto& [neighbor, score] : firth::nearest(index, word, {.top = 5})) {
        std::cout << "  " << neighbor << "  " << score << '\n';
    }
    if (vectors.contains("king") && vectors.contains("crown") && vectors.contains("dog")) {
        std::cout << "king and crown: " << firth::similarity(vectors, "king", "crown") << '\n'
                  << "king and dog:   " << firth::similarity(vectors, "king", "dog") << '\n'
                  << "king is to crown as dog is to: "
                  << firth::analogy(index, "king", "crown", "dog", {.top = 1}).at(0).word << '\n';
    }
    return 0;
} catch (const firth::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
