#include "commands.hpp"

#include <firth/io/formats.hpp>
#include <firth/io/load.hpp>
#include <firth/io/save.hpp>

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
    if (report.byte_order_mark) {
        std::cerr << "firth: warning: the text of " << path
                  << " begins with a byte-order mark, which is passed over\n";
    }
}

/// Says on standard error what a file lacks that was written.
void warn_of(const firth::SaveReport& report, const std::string& path) {
    if (report.skipped != 0) {
        std::cerr << "firth: warning: " << report.skipped << " rows were left out of " << path
                  << ", whose format cannot hold their words, such as \"" << report.first_unwritable
                  << "\"\n";
    }
    if (report.replaced != 0) {
        std::cerr << "firth: warning: " << report.replaced << " words of " << path
                  << " were changed to what its format can hold, such as \""
                  << report.first_unwritable << "\" to \"" << report.first_replacement << "\"\n";
    }
    if (report.scales_lost) {
        std::cerr << "firth: warning: " << path
                  << " holds int8 codes without their scales: vectors keep their direction, not "
                     "their length (firth and safetensors keep both)\n";
    }
}

} // namespace

firth::WordVectors<float> load_vectors(const std::string& path, const firth::ReadOptions& options) {
    return load_vectors(firth::VectorFile(path), options);
}

firth::WordVectors<float> load_vectors(const firth::VectorFile& file,
                                       const firth::ReadOptions& options) {
    firth::ReadReport report;
    firth::WordVectors<float> vectors = firth::load(file, options, &report);
    warn_of(report, file.path());
    return vectors;
}

void add_format(CLI::App& command, std::optional<firth::VectorFormat>& format,
                const std::vector<firth::VectorFormat>& more) {
    std::vector<firth::VectorFormat> formats(std::begin(firth::KnownFormats::written),
                                             std::end(firth::KnownFormats::written));
    formats.insert(formats.end(), more.begin(), more.end());
    std::vector<std::string> names;
    for (const firth::VectorFormat& known : formats) {
        names.emplace_back(known.name);
    }
    command
        .add_option_function<std::string>(
            "--format",
            [&format, formats](const std::string& chosen) {
                for (const firth::VectorFormat& known : formats) {
                    if (known.name == chosen) format = known;
                }
            },
            "format of the output")
        ->check(CLI::IsMember(names))
        ->default_str("by the output's name");
}

firth::SaveReport save_vectors(const firth::WordVectors<float>& vectors, const std::string& path,
                               const firth::SaveOptions& options) {
    firth::SaveReport report = firth::save(vectors, path, options);
    warn_of(report, path);
    return report;
}

void add_unwritable(CLI::App& command, firth::UnwritableWords& policy) {
    add_choice(command, "--unwritable", policy,
               {{"refuse", firth::UnwritableWords::refuse},
                {"skip", firth::UnwritableWords::skip},
                {"replace", firth::UnwritableWords::replace}},
               "words that the output's format cannot hold: an error, rows left out, or \"_\" for "
               "what does not fit");
}

AskedVectors::AskedVectors(const std::string& path) {
    const firth::VectorFile file(path);
    if (!firth::has_subwords(file)) {
        words_ = load_vectors(file);
        return;
    }
    firth::ReadReport report;
    model_ = firth::load_subwords(file, {}, &report);
    warn_of(report, file.path());
}

const firth::WordVectors<float>& AskedVectors::words() const {
    return model_ ? model_->words() : words_;
}

firth::OutOfVocabulary AskedVectors::unknown() const {
    return model_ ? firth::OutOfVocabulary::subwords(*model_) : firth::OutOfVocabulary::error();
}
