#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iomanip>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/progress.hpp>

namespace firth {

/// How a progress is shown as text.
struct ProgressLineOptions {
    std::string_view unit = "words"; ///< what is counted, in ASCII
    std::size_t columns =
        (std::numeric_limits<std::size_t>::max)(); ///< most characters that the line may have
    std::size_t bar = 0;                           ///< most characters of the bar, 0: none
};

namespace detail {

/// A number with a fixed count of decimals, whatever the locale.
inline std::string fixed_text(double value, int decimals) {
#if defined(__cpp_lib_to_chars)
    std::array<char, 64> text;
    const std::to_chars_result end = std::to_chars(text.data(), text.data() + text.size(), value,
                                                   std::chars_format::fixed, decimals);
    return end.ec == std::errc() ? std::string(text.data(), end.ptr) : std::string("?");
#else
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::fixed << std::setprecision(decimals) << value;
    return text.str();
#endif
}

/// "1.23M", "4.50k" or "12".
inline std::string rate_text(double rate) {
    if (rate >= 1e6) return fixed_text(rate / 1e6, 2) + 'M';
    if (rate >= 1e3) return fixed_text(rate / 1e3, 2) + 'k';
    return fixed_text(rate, 0);
}

/// "59 s", "3 min" or "2 h".
inline std::string duration_text(double seconds) {
    constexpr double minute = 60;
    constexpr double hour = 3600;
    if (seconds < 3 * minute) return fixed_text(seconds, 0) + " s";
    if (seconds < 3 * hour) return fixed_text(seconds / minute, 0) + " min";
    return fixed_text(seconds / hour, 0) + " h";
}

} // namespace detail

/// Progress as one line of text, such as
///
///     [=======       ]  52 %  epoch 3/5  1.23M words/s  loss 1.4142  59 s left
///
/// that is never longer than `columns` characters: first the bar is shortened and dropped, then the
/// rate, the epoch, the loss and the time left. The percentage always stays.
[[nodiscard]] inline std::string progress_line(const Progress& progress,
                                               const ProgressLineOptions& options = {}) {
    struct Part {
        std::string text;
        int worth; ///< the part with the least goes first
    };
    const double share = progress.total == 0
                             ? 1.0
                             : (std::min)(1.0, static_cast<double>(progress.done) /
                                                   static_cast<double>(progress.total));
    std::string percent = detail::fixed_text(100 * share, 0);
    percent.insert(0, 3 - (std::min<std::size_t>)(3, percent.size()), ' ');
    std::vector<Part> parts{{percent + " %", 5}};
    if (progress.epochs != 0) {
        parts.push_back(
            {"  epoch " + std::to_string(progress.epoch) + '/' + std::to_string(progress.epochs),
             2});
    }
    parts.push_back(
        {"  " + detail::rate_text(progress.rate) + ' ' + std::string(options.unit) + "/s", 1});
    if (progress.loss) parts.push_back({"  loss " + detail::fixed_text(*progress.loss, 4), 3});
    parts.push_back({"  " + detail::duration_text(progress.seconds_left) + " left", 4});

    std::size_t length = 0;
    for (const Part& part : parts) {
        length += part.text.size();
    }
    const bool whole = length <= options.columns;
    while (length > options.columns && parts.size() > 1) {
        const auto least =
            std::min_element(parts.begin(), parts.end(),
                             [](const Part& a, const Part& b) { return a.worth < b.worth; });
        length -= least->text.size();
        parts.erase(least);
    }
    std::string line;
    constexpr std::size_t shortest_bar = 5;
    constexpr std::size_t around = 3; // brackets and a space
    if (whole && options.columns > length + around) {
        const std::size_t width = (std::min)(options.bar, options.columns - length - around);
        if (width >= shortest_bar) {
            const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
            line = '[' + std::string(filled, '=') + std::string(width - filled, ' ') + "] ";
        }
    }
    for (const Part& part : parts) {
        line += part.text;
    }
    return line.substr(0, options.columns);
}

} // namespace firth
