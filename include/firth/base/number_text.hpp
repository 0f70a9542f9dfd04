#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
struct ParsedDouble {
    double value = 0;
    std::size_t size = 0;
};

namespace detail {

/// Reads the digits from `at` on, at most 18 in all, into `digits`.
inline const char* take_digits(const char* at, const char* const end, std::uint64_t& digits) {
    constexpr std::uint64_t powers[] = {1,      10,      100,      1000,     10000,
                                        100000, 1000000, 10000000, 100000000};
    if constexpr (std::endian::native == std::endian::little) {
        if (end - at >= 8) {
            // Eight bytes at once, however many of them are digits: a loop would be mispredicted.
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, at, 8);
            bytes ^= 0x3030303030303030u;
            // The lowest byte that is not a digit has its highest bit set here, and none below it
            // has.
            const std::uint64_t others =
                ((bytes + 0x7676767676767676u) | bytes) & 0x8080808080808080u;
            const int count = others == 0 ? 8 : std::countr_zero(others) / 8;
            if (count == 0) return at;
            // Zeros before the digits; then pairs, fours and all eight.
            bytes <<= 8 * (8 - count);
            bytes = (bytes * 10 + (bytes >> 8)) & 0x00FF00FF00FF00FFu;
            bytes = (bytes * 100 + (bytes >> 16)) & 0x0000FFFF0000FFFFu;
            bytes = (bytes * 10000 + (bytes >> 32)) & 0xFFFFFFFFu;
            digits = digits * powers[count] + bytes;
            at += count;
            if (count != 8) return at;
        }
    }
    for (int taken = 0; taken < 10 && at != end && static_cast<unsigned char>(*at - '0') < 10;
         ++taken, ++at) {
        digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
    }
    return at;
}

/// Reads an optional minus and digits, with or without a decimal point, as most numbers in files
/// are written. Returns 0 bytes where the number does not end there, has more than 15 digits, or is
/// so close to the middle between two floats that a double cannot decide between them.
///
/// Digits and power of ten are exact as doubles (Clinger 1990, "How to read floating point numbers
/// accurately"), so that their quotient is the double nearest to the number. Rounded to float it is
/// right unless its lower 29 bits are within one of the middle.
inline ParsedFloat parse_plain_float(const char* const begin, const char* const end) noexcept {
    constexpr double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    constexpr std::ptrdiff_t most_digits = 15;
    const char* at = begin;
    const bool negative = at != end && *at == '-';
    at += negative;
    std::uint64_t digits = 0;
    const char* const first = at;
    if (end - at >= 2 && *at == '0' && at[1] == '.') {
        ++at; // nearly all numbers in vectors
    } else {
        at = take_digits(at, end, digits);
    }
    std::ptrdiff_t count = at - first;
    std::ptrdiff_t behind = 0;
    if (at != end && *at == '.' && count <= most_digits) {
        const char* const point = at++;
        at = take_digits(at, end, digits);
        behind = at - point - 1;
        count += behind;
    }
    if (count == 0 || count > most_digits) return {};
    if (at != end && *at != ' ' && *at != '\t' && *at != '\n' && *at != '\r') return {};
    const double wide = static_cast<double>(digits) / powers[behind];
    constexpr std::uint64_t below = (std::uint64_t{1} << 29) - 1;
    constexpr std::uint64_t middle = std::uint64_t{1} << 28;
    const std::uint64_t lower = std::bit_cast<std::uint64_t>(wide) & below;
    if (lower - (middle - 1) <= 2) return {};
    const float value = static_cast<float>(wide);
    return {negative ? -value : value, static_cast<std::size_t>(at - begin)};
}

/// The bytes of the plus before a number, which the standard library does not read.
[[nodiscard]] inline std::size_t plus_size(std::string_view text) noexcept {
    return text.starts_with('+') && !text.starts_with("+-") ? 1 : 0;
}

} // namespace detail

/// Reads a decimal number, "inf" or "nan" from the beginning of `text`, with an optional sign.
/// Numbers below the range of doubles become 0, above it infinity.
[[nodiscard]] inline ParsedDouble parse_double(std::string_view text) {
    const std::size_t plus = detail::plus_size(text);
    const std::string_view number = text.substr(plus);
    ParsedDouble result;
#if defined(__cpp_lib_to_chars)
    const char* const begin = number.data();
    const std::from_chars_result parsed =
        std::from_chars(begin, begin + number.size(), result.value);
    if (parsed.ec == std::errc::invalid_argument) return {};
    const std::string_view digits = number.substr(0, static_cast<std::size_t>(parsed.ptr - begin));
    if (parsed.ec == std::errc::result_out_of_range) {
        const std::size_t exponent = digits.find_first_of("eE");
        const bool tiny = exponent != digits.npos ? digits.substr(exponent + 1).starts_with('-')
                                                  : digits.find('.') != digits.npos;
        result.value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
        if (digits.starts_with('-')) result.value = -result.value;
    }
    result.size = plus + digits.size();
#else
    const std::string token(number.substr(0, number.find_first_of(" \t\r\n")));
    std::istringstream stream(token);
    stream.imbue(std::locale::classic());
    if (!(stream >> result.value)) return {};
    result.size = plus + (stream.eof() ? token.size() : static_cast<std::size_t>(stream.tellg()));
#endif
    return result;
}

/// The same rounded to a float. Numbers below float32's range become 0, above it infinity.
[[nodiscard]] inline ParsedFloat parse_float(std::string_view text) {
    const std::size_t plus = detail::plus_size(text);
    const char* const begin = text.data() + plus;
    const char* const end = text.data() + text.size();
    ParsedFloat result = detail::parse_plain_float(begin, end);
    if (result.size != 0) {
        result.size += plus;
        return result;
    }
#if defined(__cpp_lib_to_chars)
    const std::from_chars_result parsed = std::from_chars(begin, end, result.value);
    if (parsed.ec == std::errc::invalid_argument) return {};
    result.size = static_cast<std::size_t>(parsed.ptr - text.data());
    if (parsed.ec != std::errc::result_out_of_range) return result;
#endif
    const ParsedDouble wide = parse_double(text);
    const bool large =
        std::fabs(wide.value) > static_cast<double>((std::numeric_limits<float>::max)());
    result.value = large ? std::copysign(std::numeric_limits<float>::infinity(),
                                         static_cast<float>(wide.value < 0 ? -1 : 1))
                         : static_cast<float>(wide.value);
    result.size = wide.size;
    return result;
}

/// Appends the shortest decimal text that reads back as the same number.
template <std::floating_point T>
void append_float(std::string& to, T value) {
#if defined(__cpp_lib_to_chars)
    char digits[64];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
    to.append(digits, end.ptr);
#else
    std::string text;
    for (int precision = std::numeric_limits<T>::digits10;
         precision <= std::numeric_limits<T>::max_digits10; ++precision) {
        std::ostringstream stream;
        stream.imbue(std::locale::classic());
        stream.precision(precision);
        stream << value;
        text = stream.str();
        std::istringstream back(text);
        back.imbue(std::locale::classic());
        T read = 0;
        if (back >> read && read == value) break;
    }
    to += text;
#endif
}

/// The shortest decimal text that reads back as the same number.
template <std::floating_point T>
[[nodiscard]] std::string float_text(T value) {
    std::string text;
    append_float(text, value);
    return text;
}

namespace detail {

/// True for text that is a number and nothing else; also one that is not finite.
[[nodiscard]] inline bool is_number(std::string_view text) {
    return !text.empty() && parse_float(text).size == text.size();
}

/// True for a number with a decimal comma, as "7,35", and nothing else.
[[nodiscard]] inline bool has_decimal_comma(std::string_view field) {
    const std::size_t comma = field.find(',');
    if (comma == field.npos || comma == 0 || field.find('.') != field.npos) return false;
    std::string with_point(field);
    with_point[comma] = '.';
    const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
    return is_number(with_point) && is_digit(field[comma - 1]) && is_digit(with_point.back());
}

} // namespace detail

} // namespace firth
