#include "commands.hpp"

#include <csignal>

#include <firth/base/progress_line.hpp>

namespace {

volatile std::sig_atomic_t noted_signal = 0;

extern "C" void note_signal(int signal) {
    if (noted_signal != 0) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    noted_signal = signal;
}

/// Notes a signal from here on, and returns what was done with it before.
void (*note(int signal))(int) {
    void (*const before)(int) = std::signal(signal, note_signal);
    if (before == SIG_IGN) std::signal(signal, SIG_IGN);
    return before;
}

} // namespace

SignalsNoted::SignalsNoted() : on_int_(note(SIGINT)), on_term_(note(SIGTERM)) {}

SignalsNoted::~SignalsNoted() {
    std::signal(SIGINT, on_int_);
    std::signal(SIGTERM, on_term_);
}

int SignalsNoted::signal() noexcept {
    return noted_signal;
}

firth::ProgressCallback SignalsNoted::progress(firth::ProgressCallback print) {
    return [print = std::move(print)](const firth::Progress& now) {
        return (!print || print(now)) && noted_signal == 0;
    };
}

firth::ProgressCallback progress_printer(bool quiet, const std::string& unit) {
    if (quiet) return {};
    if (Terminal::draws()) {
        return [unit](const firth::Progress& progress) {
            // A character in the last column makes some terminals begin a new line.
            Terminal::draw(firth::progress_line(
                progress, {.unit = unit, .columns = Terminal::columns() - 1, .bar = 30}));
            if (progress.done == progress.total) Terminal::end_line();
            return true;
        };
    }
    return [unit, last = 0.0](const firth::Progress& progress) mutable {
        const bool ended = progress.done == progress.total && last > 0; // short work says nothing
        if (progress.seconds - last >= 5 || ended) {
            last = progress.seconds;
            std::cerr << firth::progress_line(progress, {.unit = unit}) << '\n';
        }
        return true;
    };
}
