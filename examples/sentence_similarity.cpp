/// Which of these sentences mean about the same?
///
///     sentence_similarity FOLDER [TEXT]    a folder of sentence-transformers, all-MiniLM-L6-v2
///                                          say; compares the first lines of a text with its first

#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <firth/encode/sentence_encoder_file.hpp> // needs nlohmann/json
#include <firth/encode/text_encoder.hpp>
#include <firth/simd.hpp>

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::cout << "skipped: expected the folder of an encoder of sentences\n";
        return 0;
    }
    const firth::SentenceEncoder encoder = firth::read_sentence_encoder(argv[1]);
    std::cout << encoder.dim() << " numbers a text, of at most " << encoder.max_tokens()
              << " tokens\n";

    std::vector<std::string> lines{"A man is playing a guitar.", "Somebody makes music.",
                                   "The guitar is being played by a man.",
                                   "A man is eating a piece of bread."};
    if (argc > 2) {
        lines.clear();
        std::ifstream file(argv[2]);
        for (std::string line; lines.size() < 20 && std::getline(file, line);) {
            lines.push_back(line);
        }
    }
    const std::vector<std::string_view> texts(lines.begin(), lines.end());
    const firth::EmbeddingTable<float> vectors = firth::encode_texts(encoder, texts, 0);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        std::cout << firth::simd::cosine(vectors[0], vectors[i]) << "  " << texts[i]
                  << (encoder.is_cut(texts[i]) ? " (cut)" : "") << '\n';
    }
} catch (const firth::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
