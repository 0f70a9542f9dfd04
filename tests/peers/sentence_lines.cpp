/// What firth makes of the texts of standard input, JSON strings, a line each, with the encoder of
/// a folder, for compare_encoders.py to compare: numbers of 32 bits.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include <firth/encode/sentence_encoder_file.hpp>

using namespace firth;

namespace {

template <class T>
void put(const T* values, std::size_t count) {
    std::cout.write(reinterpret_cast<const char*>(values),
                    static_cast<std::streamsize>(count * sizeof(T)));
}

/// The vector of each text.
void put_vectors(const SentenceEncoder& encoder) {
    std::vector<float> vector(encoder.dim());
    for (std::string line; std::getline(std::cin, line);) {
        encoder.encode(nlohmann::json::parse(line).get<std::string>(), vector);
        put(vector.data(), vector.size());
    }
}

/// The number of each text's tokens, their ids, and their vectors after each layer; without a
/// prompt.
void put_tokens(const SentenceEncoder& encoder) {
    for (std::string line; std::getline(std::cin, line);) {
        const auto text = nlohmann::json::parse(line).get<std::string>();
        for (std::size_t layer = 0; layer <= encoder.transformer().config().layers; ++layer) {
            const TokenVectors made = encoder.token_vectors(text, layer);
            if (layer == 0) {
                const auto count = static_cast<std::uint32_t>(made.encoding.size());
                put(&count, 1);
                put(made.encoding.ids.data(), count);
            }
            for (std::size_t i = 0; i < made.vectors.rows(); ++i) {
                put(made.vectors[i].data(), made.vectors.dim());
            }
        }
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::cerr << "usage: sentence_lines FOLDER vectors|tokens [PROMPT'S NAME]\n";
        return EXIT_FAILURE;
    }
    try {
        SentenceEncoder encoder = read_sentence_encoder(arguments[1]);
        if (count > 3) encoder = encoder.with_prompt(arguments[3]);
        if (std::string(arguments[2]) == "tokens") {
            put_tokens(encoder.with_prompt_text(""));
        } else {
            put_vectors(encoder);
        }
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
