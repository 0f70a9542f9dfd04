#pragma once

#include <concepts>
#include <string>
#include <vector>

namespace firth {

/// How tokens become a text again.
///
/// - `decoder(tokens)` changes the tokens of a text in place, where it must their number, so that
///   their concatenation is the text, or what the next decoder takes;
/// - `settings()` names in one line what the result depends on.
template <class T>
concept Decoder = requires(const T& decoder, std::vector<std::string>& tokens) {
    decoder(tokens);
    { decoder.settings() } -> std::same_as<std::string>;
};

} // namespace firth
