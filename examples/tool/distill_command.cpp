#include "commands.hpp"

#include <filesystem>
#include <memory>
#include <system_error>

#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/encode/distill_static.hpp>
#include <firth/encode/sentence_encoder_file.hpp>
#include <firth/encode/static_encoder_file.hpp>

namespace {

struct DistillArguments {
    std::string model;
    std::string output;
    firth::DistillOptions options{.threads = 0};
    bool json = false;
    bool quiet = false;
};

void run_distill(DistillArguments& arguments) {
    const firth::SentenceEncoder encoder = firth::read_sentence_encoder(arguments.model);
    std::error_code code;
    std::filesystem::create_directories(arguments.output, code);
    if (code)
        throw firth::IoError("cannot make the folder " + arguments.output + ": " + code.message());
    check_files({{"--model", arguments.model}},
                {{"--output", (std::filesystem::path(arguments.output) / "config.json").string()}});
    const firth::Stopwatch watch;
    const SignalsNoted noted;
    arguments.options.progress =
        SignalsNoted::progress(progress_printer(arguments.quiet, "tokens"));
    const auto distilled = [&] {
        try {
            return firth::distill_static(encoder, arguments.options);
        } catch (const firth::Error&) {
            if (SignalsNoted::signal() == 0) throw;
            throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
        }
    };
    const firth::StaticEncoder made = distilled();
    firth::write_static_encoder(made, arguments.output);
    if (arguments.json) {
        print_json({{"output", arguments.output},
                    {"tokens", made.table().rows()},
                    {"dim", made.dim()},
                    {"seconds", watch.seconds()}});
        return;
    }
    std::cout << "wrote " << arguments.output << ": " << made.table().rows() << " tokens of dim "
              << made.dim() << '\n';
}

} // namespace

void add_distill_command(CLI::App& app) {
    const auto arguments = std::make_shared<DistillArguments>();
    CLI::App* const command = app.add_subcommand(
        "distill", "Make a static model, which needs no transformer, of one that has one");
    command->option_defaults()->always_capture_default();
    command
        ->add_option("--model", arguments->model,
                     "a folder of sentence-transformers, or of Hugging Face's BERT and kin")
        ->required();
    command
        ->add_option("--output", arguments->output, "the folder of the result, as model2vec's are")
        ->required();
    command->add_option("--dim", arguments->options.dim,
                        "principal components; 0: rows stay as they are");
    add_choice(*command, "--weights", arguments->options.weights,
               {{"zipf", firth::DistilledWeights::zipf}, {"none", firth::DistilledWeights::none}},
               "less of frequent tokens, as Zipf's law has them, or all alike");
    command->add_option("--a", arguments->options.a, "zipf: a token of share p weighs a / (a + p)");
    command->add_option("--threads", arguments->options.threads, "0: all of the machine's");
    command->add_flag("--json", arguments->json, "print the result as one JSON object");
    command->add_flag("--quiet", arguments->quiet, "show no progress");
    command->callback([arguments] { run_distill(*arguments); });
}
