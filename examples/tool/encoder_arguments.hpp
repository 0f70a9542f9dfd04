#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <firth/base/error.hpp>
#include <firth/encode/sentence_encoder_file.hpp>

/// An encoder of sentences of a command, and how it is asked.
struct EncoderArguments {
    std::string model;
    std::string pooling;
    std::string prompt;
    std::string prompt_text;
    bool query = false;

    void add_to(CLI::App& command) {
        options_ = {
            command.add_option("--pooling", pooling,
                               "instead of the model's: cls, max, mean, mean-sqrt, weighted-mean, "
                               "last, or several between commas"),
            command.add_option("--prompt", prompt, "before each text: one that the model names"),
            command.add_option("--prompt-text", prompt_text, "before each text: this"),
            command.add_flag("--query", query, "the same as --prompt query"),
        };
    }

    [[nodiscard]] bool is_given() const {
        return !model.empty() || std::ranges::any_of(options_, [](const CLI::Option* option) {
            return option->count() != 0;
        });
    }

    [[nodiscard]] firth::SentenceEncoder open() const {
        if ((!prompt.empty()) + (!prompt_text.empty()) + query > 1) {
            throw firth::OptionError(
                "expected one of --prompt, --prompt-text and --query, found several");
        }
        const firth::Pooling chosen = parse_pooling();
        firth::SentenceEncoder encoder = firth::read_sentence_encoder(model);
        if (!pooling.empty()) encoder = encoder.with_pooling(chosen);
        if (query) encoder = encoder.with_prompt("query");
        if (!prompt.empty()) encoder = encoder.with_prompt(prompt);
        if (!prompt_text.empty()) encoder = encoder.with_prompt_text(prompt_text);
        return encoder;
    }

private:
    [[nodiscard]] firth::Pooling parse_pooling() const {
        firth::Pooling chosen;
        const std::array<std::pair<std::string_view, bool*>, 6> ways{{
            {"cls", &chosen.cls},
            {"max", &chosen.max},
            {"mean", &chosen.mean},
            {"mean-sqrt", &chosen.mean_sqrt},
            {"weighted-mean", &chosen.weighted_mean},
            {"last", &chosen.last},
        }};
        for (std::string_view rest = pooling; !rest.empty();) {
            const std::string_view name = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(name.size() + 1, rest.size()));
            bool known = false;
            for (const auto& [way, flag] : ways) {
                if (way == name) known = *flag = true;
            }
            if (!known) {
                throw firth::OptionError("--pooling is " + pooling +
                                         ", expected cls, max, mean, mean-sqrt, weighted-mean, "
                                         "last, or several between commas");
            }
        }
        return chosen;
    }

    std::vector<const CLI::Option*> options_;
};

/// Says on standard error how many texts are cut, and which is the first; returns the former.
std::size_t warn_of_cuts(const firth::SentenceEncoder& encoder,
                         std::span<const std::string_view> texts);

/// The vectors of texts, with progress.
firth::EmbeddingTable<float> encode_with_progress(const firth::SentenceEncoder& encoder,
                                                  std::span<const std::string_view> texts,
                                                  std::size_t threads, bool quiet);
