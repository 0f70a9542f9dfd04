/// A word has other vectors in other sentences: the bank of a river is not one for money.
///
///     word_in_context FOLDER    a folder of a transformer, all-MiniLM-L6-v2 say

#include <algorithm>
#include <iostream>
#include <string_view>
#include <vector>

#include <firth/encode/sentence_encoder_file.hpp> // needs nlohmann/json
#include <firth/simd.hpp>

namespace {

/// The mean vector of the tokens that a word of the text consists of.
std::vector<float> vector_of(const firth::TokenVectors& tokens, std::string_view text,
                             std::string_view word) {
    const std::size_t begin = text.find(word);
    std::vector<float> sum(tokens.vectors.dim());
    float count = 0;
    for (std::size_t i = 0; i < tokens.encoding.size(); ++i) {
        const firth::ByteRange at = tokens.encoding.offsets[i];
        if (at.begin == at.end || at.begin < begin || at.end > begin + word.size()) continue;
        firth::simd::axpy(1.0f, tokens.vectors[i], sum);
        ++count;
    }
    firth::simd::scale(1 / (std::max)(count, 1.0f), sum);
    return sum;
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::cout << "skipped: expected the folder of a transformer\n";
        return 0;
    }
    const firth::SentenceEncoder encoder = firth::read_sentence_encoder(argv[1]);
    const std::vector<std::string_view> texts{
        "We sat on the bank of the river and watched the water.",
        "They walked along the bank where the stream is deep.",
        "She put all of her money into the bank.",
        "The bank gave him a loan for his house.",
    };
    for (std::size_t layer = 0; layer <= encoder.transformer().config().layers; ++layer) {
        std::vector<std::vector<float>> banks;
        for (const std::string_view text : texts) {
            banks.push_back(vector_of(encoder.token_vectors(text, layer), text, "bank"));
        }
        std::cout << "layer " << layer << ": two rivers " << firth::simd::cosine(banks[0], banks[1])
                  << ", two for money " << firth::simd::cosine(banks[2], banks[3])
                  << ", a river and money " << firth::simd::cosine(banks[0], banks[2]) << '\n';
    }
} catch (const firth::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
