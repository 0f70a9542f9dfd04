#pragma once

#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <firth/base/config.hpp>
#include <firth/base/progress.hpp>
#include <firth/io/format.hpp>
#include <firth/io/read_options.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/text/read_corpus.hpp>

#include "terminal.hpp"

namespace firth {
FIRTH_BEGIN_UNPACKING
class VectorFile;
FIRTH_END_UNPACKING
} // namespace firth

/// The commands of the tool. Each adds itself to the command line; results go to standard output,
/// everything else to standard error.
void add_classify_commands(CLI::App& app);
void add_classify_tune(CLI::App& classify);
void add_count_command(CLI::App& app);
void add_demo_command(CLI::App& app);
void add_distill_command(CLI::App& app);
void add_encode_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_file_commands(CLI::App& app);
void add_query_commands(CLI::App& app);
void add_text_commands(CLI::App& app);
void add_tokenize_command(CLI::App& app);
void add_train_tokenizer_command(CLI::App& app);
void add_train_command(CLI::App& app);

using AddCommand = void (*)(CLI::App& app);

/// A program of these commands: does what the arguments ask for, and gives what `main` returns.
int run_commands(int argc, const char* const* argv, const std::vector<AddCommand>& commands);

/// Takes arguments as they are: every value of a command, brackets, names of commands and what
/// begins with a dash after "--" included. To be called with all commands added; throws as
/// `CLI::App::parse` does, and `OptionError` for a number that is none.
void parse(CLI::App& app, int argc, const char* const* argv);

/// A file of a command, and what the command line calls it: "--output".
struct NamedFile {
    std::string name;
    std::string path;
};

/// Looks at all files of a command before its work begins. Throws where an output has no name or
/// cannot be written, is one of the inputs or another output (by another path or a link, too), or
/// lies in a folder that is an input. Where an output is standard output, what the tool prints goes
/// to standard error from here on.
void check_files(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs);

/// The files that vectors are read from: the file itself, and words that lie beside it.
std::vector<NamedFile> vector_inputs(const std::string& name, const std::string& path);

/// The files that vectors are written to. Throws `OptionError` where two of them would go to
/// standard output.
std::vector<NamedFile> vector_outputs(const std::string& name, const std::string& path,
                                      std::optional<firth::VectorFormat> format);

/// Appends files to others.
inline void append(std::vector<NamedFile>& files, std::vector<NamedFile> more) {
    for (NamedFile& file : more) {
        files.push_back(std::move(file));
    }
}

/// The folder for temporary files of a command: that of its output, or the system's where the
/// output is no regular file.
std::string folder_of(const std::string& output);

/// Draws progress: a bar on a terminal, a line every five seconds elsewhere.
firth::ProgressCallback progress_printer(bool quiet, const std::string& unit = "words");

/// While it lives, SIGINT and SIGTERM are only noted, and stop what goes by `progress`; a second
/// one ends the tool at once. One that was ignored when the tool began stays ignored.
class SignalsNoted {
public:
    SignalsNoted();
    SignalsNoted(const SignalsNoted&) = delete;
    SignalsNoted& operator=(const SignalsNoted&) = delete;
    ~SignalsNoted();

    /// The signal that came, or 0.
    [[nodiscard]] static int signal() noexcept;

    /// Passes progress on, and cancels once a signal has come.
    [[nodiscard]] static firth::ProgressCallback progress(firth::ProgressCallback print);

private:
    void (*on_int_)(int);
    void (*on_term_)(int);
};

/// Reads vectors of any format, and warns of what is odd about them.
firth::WordVectors<float> load_vectors(const std::string& path,
                                       const firth::ReadOptions& options = {});
firth::WordVectors<float> load_vectors(const firth::VectorFile& file,
                                       const firth::ReadOptions& options = {});

/// Writes vectors to a file, and warns of what it lacks.
firth::SaveReport save_vectors(const firth::WordVectors<float>& vectors, const std::string& path,
                               const firth::SaveOptions& options);

/// Vectors to ask, with those of n-grams where the file has them.
class AskedVectors {
public:
    explicit AskedVectors(const std::string& path);

    [[nodiscard]] const firth::WordVectors<float>& words() const;

    /// What to do with unknown words.
    [[nodiscard]] firth::OutOfVocabulary unknown() const;

private:
    std::optional<firth::SubwordVectors> model_;
    firth::WordVectors<float> words_;
};

/// An option --format with the formats that can be written, and more of them.
void add_format(CLI::App& command, std::optional<firth::VectorFormat>& format,
                const std::vector<firth::VectorFormat>& more = {});

/// An option --unwritable: what is done with words that the format cannot hold.
void add_unwritable(CLI::App& command, firth::UnwritableWords& policy);

/// Reads lengths of n-grams such as "3-6". Throws `OptionError`.
firth::SubwordOptions parse_subwords(const std::string& range);

/// Names the files of a folder that were left out, some of many.
void report_skipped(const std::vector<firth::SkippedFile>& skipped, bool quiet);

/// Which texts a command reads, and how.
struct CorpusArguments {
    std::vector<std::string> inputs;
    std::string cache;     ///< a folder; empty: none
    std::string tokenizer; ///< a file, of which the pieces are the words; empty: none
    std::string pattern;   ///< of the tokenizer, where its file says none
    firth::VocabularyOptions vocabulary;

    CLI::Option* add_to(CLI::App& command);
    void add_vocabulary_to(CLI::App& command);
    void add_cache_to(CLI::App& command);

    /// Throws `OptionError` for an option given in vain: an encoded corpus heeds none of those that
    /// say how a text is encoded.
    void check_heeded() const;

    /// All that is read.
    [[nodiscard]] std::vector<NamedFile> files() const;

    /// The texts of all inputs, and what folders hold that is none: looked for once.
    [[nodiscard]] const std::vector<std::string>& texts() const;
    [[nodiscard]] const std::vector<firth::SkippedFile>& skipped() const;

    /// The file that `OpenedCorpus` will make for the time of the work; empty: none.
    [[nodiscard]] std::string encoded_beside(const std::string& output) const;

    /// The same and the cache, for `check_files`.
    [[nodiscard]] std::vector<NamedFile> outputs(const std::string& output) const;

private:
    std::vector<const CLI::Option*> encoding_; ///< say how a text is encoded
    mutable std::optional<std::vector<std::string>> texts_;
    mutable std::vector<firth::SkippedFile> skipped_;
};

/// Writes texts as an encoded corpus.
void encode_corpus(const CorpusArguments& arguments, const std::string& output, bool json,
                   bool quiet);

/// The corpus of a command: encoded in memory, or on disk where the texts are large. What lies
/// beside the output is removed in the end.
class OpenedCorpus {
public:
    OpenedCorpus(const CorpusArguments& arguments, const std::string& output);
    OpenedCorpus(const OpenedCorpus&) = delete;
    OpenedCorpus& operator=(const OpenedCorpus&) = delete;
    ~OpenedCorpus();

    /// Says on standard error how much was read.
    void report(bool quiet) const;

    firth::EncodedCorpus corpus;
    bool keep_file = false; ///< for a command that will go on later

private:
    std::string file_; ///< beside the output; empty: none
};

/// Thrown where a signal stopped a command.
struct Stopped {
    int signal = 0;
    std::string message;
};

/// An option that is one of several words.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& name, T& value,
                        const std::map<std::string, T>& choices, const std::string& what) {
    std::string shown;
    std::vector<std::string> words;
    for (const auto& [choice, meaning] : choices) {
        if (meaning == value) shown = choice;
        words.push_back(choice);
    }
    return command
        .add_option_function<std::string>(
            name, [&value, choices](const std::string& chosen) { value = choices.at(chosen); },
            what)
        ->check(CLI::IsMember(words))
        ->default_str(shown);
}

/// Prints one JSON object. Bytes that are not UTF-8 become U+FFFD, since JSON knows no others.
inline void print_json(const nlohmann::json& object) {
    std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}
