#include "commands.hpp"

#include <firth/io/load.hpp>

namespace {

/// Says on standard error what was odd about a file that was read.
void warn_of(const firth::ReadReport& report, const std::string& path) {
    if (report.duplicates != 0) {
        std::cerr << "firth: warning: " << path << " holds " << report.duplicates
                  << " rows for words that had one already, such as \"" << report.first_duplicate
                  << "\"; the first of each is kept\n";
    }
    if (report.numbered) {
        std::cerr << "firth: warning: there are no words beside " << path
                  << ": its rows are named by their numbers\n";
    }
}

} // namespace

firth::WordVectors<float> load_vectors(const std::string& path, const firth::ReadOptions& options) {
    firth::ReadReport report;
    firth::WordVectors<float> vectors = firth::load(path, options, &report);
    warn_of(report, path);
    return vectors;
}

void add_format(CLI::App& command, std::optional<firth::VectorFormat>& format) {
    std::vector<std::string> names;
    for (const firth::FormatName& name : firth::format_names) {
        if (name.format != firth::VectorFormat::fasttext_binary) names.emplace_back(name.name);
    }
    command
        .add_option_function<std::string>(
            "--format",
            [&format](const std::string& chosen) {
                for (const firth::FormatName& name : firth::format_names) {
                    if (name.name == chosen) format = name.format;
                }
            },
            "format of the output")
        ->check(CLI::IsMember(names))
        ->default_str("by the output's name");
}

void save_vectors(const firth::WordVectors<float>& vectors, const std::string& path,
                  const firth::SaveOptions& options) {
    firth::save(vectors, path, options);
}

firth::VectorFormat format_of(const std::string& path) {
    return firth::file_format(path);
}

AskedVectors::AskedVectors(const std::string& path) {
    if (format_of(path) != firth::VectorFormat::fasttext_binary) {
        words_ = load_vectors(path);
        return;
    }
    firth::ReadReport report;
    model_ = firth::load_subwords(path, {}, &report);
    warn_of(report, path);
}

const firth::WordVectors<float>& AskedVectors::words() const {
    return model_ ? model_->words() : words_;
}

firth::OutOfVocabulary AskedVectors::unknown() const {
    return model_ ? firth::OutOfVocabulary::subwords(*model_) : firth::OutOfVocabulary::error();
}
