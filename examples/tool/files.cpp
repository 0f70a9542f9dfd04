#include "commands.hpp"

#include <algorithm>
#include <filesystem>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/output_place.hpp>
#include <firth/io/save.hpp>
#include <firth/text/text_blocks.hpp>

namespace {

namespace fs = std::filesystem;

/// A path by which the system finds the file.
std::string path_of(const std::string& path, const char* standard_stream) {
    return path == "-" ? standard_stream : path;
}

/// True for two paths of one regular file.
bool are_one_file(const std::string& a, const std::string& b) {
    std::error_code code;
    return fs::is_regular_file(a, code) && fs::is_regular_file(b, code) &&
           fs::equivalent(a, b, code);
}

/// The place of a file that need not be there, without links.
fs::path plain_path(const std::string& path) {
    std::error_code code;
    fs::path plain = fs::weakly_canonical(fs::absolute(path), code);
    return code ? fs::absolute(path).lexically_normal() : plain;
}

/// True where a text in `folder` and below it would be read at this path, see `list_files`.
bool lies_in(const std::string& path, const std::string& folder) {
    const fs::path below = plain_path(path).lexically_relative(plain_path(folder));
    return !below.empty() && *below.begin() != ".." &&
           std::none_of(below.begin(), below.end(), [](const fs::path& part) {
               return part != "." && part.string().starts_with('.');
           });
}

/// Throws where an output is an input, or lies in one.
void check_input(const NamedFile& input, const NamedFile& output, const std::string& target) {
    const std::string path = path_of(input.path, "/dev/stdin");
    std::error_code code;
    const auto refuse = [&](const std::string& how) {
        throw firth::OptionError(output.name + ' ' + output.path + ' ' + how + ' ' + input.name +
                                 ' ' + input.path + ", expected a different file");
    };
    if (!fs::is_directory(path, code)) {
        if (are_one_file(path, target)) refuse("is the same file as");
        return;
    }
    if (lies_in(target, path)) refuse("lies in the folder of");
    if (!fs::is_regular_file(target, code)) return;
    for (const std::string& file : firth::list_files({path})) {
        if (are_one_file(file, target)) refuse("is the same file as " + file + " in");
    }
}

} // namespace

void check_files(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
    std::vector<std::string> targets;
    for (const NamedFile& output : outputs) {
        const firth::OutputPlace place = firth::find_output(output.path);
        targets.push_back(place.descriptor < 0 ? place.target
                                               : "/dev/fd/" + std::to_string(place.descriptor));
        for (const NamedFile& input : inputs) {
            if (!input.path.empty()) check_input(input, output, targets.back());
        }
        for (std::size_t i = 0; i + 1 < targets.size(); ++i) {
            const bool named = place.descriptor < 0 && targets.back() != "/dev/null";
            const bool one = are_one_file(targets[i], targets.back()) ||
                             targets[i] == targets.back() ||
                             (named && plain_path(targets[i]) == plain_path(targets.back()));
            if (!one || targets[i] == "/dev/null") continue;
            throw firth::OptionError(output.name + ' ' + output.path + " is the same file as " +
                                     outputs[i].name + ' ' + outputs[i].path +
                                     ", expected a different file");
        }
    }
    for (const NamedFile& output : outputs) {
        firth::AtomicFile::check(output.path);
        const int descriptor = firth::find_output(output.path).descriptor;
        if (descriptor >= 0 && is_standard_output(descriptor)) {
            std::cout.rdbuf(std::cerr.rdbuf());
        }
    }
}

std::vector<NamedFile> vector_inputs(const std::string& name, const std::string& path) {
    std::vector<NamedFile> files{{name, path}};
    std::string beside;
    try {
        // Only rows that have no words of their own are read with a list of them.
        const auto words_file = firth::format_of_name(path).words_file;
        if (words_file != nullptr) beside = words_file(path);
    } catch (const firth::OptionError&) {
        return files; // an ending that tells nothing
    }
    std::error_code code;
    if (!beside.empty() && fs::exists(beside, code)) {
        files.push_back({"the word list of " + name, beside});
    }
    return files;
}

std::vector<NamedFile> vector_outputs(const std::string& name, const std::string& path,
                                      std::optional<firth::VectorFormat> format) {
    std::vector<NamedFile> files{{name, path}};
    if (path.empty()) return files;
    const firth::VectorFormat chosen = format ? *format : firth::format_of_name(path);
    if (chosen.words_file == nullptr) return files;
    if (firth::find_output(path).direct) {
        throw firth::OptionError("cannot write " + path + ": " + std::string(chosen.name) +
                                 " needs a second file beside it for the words, expected the name "
                                 "of a regular file, or another --format");
    }
    files.push_back({"the word list of " + name, chosen.words_file(path)});
    return files;
}

std::string folder_of(const std::string& output) {
    if (firth::find_output(output).direct) return fs::temp_directory_path().string();
    const std::string folder = fs::path(output).parent_path().string();
    return folder.empty() ? "." : folder;
}
