#include "commands.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/version.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/vocabulary.hpp>

namespace {

constexpr int run_time_error = 1;
constexpr int wrong_usage = 2;

/// The option of a command that is spelt most like an argument; empty where none is.
std::string nearest_option(const CLI::App& command, const std::string& argument) {
    if (!argument.starts_with("--")) return {};
    firth::Vocabulary names;
    for (const CLI::Option* const option : command.get_options()) {
        names.add(option->get_name());
    }
    const auto nearest = firth::nearest_spellings(names, argument.substr(0, argument.find('=')), 1);
    return nearest.empty() ? std::string() : nearest.front();
}

/// What CLI11 says, without the marks of `parse`, and with what helps.
std::string describe(const CLI::ParseError& error, const CLI::App& app) {
    const CLI::App* command = &app;
    std::string names;
    for (;;) {
        const std::vector<CLI::App*> chosen = command->get_subcommands();
        if (chosen.empty() || chosen.front()->get_name().empty()) break; // groups of options
        command = chosen.front();
        names += ' ' + command->get_name();
    }
    const bool surplus = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    std::string text = error.what();
    if (surplus && !names.empty()) {
        text = "not expected:";
        std::string meant;
        for (const std::string& argument : command->remaining()) {
            text += ' ' + argument;
            if (meant.empty()) meant = nearest_option(*command, argument);
        }
        if (!meant.empty()) text += ", did you mean " + meant + '?';
    }
    std::erase(text, '\x01');
    text += " (see firth" + names + " --help";
    const bool takes_words = command->get_option_no_throw("words") != nullptr;
    const bool lacks_words = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    if (takes_words && (surplus || lacks_words))
        text += "; words that begin with a dash come after --";
    return text + ')';
}

/// Says why the tool ends, on a line of its own.
int fail(const std::string& why, int code) {
    std::cerr << "firth: " << why << '\n';
    return code;
}

} // namespace

int run_commands(int argc, const char* const* argv, const std::vector<AddCommand>& commands) {
    CLI::App app{"Learns word vectors and classifiers from text, and answers questions about them.",
                 "firth"};
    const firth::Version version = firth::version;
    app.set_version_flag("--version", "firth " + std::to_string(version.major) + '.' +
                                          std::to_string(version.minor) + '.' +
                                          std::to_string(version.patch));
    app.require_subcommand(1);
    app.get_formatter()->label("UINT", "NUMBER");
    app.get_formatter()->label("FLOAT", "NUMBER");
    for (const AddCommand add : commands) {
        add(app);
    }
    try {
        firth::simd::select_arch();
        parse(app, argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() != 0) return fail(describe(error, app), wrong_usage);
        static_cast<void>(app.exit(error)); // prints the help, or the version
    } catch (const firth::OptionError& error) {
        return fail(error.what(), wrong_usage);
    } catch (const Stopped& stopped) {
        return fail(stopped.message, 128 + stopped.signal);
    } catch (const std::bad_alloc&) {
        return fail("not enough memory", run_time_error);
    } catch (const std::exception& error) {
        return fail(error.what(), run_time_error);
    }
    if (!std::cout.flush()) return fail("cannot write to standard output", run_time_error);
    return 0;
}
