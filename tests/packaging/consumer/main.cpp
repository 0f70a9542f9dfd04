#include <firth/firth.hpp>

#include <iostream>

int main() {
    const firth::EncodedCorpus corpus =
        firth::encode_text("tea milk tea milk\ncar road car road\n", {.min_count = 1});
    const firth::TrainedVectors trained =
        firth::train_sgns(corpus, {.dim = 8, .sample = 0, .epochs = 1});
    const firth::WordIndex index(trained.vectors);
    std::cout << firth::nearest(index, "tea", {.top = 1}).at(0).word << '\n';
}
