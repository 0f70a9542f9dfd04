/// What static encoders make of texts, for compare_static.py.
///
/// static_vectors FOLDER: reads strings of JSON from standard input, a line each, and writes each
/// text's vector to standard output, as float32.
/// static_vectors FOLDER copy TO: writes the encoder of a folder to another.
/// static_vectors FOLDER time: reads texts and says how many it encodes in a second on one thread.

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/encode/static_encoder_file.hpp>

namespace {

int run(const std::vector<std::string>& arguments) {
    const firth::StaticEncoder encoder = firth::read_static_encoder(arguments.at(0));
    const std::string what = arguments.size() > 1 ? arguments[1] : "";
    if (what == "copy") {
        firth::write_static_encoder(encoder, arguments.at(2));
        return 0;
    }
    std::vector<std::string> texts;
    for (std::string line; std::getline(std::cin, line);) {
        texts.push_back(nlohmann::json::parse(line).get<std::string>());
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    firth::EmbeddingTable<float> vectors = firth::encode_texts(encoder, views);
    if (what == "time") {
        double least = 1e9;
        for (int i = 0; i < 20; ++i) {
            const firth::Stopwatch watch;
            encoder.encode(std::span(views), vectors.view());
            least = std::min(least, watch.seconds());
        }
        std::cout << static_cast<double>(texts.size()) / least << '\n';
        return 0;
    }
    for (std::size_t i = 0; i < vectors.rows(); ++i) {
        std::cout.write(reinterpret_cast<const char*>(vectors[i].data()),
                        static_cast<std::streamsize>(vectors.dim() * sizeof(float)));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
