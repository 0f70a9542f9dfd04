#pragma once

#include <cstddef>
#include <memory>
#include <streambuf>
#include <string>

/// What the tool's two streams need on a terminal. While it lives,
/// - control characters that are written to standard output or error, where that is a terminal,
///   are shown as "\x1b": a word of a file must not give orders to it;
/// - what is written begins on a line of its own, after a progress line that is being drawn;
/// - descriptors 0 to 2 are open, so that no file that is opened can be taken for one of them.
class Terminal {
public:
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    /// True where standard error is a terminal.
    [[nodiscard]] static bool draws();

    /// The number of columns of that terminal.
    [[nodiscard]] static std::size_t columns();

    /// Draws a line over the one that was drawn before.
    static void draw(const std::string& line);

    /// Ends the line that is being drawn, if there is one.
    static void end_line();

private:
    class Escaping;
    std::streambuf* output_; ///< standard output's own
    std::unique_ptr<Escaping> out_;
    std::unique_ptr<Escaping> error_;
};

/// True where descriptor `a` and standard output are the same open pipe, terminal or file.
bool is_standard_output(int descriptor);
