#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <firth/eval/sentence_pairs.hpp>

#include "commands.hpp"
#include "encoder_arguments.hpp"

/// Sets of pairs of sentences with people's scores, all read before the first is measured.
class StsSets {
public:
    explicit StsSets(const std::vector<std::string>& paths);

    /// Measures an encoder, and prints the results unless they are wanted as JSON only.
    [[nodiscard]] nlohmann::json evaluate(const EncoderArguments& encoder, std::size_t threads,
                                          bool json) const;

private:
    std::vector<std::string> paths_;
    std::vector<firth::EvaluationFileReport> reports_;
    std::vector<std::vector<firth::SentencePair>> sets_;
};
