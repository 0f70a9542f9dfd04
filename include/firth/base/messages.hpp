#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>

/// What messages of errors have in common.
namespace firth::detail {

/// A whole number as text.
template <std::integral T>
[[nodiscard]] std::string message_text(T number) {
    return std::to_string(number);
}
[[nodiscard]] inline std::string message_text(std::string_view text) {
    return std::string(text);
}

/// Throws `OptionError` that `name` is `value` unless it is in range. Values are whole numbers or
/// texts (`float_text`); what is expected is given in parts, which are put together only then:
///
///     require_option(dim >= 1 && dim <= max_dim, "dim", dim, "1 to ", max_dim);
template <class Value, class... Parts>
void require_option(bool in_range, std::string_view name, const Value& value,
                    const Parts&... expected) {
    if (in_range) return;
    std::string message(name);
    message.append(" is ").append(message_text(value)).append(", expected ");
    (message.append(message_text(expected)), ...);
    throw OptionError(message);
}

/// Appends a name to a list of names such as "sse2, avx2".
inline void add_to_list(std::string& list, std::string_view name) {
    if (!list.empty()) list += ", ";
    list += name;
}

} // namespace firth::detail
