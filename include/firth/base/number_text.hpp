#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <version>

#if !defined(__cpp_lib_to_chars)
#include <locale>
#include <sstream>
#endif

/// Numbers as text, independent of the locale. Standard libraries without floating-point
/// `from_chars` and `to_chars` take a slower way through streams.
namespace firth {

/// What was read: the number, and how many bytes it took; 0 bytes where there is none.
struct ParsedFloat {
    float value = 0;
    std::size_t size = 0;
};

/// Reads a decimal number, "inf" or "nan" from the beginning of `text`, with an optional sign.
/// Numbers below float32's range become 0, above it infinity.
[[nodiscard]] inline ParsedFloat parse_float(std::string_view text) {
    const std::size_t plus = text.starts_with('+') && !text.starts_with("+-") ? 1 : 0;
    const char* const begin = text.data() + plus;
    const char* const end = text.data() + text.size();
    ParsedFloat result;
#if defined(__cpp_lib_to_chars)
    std::from_chars_result parsed = std::from_chars(begin, end, result.value);
    if (parsed.ec == std::errc::invalid_argument) return {};
    if (parsed.ec == std::errc::result_out_of_range) {
        double wide = 0;
        const std::errc error = std::from_chars(begin, end, wide).ec;
        if (error == std::errc::result_out_of_range) {
            const std::string_view digits(begin, static_cast<std::size_t>(parsed.ptr - begin));
            const std::size_t exponent = digits.find_first_of("eE");
            const bool tiny = exponent != digits.npos ? digits.substr(exponent + 1).starts_with('-')
                                                      : digits.find('.') != digits.npos;
            wide = tiny ? 0.0 : std::numeric_limits<double>::infinity();
            if (digits.starts_with('-')) wide = -wide;
        }
        result.value = std::fabs(wide) > static_cast<double>(std::numeric_limits<float>::max())
                           ? std::copysign(std::numeric_limits<float>::infinity(),
                                           static_cast<float>(wide < 0 ? -1 : 1))
                           : static_cast<float>(wide);
    }
    result.size = static_cast<std::size_t>(parsed.ptr - text.data());
#else
    const std::string_view rest(begin, static_cast<std::size_t>(end - begin));
    const std::string word(rest.substr(0, rest.find_first_of(" \t\r\n")));
    std::istringstream stream(word);
    stream.imbue(std::locale::classic());
    double wide = 0;
    if (!(stream >> wide)) return {};
    result.value = static_cast<float>(wide);
    result.size = plus + (stream.eof() ? word.size() : static_cast<std::size_t>(stream.tellg()));
#endif
    return result;
}

/// Appends the shortest decimal text that reads back as the same float.
inline void append_float(std::string& to, float value) {
#if defined(__cpp_lib_to_chars)
    char digits[32];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
    to.append(digits, end.ptr);
#else
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream.precision(std::numeric_limits<float>::max_digits10);
    stream << value;
    to += stream.str();
#endif
}

} // namespace firth
