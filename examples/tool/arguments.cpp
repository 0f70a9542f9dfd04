#include "commands.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <firth/base/error.hpp>

// CLI11 sees lists in brackets, names of commands and "++" among values. A value is therefore
// handed to it with a mark in front, which is no part of any of them, and which the option that
// takes the value removes.

namespace {

constexpr char mark = '\x01';

void check_whole_number(const std::string& name, std::string_view text) {
    std::uint64_t value = 0;
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    const char* const end = digits.data() + digits.size();
    const std::from_chars_result parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec == std::errc() && parsed.ptr == end) return;
    const bool too_large = parsed.ec == std::errc::result_out_of_range && parsed.ptr == end;
    throw firth::OptionError(name + " is " + std::string(text) +
                             (too_large ? ", which is too large" : ", expected a whole number") +
                             (text.starts_with('-') ? " from 0 on" : ""));
}

void check_number(const std::string& name, const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (!text.empty() && end == text.c_str() + text.size() &&
        std::isfinite(static_cast<float>(value)))
        return;
    throw firth::OptionError(name + " is " + text + ", expected a number such as 0.05");
}

/// Removes the mark from a value of an option, and looks at what is there.
void take_value(const std::string& name, const std::string& type, std::string& value) {
    if (value.starts_with(mark)) {
        value.erase(0, 1);
    } else if (value.starts_with("--")) {
        throw firth::OptionError(name + " needs a value, and " + value +
                                 " follows; a value that begins with a dash is given as " + name +
                                 "=" + value);
    }
    // A word may be empty; a file, a number or a choice may not.
    if (value.empty() && name != "words") {
        throw firth::OptionError(name + " is empty, expected " +
                                 (type == "TEXT" ? "a name" : "a value"));
    }
    if (type.starts_with("UINT")) check_whole_number(name, value);
    if (type.starts_with("FLOAT")) check_number(name, value);
    if (type == "SIZE" && value.find_first_of("0123456789") != 0) {
        throw firth::OptionError(name + " is " + value + ", expected bytes, such as 4G");
    }
}

/// Every option that takes values, of a command and its groups, takes them by `take_value`.
void take_values(CLI::App& command) {
    for (CLI::Option* const option : command.get_options()) {
        if (option->get_type_size() == 0) continue; // a flag
        const std::string name = option->get_name();
        const std::string type = option->get_type_name();
        option->transform(CLI::Validator(
            [name, type](std::string& value) {
                take_value(name, type, value);
                return std::string();
            },
            ""));
    }
    for (CLI::App* const below : command.get_subcommands({})) {
        take_values(*below);
    }
}

/// The commands of the tool, or of one of its commands: groups of options are none.
std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    std::vector<const CLI::App*> commands;
    for (const CLI::App* const command : app.get_subcommands({})) {
        if (!command->get_name().empty()) commands.push_back(command);
    }
    return commands;
}

/// The command of this name.
const CLI::App* find_command(const CLI::App& app, const std::string& name) {
    std::string names;
    for (const CLI::App* const command : commands_of(app)) {
        if (command->get_name() == name) return command;
        names += (names.empty() ? "" : ", ") + command->get_name();
    }
    const std::string of = app.get_parent() == nullptr ? "" : ' ' + app.get_name();
    throw firth::OptionError('"' + name + "\" is no command" +
                             (of.empty() ? "" : " of firth" + of) + ", expected one of " + names +
                             " (see firth" + of + " --help)");
}

/// An argument after the command's name, with a mark where it is a value.
std::string marked(const std::string& argument, bool all_values) {
    if (all_values || argument.empty() || argument[0] != '-' || argument == "-") {
        return mark + argument;
    }
    const std::size_t equals = argument.find('=');
    if (argument.starts_with("--") && equals != argument.npos) {
        const std::string value = argument.substr(equals + 1);
        if (value.empty() || value[0] == '[' || value[0] == '-') {
            return argument.substr(0, equals + 1) + mark + value;
        }
    }
    return argument;
}

} // namespace

firth::SubwordOptions parse_subwords(const std::string& range) {
    const std::size_t dash = range.find('-');
    firth::SubwordOptions options;
    const auto number = [&](std::string_view text, std::uint32_t& value) {
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
        return code == std::errc() && end == text.data() + text.size();
    };
    const std::string_view text = range;
    if (dash == std::string::npos || !number(text.substr(0, dash), options.min_length) ||
        !number(text.substr(dash + 1), options.max_length)) {
        throw firth::OptionError("--subwords is \"" + range +
                                 "\", expected two numbers of characters such as 3-6");
    }
    return options;
}

void parse(CLI::App& app, int argc, const char* const* argv) {
    take_values(app);
    std::vector<std::string> arguments;
    // Names are expected as long as commands have commands of their own.
    const CLI::App* command = &app;
    bool all_values = false;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (!commands_of(*command).empty()) {
            if (!argument.starts_with('-')) command = find_command(*command, argument);
            arguments.push_back(argument);
        } else if (argument == "--" && !all_values) {
            all_values = true;
        } else {
            arguments.push_back(marked(argument, all_values));
        }
    }
    std::reverse(arguments.begin(), arguments.end()); // as CLI11 takes them
    app.parse(std::move(arguments));
}
