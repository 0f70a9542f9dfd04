/// Embeddings for symbols that are not words: products that are bought together. Whatever comes in
/// sequences can be learnt so: songs in playlists, pages in visits, nodes on walks through a graph.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <firth/firth.hpp>

int main() {
    // Customers shop for one meal at a time; which meal is not in the data.
    const std::vector<std::vector<std::string>> meals{
        {"spaghetti", "tomatoes", "basil", "parmesan", "garlic"},
        {"rice", "nori", "salmon", "wasabi", "ginger"},
        {"tortillas", "beans", "avocado", "lime", "coriander"},
        {"flour", "eggs", "milk", "maple syrup", "blueberries"}};
    firth::Random random(1);
    std::vector<std::vector<std::string>> baskets(3000);
    for (auto& basket : baskets) {
        const auto& meal = meals[random.below(4)];
        for (int i = 0; i < 4; ++i) {
            basket.push_back(meal[random.below(5)]);
        }
    }

    // A basket has no order: a fixed window as wide as the largest basket makes all its products
    // each other's context. Baskets of hundreds are no different.
    const firth::EncodedCorpus corpus = firth::encode_sequences(baskets, {.min_count = 1});
    const firth::TrainedVectors trained =
        firth::train_sgns(corpus, {.dim = 16,
                                   .window = 4,
                                   .window_size = firth::WindowSize::fixed,
                                   .sample = 0,
                                   .epochs = 20,
                                   .learning_rate = 0.05f});

    const firth::WordIndex index(trained.vectors);
    for (const char* product : {"basil", "wasabi", "lime", "maple syrup"}) {
        std::cout << "bought with " << product << ":";
        for (const auto& [other, score] : firth::nearest(index, product, {.top = 4})) {
            std::cout << "  " << other;
        }
        std::cout << '\n';
    }
    return firth::nearest(index, "nori", {.top = 1}).at(0).score > 0.5f ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}
