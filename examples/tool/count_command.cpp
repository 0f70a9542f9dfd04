#include "train_arguments.hpp"

#include <firth/base/mapped_file.hpp>
#include <firth/base/section_file.hpp>
#include <firth/corpus/cooccurrence_file.hpp>
#include <firth/io/vocabulary_text.hpp>

namespace {

struct CountCommandArguments {
    CorpusArguments corpus;
    CountArguments counts;
    std::string output;
    bool glove = false;
    bool vocabulary_given = false;
    bool json = false;
    bool quiet = false;
};

void run_count(CountCommandArguments& arguments) {
    const firth::Stopwatch watch;
    const std::string& vocabulary = arguments.counts.vocabulary;
    std::vector<NamedFile> outputs{{"--output", arguments.output}};
    if (arguments.vocabulary_given) outputs.push_back({"--vocab", vocabulary});
    append(outputs, arguments.corpus.outputs(arguments.output));
    check_files(arguments.corpus.files(), outputs);
    const firth::CountedCorpus counted =
        counted_corpus(arguments.counts, arguments.corpus, arguments.output, arguments.quiet);
    const double seconds = watch.seconds();
    if (arguments.glove) {
        firth::write_glove_cooccurrences(counted.counts, arguments.output);
    } else {
        firth::write_cooccurrences(counted.vocabulary, counted.counts, arguments.output);
    }
    if (arguments.vocabulary_given) firth::write_vocabulary_text(counted.vocabulary, vocabulary);
    if (arguments.json) {
        print_json({{"count_seconds", seconds},
                    {"total_seconds", watch.seconds()},
                    {"symbols", counted.counts.rows()},
                    {"counts", counted.counts.size()},
                    {"window", arguments.counts.options.window},
                    {"output", arguments.output}});
    } else {
        std::cout << "wrote " << arguments.output << ": " << counted.counts.size() << " counts of "
                  << counted.counts.rows() << " words\n";
    }
}

} // namespace

void CountArguments::add_to(CLI::App& command) {
    add_choice(command, "--context", options.sides,
               {{"both", firth::ContextSides::both},
                {"left", firth::ContextSides::left},
                {"right", firth::ContextSides::right}},
               "which neighbours of a word are its contexts");
    add_choice(command, "--context-weight", options.weight,
               {{"distance", firth::ContextWeight::inverse_distance},
                {"uniform", firth::ContextWeight::uniform}},
               "what a context counts: 1 / distance, or 1");
    command
        .add_option("--memory", options.memory,
                    "bytes for counts, such as 4G; what is more goes to temporary files")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->type_name("SIZE")
        ->default_str("4G");
}

firth::CountedCorpus counted_corpus(const CountArguments& arguments, CorpusArguments& corpus,
                                    const std::string& output, bool quiet) {
    firth::CooccurrenceOptions options = arguments.options;
    firth::check_options(options);
    options.folder = folder_of(output);
    if (!arguments.counts.empty()) {
        if (firth::is_section_file(firth::MappedFile(arguments.counts).bytes())) {
            if (!arguments.vocabulary.empty()) {
                throw firth::OptionError("--vocab was given, and " + arguments.counts +
                                         " holds its words itself");
            }
            return firth::open_cooccurrences(arguments.counts);
        }
        if (arguments.vocabulary.empty()) {
            throw firth::OptionError(arguments.counts +
                                     " holds no words, expected --vocab with the "
                                     "vocab.txt that belongs to it");
        }
        firth::CountedCorpus result;
        result.vocabulary = firth::read_vocabulary_text(arguments.vocabulary);
        result.counts = firth::read_glove_cooccurrences(arguments.counts, result.vocabulary.size(),
                                                        options.memory, options.folder);
        return result;
    }
    corpus.vocabulary.threads = options.threads;
    OpenedCorpus opened(corpus, output);
    opened.report(quiet);
    const SignalsNoted noted;
    firth::CountedCorpus result{opened.corpus.vocabulary, {}};
    result.counts = firth::count_cooccurrences(opened.corpus, options,
                                               SignalsNoted::progress(progress_printer(quiet)));
    if (SignalsNoted::signal() != 0) {
        throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
    }
    return result;
}

void add_count_command(CLI::App& app) {
    auto arguments = std::make_shared<CountCommandArguments>();
    CLI::App* command =
        app.add_subcommand("cooccur", "Count which words of a text stand near each other");
    command->option_defaults()->always_capture_default();
    arguments->corpus.add_to(*command)->required();
    command->add_option("--output", arguments->output, "where the counts go")->required();
    add_choice(*command, "--format", arguments->glove, {{"firth", false}, {"glove", true}},
               "format of the output: with words, or GloVe's cooccurrence.bin");
    command->add_option("--vocab", arguments->counts.vocabulary,
                        "write the words and their counts here, as GloVe's vocab.txt");
    command->add_option("--window", arguments->counts.options.window,
                        "most words of context on either side");
    arguments->counts.add_to(*command);
    arguments->corpus.add_vocabulary_to(*command);
    arguments->corpus.add_cache_to(*command);
    command->add_option("--threads", arguments->counts.options.threads, "0: all of the machine's");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments, command] {
        arguments->corpus.check_heeded();
        arguments->vocabulary_given = command->count("--vocab") != 0;
        run_count(*arguments);
    });
}
