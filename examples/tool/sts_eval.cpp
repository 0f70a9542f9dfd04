#include "sts_eval.hpp"

#include <cmath>
#include <iomanip>
#include <string_view>

#include <firth/eval/sentence_similarity.hpp>

StsSets::StsSets(const std::vector<std::string>& paths) : paths_(paths), reports_(paths.size()) {
    for (const std::string& path : paths_) {
        sets_.push_back(firth::read_sentence_pairs(path, &reports_[sets_.size()]));
    }
}

nlohmann::json StsSets::evaluate(const EncoderArguments& arguments, std::size_t threads,
                                 bool json) const {
    nlohmann::json all = nlohmann::json::array();
    const firth::SentenceEncoder encoder = arguments.open();
    for (std::size_t set = 0; set < sets_.size(); ++set) {
        const std::vector<firth::SentencePair>& pairs = sets_[set];
        std::vector<std::string_view> texts;
        for (const firth::SentencePair& pair : pairs) {
            texts.push_back(pair.first);
        }
        for (const firth::SentencePair& pair : pairs) {
            texts.push_back(pair.second);
        }
        const firth::Stopwatch watch;
        const std::size_t cut = warn_of_cuts(encoder, texts);
        const firth::EmbeddingTable<float> vectors =
            encode_with_progress(encoder, texts, threads, json);
        const auto half = [&](std::size_t first) {
            return firth::TableView<const float>(vectors[first].data(), pairs.size(), vectors.dim(),
                                                 vectors.stride());
        };
        const double rho = firth::evaluate_sentence_similarity(half(0), half(pairs.size()), pairs);
        all.push_back({{"file", paths_[set]},
                       {"form", reports_[set].form},
                       {"rho", std::isnan(rho) ? nlohmann::json() : nlohmann::json(rho)},
                       {"pairs", pairs.size()},
                       {"cut", cut},
                       {"seconds", watch.seconds()}});
        if (json) continue;
        std::cout << paths_[set] << ": " << reports_[set].form << '\n'
                  << paths_[set] << ": rho " << std::fixed << std::setprecision(4) << rho
                  << " over " << pairs.size() << " pairs of sentences\n";
    }
    return all;
}
