// The vectors of texts by the encoder of a folder, on one thread, for encoder_peers.py.
//
//     benchmark_encoders FOLDER IDS [TURNS]
//
// IDS holds a text a line, as ids between spaces, special tokens included: what the peers get, too.
// A line is printed for the opening, with its seconds; for each turn, the texts in batches of 32 as
// they stand in the file, with how many and seconds; and for texts of 16 and of 128 tokens alone,
// the seconds of one. The last line holds the mean vector of the first text, to compare.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <firth/encode/pooling.hpp>
#include <firth/encode/sentence_encoder_file.hpp>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::vector<std::vector<firth::Id>> read_ids(const char* path) {
    std::vector<std::vector<firth::Id>> texts;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        texts.emplace_back();
        for (firth::Id id = 0; words >> id;) {
            texts.back().push_back(id);
        }
    }
    return texts;
}

class Runner {
public:
    explicit Runner(const std::string& folder)
        : transformer_(firth::read_transformer_config(folder + "/config.json"),
                       firth::read_model_tensors(folder)) {}

    /// The mean of each text's tokens, for texts [begin, end).
    void encode(const std::vector<std::vector<firth::Id>>& texts, std::size_t begin,
                std::size_t end) {
        firth::TokenBatch batch;
        for (std::size_t i = begin; i < end; ++i) {
            batch.ids.insert(batch.ids.end(), texts[i].begin(), texts[i].end());
            batch.ends.push_back(batch.ids.size());
        }
        const firth::TableView<const float> tokens = transformer_(batch, workspace_);
        mean_.resize(transformer_.dim());
        std::size_t first = 0;
        for (const std::size_t last : batch.ends) {
            firth::pool({.mean = true},
                        firth::TableView<const float>(tokens.data() + first * tokens.stride(),
                                                      last - first, tokens.dim(), tokens.stride()),
                        mean_);
            first = last;
        }
    }

    [[nodiscard]] const std::vector<float>& mean() const { return mean_; }

private:
    firth::Transformer transformer_;
    firth::Transformer::Workspace workspace_;
    std::vector<float> mean_;
};

void run(const std::string& folder, const char* path, int turns) {
    Clock::time_point begin = Clock::now();
    Runner runner(folder);
    std::printf("open %.6f\n", seconds_since(begin));
    const std::vector<std::vector<firth::Id>> texts = read_ids(path);
    constexpr std::size_t together = 32;
    for (int turn = 0; turn < turns; ++turn) {
        begin = Clock::now();
        for (std::size_t i = 0; i < texts.size(); i += together) {
            runner.encode(texts, i, (std::min)(i + together, texts.size()));
        }
        std::printf("batches %zu %.6f\n", texts.size(), seconds_since(begin));
    }
    for (const std::size_t tokens : {16u, 128u}) {
        std::vector<std::vector<firth::Id>> one(1, std::vector<firth::Id>(tokens, texts[0][1]));
        std::vector<double> seconds;
        for (int i = 0; i < 200; ++i) {
            begin = Clock::now();
            runner.encode(one, 0, 1);
            seconds.push_back(seconds_since(begin));
        }
        std::ranges::sort(seconds);
        std::printf("single %zu %.6f\n", tokens, seconds[seconds.size() / 2]);
    }
    runner.encode(texts, 0, 1);
    std::printf("mean");
    for (const float x : runner.mean()) {
        std::printf(" %.7g", static_cast<double>(x));
    }
    std::printf("\n");
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: benchmark_encoders FOLDER IDS [TURNS]\n");
        return 2;
    }
    try {
        run(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 1);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "benchmark_encoders: %s\n", error.what());
        return 1;
    }
}
