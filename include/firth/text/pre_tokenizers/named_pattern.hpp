#pragma once

#include <string>

#include <firth/base/error.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>

namespace firth {

/// The pattern of a name: gpt2, cl100k (Llama 3's, too), qwen, o200k, tekken (Mistral's). Throws
/// `OptionError` for others.
[[nodiscard]] inline AnyPreTokenizer named_pattern(const std::string& name) {
    if (name == "gpt2") return Gpt2Pattern();
    if (name == "cl100k") return Cl100kPattern{3};
    if (name == "qwen") return Cl100kPattern{1};
    if (name == "o200k") return O200kPattern();
    if (name == "tekken") return O200kPattern{1, false};
    throw OptionError("a file of ranks or merges says no pattern, and pattern = \"" + name +
                      "\" is none of gpt2, cl100k, o200k, qwen, tekken");
}

} // namespace firth
