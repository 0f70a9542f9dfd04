#include "commands.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/text/text_blocks.hpp>

#include "encoder_arguments.hpp"

namespace {

/// What rows of texts are called.
enum class RowNames { number, line };

struct EncodeTextsArguments {
    CorpusArguments corpus; ///< the texts, and the options of an encoded corpus
    EncoderArguments encoder;
    std::string output;
    std::optional<firth::VectorFormat> format;
    firth::UnwritableWords unwritable = firth::UnwritableWords::refuse;
    RowNames names = RowNames::number;
    bool json = false;
    bool jsonl = false;
    bool quiet = false;

    std::vector<const CLI::Option*> of_corpus; ///< only an encoded corpus heeds them
    std::vector<const CLI::Option*> of_texts;  ///< only vectors of texts do
};

/// Throws where one of these options was given.
void refuse_given(const std::vector<const CLI::Option*>& options, const char* why) {
    for (const CLI::Option* const option : options) {
        if (option->count() != 0) throw firth::OptionError(option->get_name() + why);
    }
}

/// Calls `on_line(line)` for each line of the inputs, of standard input as it comes.
template <class OnLine>
void for_each_line(const std::vector<std::string>& inputs, OnLine&& on_line) {
    const auto put = [&](std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        on_line(line);
    };
    for (const std::string& input : inputs) {
        if (input == "-") {
            for (std::string line; std::getline(std::cin, line);) {
                put(line);
            }
            if (std::cin.bad()) throw firth::IoError("cannot read standard input");
            continue;
        }
        firth::TextBlocks blocks(firth::list_files({input}), firth::TextBlocks::default_block_size,
                                 "\n");
        for (firth::TextBlock block; blocks.next(block);) {
            for (std::string_view rest = block.text; !rest.empty();) {
                const std::string_view line = rest.substr(0, rest.find('\n'));
                put(line);
                rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            }
        }
    }
}

void print_lines(const EncodeTextsArguments& arguments, const firth::SentenceEncoder& encoder) {
    std::vector<float> vector(encoder.dim());
    for_each_line(arguments.corpus.inputs, [&](std::string_view line) {
        encoder.encode(line, vector);
        nlohmann::json json{{"vector", vector}};
        if (encoder.is_cut(line)) json["cut"] = true;
        std::cout << json.dump() << std::endl; // a program may wait for the line
    });
}

void run_encode_texts(EncodeTextsArguments& arguments) {
    refuse_given(arguments.of_corpus, " is for an encoded corpus, and --model was given");
    if (arguments.corpus.inputs.empty()) arguments.corpus.inputs = {"-"};
    if (arguments.jsonl && !arguments.output.empty()) {
        throw firth::OptionError("--output was given, and --jsonl prints to standard output");
    }
    if (!arguments.jsonl && arguments.output.empty()) {
        throw firth::OptionError("nowhere to write vectors: expected --output or --jsonl");
    }
    std::vector<NamedFile> inputs = arguments.corpus.files();
    const std::string weights = arguments.encoder.model + "/model.safetensors";
    std::error_code none;
    if (std::filesystem::exists(weights, none)) inputs.push_back({"--model", weights});
    if (!arguments.jsonl) {
        check_files(inputs, vector_outputs("--output", arguments.output, arguments.format));
    }
    const firth::SentenceEncoder encoder = arguments.encoder.open();
    if (arguments.jsonl) return print_lines(arguments, encoder);

    std::vector<std::string> lines;
    for_each_line(arguments.corpus.inputs,
                  [&](std::string_view line) { lines.emplace_back(line); });
    if (lines.empty()) throw firth::Error("no texts to encode, expected a line each");
    std::vector<std::string_view> texts;
    firth::Vocabulary names;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool is_new =
            names.add(arguments.names == RowNames::line ? lines[i] : std::to_string(i + 1)).second;
        if (is_new) texts.emplace_back(lines[i]);
    }
    if (texts.size() != lines.size()) {
        std::cerr << "firth: warning: " << lines.size() - texts.size()
                  << " lines are there already, and have no row of their own\n";
    }
    const std::size_t cut = warn_of_cuts(encoder, texts);
    firth::EmbeddingTable<float> vectors =
        encode_with_progress(encoder, texts, arguments.corpus.vocabulary.threads, arguments.quiet);
    const std::size_t dim = vectors.dim();
    static_cast<void>(
        save_vectors({std::move(names), std::move(vectors)}, arguments.output,
                     {.format = arguments.format, .unwritable = arguments.unwritable}));
    if (arguments.json) {
        print_json(
            {{"output", arguments.output}, {"texts", texts.size()}, {"dim", dim}, {"cut", cut}});
        return;
    }
    std::cout << "wrote " << arguments.output << ": " << texts.size() << " x " << dim << '\n';
}

} // namespace

std::size_t warn_of_cuts(const firth::SentenceEncoder& encoder,
                         std::span<const std::string_view> texts) {
    std::size_t cut = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (encoder.is_cut(texts[i]) && cut++ == 0) first = i;
    }
    if (cut != 0) {
        std::cerr << "firth: warning: " << cut << " of " << texts.size() << " texts have more than "
                  << encoder.max_tokens()
                  << " tokens, and what comes after these does not count; the first is text "
                  << first + 1 << '\n';
    }
    return cut;
}

firth::EmbeddingTable<float> encode_with_progress(const firth::SentenceEncoder& encoder,
                                                  std::span<const std::string_view> texts,
                                                  std::size_t threads, bool quiet) {
    firth::EmbeddingTable<float> vectors(texts.size(), encoder.dim());
    firth::ProgressMeter meter(progress_printer(quiet, "texts"));
    const std::size_t share = 64 * 4 * firth::resolve_threads(threads);
    for (std::size_t begin = 0; begin < texts.size(); begin += share) {
        const std::size_t count = std::min(share, texts.size() - begin);
        const firth::EmbeddingTable<float> part =
            firth::encode_texts(encoder, texts.subspan(begin, count), threads);
        for (std::size_t i = 0; i < count; ++i) {
            std::ranges::copy(part[i], vectors[begin + i].begin());
        }
        meter.report({.done = begin + count, .total = texts.size()}, begin + count == texts.size());
    }
    return vectors;
}

void add_encode_command(CLI::App& app) {
    auto arguments = std::make_shared<EncodeTextsArguments>();
    CLI::App* const command = app.add_subcommand(
        "encode", "Vectors of texts by a --model, or an encoded corpus to train on many times");
    command->option_defaults()->always_capture_default();
    arguments->corpus.add_to(*command);
    CLI::Option* const output =
        command->add_option("--output", arguments->output, "where the vectors or the corpus go");
    output->default_str("");
    CLI::Option* const model =
        command->add_option("--model", arguments->encoder.model,
                            "folder of sentence-transformers: each line becomes a vector");
    model->default_str("");
    const std::size_t before_corpus = command->get_options().size();
    arguments->corpus.add_vocabulary_to(*command);
    const std::size_t after_corpus = command->get_options().size();
    command->add_option("--threads", arguments->corpus.vocabulary.threads,
                        "0: all of the machine's");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "say nothing of how far it is");
    const std::size_t before_texts = command->get_options().size();
    arguments->encoder.add_to(*command);
    add_format(*command, arguments->format);
    add_unwritable(*command, arguments->unwritable);
    add_choice(*command, "--names", arguments->names,
               {{"number", RowNames::number}, {"line", RowNames::line}},
               "what rows are called: the number of the line, from 1, or the line itself");
    command->add_flag("--jsonl", arguments->jsonl, "print an object a line, at once");
    const std::vector<const CLI::Option*> all = std::as_const(*command).get_options();
    const auto at = [&](std::size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
    arguments->of_corpus.assign(at(before_corpus), at(after_corpus));
    arguments->of_texts.assign(at(before_texts), all.end());
    command->callback([arguments, output] {
        if (!arguments->encoder.model.empty()) return run_encode_texts(*arguments);
        refuse_given(arguments->of_texts, " needs --model, the encoder of texts");
        if (arguments->corpus.inputs.empty()) throw CLI::RequiredError("--input");
        if (output->count() == 0) throw CLI::RequiredError("--output");
        encode_corpus(arguments->corpus, arguments->output, arguments->json, arguments->quiet);
    });
}
