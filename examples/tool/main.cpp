#include "commands.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <iomanip>
#include <memory>
#include <new>
#include <sstream>

#include <firth/base/error.hpp>
#include <firth/base/version.hpp>
#include <firth/simd/dispatch.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
static bool is_terminal() {
    return ::isatty(STDERR_FILENO) == 1;
}
#else
static bool is_terminal() {
    return false;
}
#endif

namespace {

constexpr int run_time_error = 1;
constexpr int wrong_usage = 2;

std::string describe(const firth::Progress& progress, const std::string& unit) {
    std::ostringstream text;
    const double share = progress.total == 0 ? 1.0
                                             : static_cast<double>(progress.done) /
                                                   static_cast<double>(progress.total);
    text << std::fixed << std::setprecision(0) << std::setw(3) << 100 * share << " %";
    if (progress.epochs != 0) text << "  epoch " << progress.epoch << '/' << progress.epochs;
    text << std::setprecision(2) << "  " << progress.rate / 1e6 << "M " << unit << "/s";
    if (progress.loss) text << "  loss " << std::setprecision(4) << *progress.loss;
    text << std::setprecision(0) << "  " << progress.seconds_left << " s left";
    return text.str();
}

volatile std::sig_atomic_t noted_signal = 0;

extern "C" void note_signal(int signal) {
    noted_signal = signal;
}

} // namespace

SignalsNoted::SignalsNoted()
    : on_int_(std::signal(SIGINT, note_signal)), on_term_(std::signal(SIGTERM, note_signal)) {}

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
    if (is_terminal()) {
        return [unit](const firth::Progress& progress) {
            constexpr std::size_t width = 30;
            const std::size_t filled =
                progress.total == 0 ? width : width * progress.done / progress.total;
            std::cerr << "\r[" << std::string(filled, '=') << std::string(width - filled, ' ')
                      << "] " << describe(progress, unit) << "\x1B[K";
            if (progress.done == progress.total) std::cerr << '\n';
            std::cerr.flush();
            return true;
        };
    }
    return [unit, last = -5.0](const firth::Progress& progress) mutable {
        if (progress.seconds - last >= 5 || progress.done == progress.total) {
            last = progress.seconds;
            std::cerr << describe(progress, unit) << '\n';
        }
        return true;
    };
}

int main(int argc, char** argv) {
    CLI::App app{"Learns word vectors from text and answers questions about them.", "firth"};
    const firth::Version version = firth::version;
    app.set_version_flag("--version", "firth " + std::to_string(version.major) + '.' +
                                          std::to_string(version.minor) + '.' +
                                          std::to_string(version.patch));
    app.require_subcommand(1);
    add_demo_command(app);
    add_count_command(app);
    add_train_command(app);
    add_query_commands(app);
    add_eval_command(app);
    add_file_commands(app);
    add_text_commands(app);
    try {
        firth::simd::select_arch();
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << "firth: " << error.what() << " (see firth --help)\n";
        return wrong_usage;
    } catch (const firth::OptionError& error) {
        std::cerr << "firth: " << error.what() << '\n';
        return wrong_usage;
    } catch (const Stopped& stopped) {
        std::cerr << "firth: " << stopped.message << '\n';
        return 128 + stopped.signal;
    } catch (const std::bad_alloc&) {
        std::cerr << "firth: not enough memory\n";
        return run_time_error;
    } catch (const std::exception& error) {
        std::cerr << "firth: " << error.what() << '\n';
        return run_time_error;
    }
    if (!std::cout.flush()) {
        std::cerr << "firth: cannot write to standard output\n";
        return run_time_error;
    }
    return 0;
}
