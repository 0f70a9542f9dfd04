/// The code of `include/firth/train/README.md`, compiled and run.

#include <firth/train/sequence/word2vec.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include "support.hpp"

namespace {

// As in the page, from here on.
// clang-format off
struct Margin {
    void gradients(const firth::simd::OutputScores& outputs, float* to) const noexcept {
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            const float label = o < outputs.positives ? 1.0f : -1.0f;
            to[o] = label * std::max(0.0f, 1 - label * outputs.scores[o]);
        }
    }
    double loss(const firth::simd::OutputScores& outputs) const noexcept {
        double loss = 0;
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            const float label = o < outputs.positives ? 1.0f : -1.0f;
            loss += std::pow(std::max(0.0, 1 - double{label * outputs.scores[o]}), 2) / 2;
        }
        return loss;
    }
    double zero_loss(std::size_t outputs, std::size_t) const noexcept {
        return static_cast<double>(outputs) / 2;
    }
    std::string settings() const { return "margin"; }
};

firth::TrainedVectors train_by_margin(const firth::EncodedCorpus& corpus) {
    return firth::train_word2vec<firth::SkipGramWith<Margin>, firth::NegativeSampling>(
        corpus, {.dim = 20, .learning_rate = 0.02f});
}
// clang-format on

} // namespace

TEST_CASE("the example of the room's page is this one, and learns", "[readme]") {
    const std::string root = FIRTH_SOURCE_DIR;
    const std::string page = test::read_file(root + "/include/firth/train/README.md");
    const std::string begin = "```cpp\n";
    const std::size_t first = page.find(begin) + begin.size();
    const std::string code = page.substr(first, page.find("```", first) - first);
    REQUIRE(test::contains(test::read_file(root + "/tests/train/readme.cpp"), code));
    const firth::TrainedVectors trained = train_by_margin(test::grouped_corpus(500));
    REQUIRE(trained.stats.loss() < 3);
}
