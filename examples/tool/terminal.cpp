#include "terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <streambuf>
#include <string_view>

#include <firth/base/utf8.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#define TOOL_ON_POSIX 1
#else
#define TOOL_ON_POSIX 0
#endif

namespace {

constexpr int standard_output = 1;
constexpr int standard_error = 2;

std::size_t drawn = 0; ///< characters of the line that is being drawn

bool is_terminal(int descriptor) {
#if TOOL_ON_POSIX
    return ::isatty(descriptor) == 1;
#else
    static_cast<void>(descriptor);
    return false;
#endif
}

/// Opens what is closed of standard input, output and error, so that using it still fails.
void open_standard_streams() {
#if TOOL_ON_POSIX
    for (int descriptor = 0; descriptor <= standard_error; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        static_cast<void>(::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY));
    }
#endif
}

/// Text with its control characters, and bytes that are not UTF-8, as "\x1b".
std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = firth::utf8_length(text);
        const auto first = static_cast<unsigned char>(text[0]);
        const bool c0 = first < 0x20 && first != '\n' && first != '\t';
        // U+0080 to U+009F are control characters, too.
        const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
        const std::size_t taken = std::max<std::size_t>(1, length);
        if (length == 0 || c0 || c1 || first == 0x7F) {
            for (const char c : text.substr(0, taken)) {
                const auto byte = static_cast<unsigned char>(c);
                shown += "\\x";
                shown += digits[byte / 16];
                shown += digits[byte % 16];
            }
        } else {
            shown += text.substr(0, taken);
        }
        text.remove_prefix(taken);
    }
    return shown;
}

} // namespace

/// A stream's buffer that passes on whole lines, and what is left when the stream is flushed.
class Terminal::Escaping final : public std::streambuf {
public:
    explicit Escaping(std::ostream& stream) : stream_(stream), target_(stream.rdbuf(this)) {}

    Escaping(const Escaping&) = delete;
    Escaping& operator=(const Escaping&) = delete;

    ~Escaping() override {
        static_cast<void>(pass_on(pending_.size()));
        stream_.rdbuf(target_);
    }

protected:
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        const char one = traits_type::to_char_type(c);
        return xsputn(&one, 1) == 1 ? c : traits_type::eof();
    }

    std::streamsize xsputn(const char* text, std::streamsize size) override {
        pending_.append(text, static_cast<std::size_t>(size));
        const std::size_t newline = pending_.rfind('\n');
        return newline == pending_.npos || pass_on(newline + 1) ? size : 0;
    }

    int sync() override { return pass_on(pending_.size()) ? target_->pubsync() : -1; }

private:
    /// Passes on the first bytes of what is pending.
    bool pass_on(std::size_t size) {
        if (size == 0) return true;
        Terminal::end_line();
        const std::string text = escaped(std::string_view(pending_).substr(0, size));
        pending_.erase(0, size);
        const auto length = static_cast<std::streamsize>(text.size());
        return target_->sputn(text.data(), length) == length;
    }

    std::ostream& stream_;
    std::streambuf* target_;
    std::string pending_;
};

Terminal::Terminal() : output_(std::cout.rdbuf()) {
    open_standard_streams();
    if (is_terminal(standard_output)) out_ = std::make_unique<Escaping>(std::cout);
    if (is_terminal(standard_error)) error_ = std::make_unique<Escaping>(std::cerr);
}

Terminal::~Terminal() {
    std::cout.flush();
    std::cout.rdbuf(output_); // it may have been sent to standard error
    end_line();
}

bool Terminal::draws() {
    return is_terminal(standard_error);
}

std::size_t Terminal::columns() {
    const char* const named = std::getenv("COLUMNS");
    const long number = named == nullptr ? 0 : std::strtol(named, nullptr, 10);
    std::size_t columns = number > 0 ? static_cast<std::size_t>(number) : 0;
#if TOOL_ON_POSIX
    winsize size{};
    if (::ioctl(standard_error, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        columns = columns == 0 ? size.ws_col : std::min<std::size_t>(columns, size.ws_col);
    }
#endif
    constexpr std::size_t usual = 80;
    return columns == 0 ? usual : columns;
}

void Terminal::draw(const std::string& line) {
    // Spaces go over what is left of a longer line, but not to where the terminal would wrap.
    const std::size_t blank = std::min(drawn, columns() - 1);
    std::string text = '\r' + line;
    if (line.size() < blank) text.append(blank - line.size(), ' ');
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
    static_cast<void>(std::fflush(stderr));
    drawn = line.size();
}

void Terminal::end_line() {
    if (drawn == 0) return;
    drawn = 0;
    static_cast<void>(std::fputc('\n', stderr));
    static_cast<void>(std::fflush(stderr));
}

bool is_standard_output(int descriptor) {
    if (descriptor == standard_output) return true;
#if TOOL_ON_POSIX
    struct stat one {};
    struct stat output {};
    return ::fstat(descriptor, &one) == 0 && ::fstat(standard_output, &output) == 0 &&
           one.st_dev == output.st_dev && one.st_ino == output.st_ino;
#else
    return false;
#endif
}
