#include <firth/query.hpp>

#include <iostream>
#include <utility>

int main() {
    firth::Vocabulary words;
    firth::EmbeddingTable<float> table(3, 2);
    for (const char* const word : {"tea", "milk", "car"}) {
        table[words.size()][0] = 1;
        table[words.size()][1] = word[0] == 'c' ? -1.0f : static_cast<float>(words.size());
        words.add(word);
    }
    const firth::WordVectors<float> vectors(std::move(words), std::move(table));
    const firth::WordIndex index(vectors);
    std::cout << firth::nearest(index, "tea", {.top = 1}).at(0).word << '\n';
}
