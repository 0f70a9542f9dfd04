#include "classify_arguments.hpp"

#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/encode/classifier.hpp>
#include <firth/encode/classifier_file.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/io/fasttext_quantized.hpp>
#include <firth/math/classification_scores.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/train/classify/train_classifier.hpp>

namespace {

struct ClassifyTrainArguments : ClassifyLearnArguments {
    std::string vectors;
    std::optional<firth::SubwordOptions> subwords;
    std::uint32_t buckets = firth::SubwordOptions().buckets;
    firth::ClassifierOptions options;
};

void train_classifier(ClassifyTrainArguments& arguments, const CLI::App& command) {
    const firth::Stopwatch watch;
    firth::ClassifierOptions& options = arguments.options;
    if (arguments.subwords) options.characters = *arguments.subwords;
    options.characters.buckets = arguments.buckets;
    if (command.count("--patience") != 0 && arguments.validation.empty()) {
        throw firth::OptionError("--patience was given without --validation, to which it belongs");
    }
    if (command.count("--buckets") != 0 && !arguments.subwords && options.word_ngrams == 1) {
        throw firth::OptionError("--buckets was given, and without --subwords or --word-ngrams "
                                 "there are no n-grams");
    }
    arguments.check_heeded(command, options);
    firth::check_options(options);
    arguments.check_files({{"--vectors", arguments.vectors}});

    std::optional<firth::WordVectors<float>> start;
    if (!arguments.vectors.empty()) {
        start = load_vectors(arguments.vectors);
        if (command.count("--dim") != 0 && options.dim != start->dim()) {
            throw firth::OptionError("--dim is " + std::to_string(options.dim) +
                                     ", and the vectors of " + arguments.vectors + " have " +
                                     std::to_string(start->dim()) +
                                     " elements, expected the same or no --dim");
        }
        options.dim = start->dim();
        options.start = &*start;
        arguments.reading.known = &start->vocabulary();
    }
    const firth::LabelledTexts texts = arguments.read(command, options);
    firth::check_options(options);
    firth::LabelledTexts validation;
    if (!arguments.validation.empty()) {
        validation = arguments.read_validation(texts);
        options.validation = &validation.corpus;
    }
    const bool ngrams = arguments.subwords || options.word_ngrams > 1;
    if (!firth::is_native_name(arguments.output)) {
        firth::check_fasttext_size(arguments.output, texts.corpus.words().size(),
                                   texts.corpus.labels().size(), ngrams ? arguments.buckets : 0,
                                   options.dim);
    }
    firth::TrainedClassifier trained;
    {
        const SignalsNoted noted;
        trained = firth::train_classifier(
            texts.corpus, options,
            SignalsNoted::progress(progress_printer(arguments.quiet, "words")));
    }
    if (trained.stats.cancelled) {
        throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
    }
    trained.model.label_prefix = arguments.label_prefix();
    firth::write_classifier(arguments.output, trained.model, arguments.said(options));
    const double rate = trained.stats.seconds > 0
                            ? static_cast<double>(trained.stats.steps) / trained.stats.seconds
                            : 0.0;
    if (arguments.json) {
        nlohmann::json json{{"examples", texts.corpus.size()},
                            {"labels", trained.model.labels.size()},
                            {"words", trained.model.words.size()},
                            {"ngrams", trained.model.buckets.size()},
                            {"dim", trained.model.dim()},
                            {"unlabelled_lines", texts.unlabelled_lines},
                            {"empty_lines", texts.empty_lines},
                            {"epoch_loss", trained.stats.epoch_loss},
                            {"loss", trained.stats.loss()},
                            {"words_per_second", rate},
                            {"train_seconds", trained.stats.seconds},
                            {"total_seconds", watch.seconds()},
                            {"seed", options.seed},
                            {"output", arguments.output}};
        if (options.validation != nullptr) {
            json["validation"] = trained.validation;
            json["best_epoch"] = trained.best_epoch;
        }
        print_json(json);
    } else {
        std::cout << "wrote " << arguments.output << ": " << trained.model.labels.size()
                  << " labels, " << trained.model.words.size() << " words, "
                  << trained.model.buckets.size() << " n-grams, loss " << trained.stats.loss()
                  << ", " << watch.seconds() << " s in all\n";
    }
}

void add_train(CLI::App& classify) {
    auto arguments = std::make_shared<ClassifyTrainArguments>();
    CLI::App* command = classify.add_subcommand("train", "Learn to classify from labelled lines");
    command->option_defaults()->always_capture_default();
    firth::ClassifierOptions& options = arguments->options;
    arguments->add_to(*command, options, "the epoch that is best on them is kept");
    command->add_option("--patience", options.patience,
                        "with --validation: epochs without a better one before the end");
    command->add_option("--dim", options.dim, "length of a vector");
    command->add_option("--word-ngrams", options.word_ngrams, "n-grams of up to so many words");
    command
        ->add_option_function<std::string>(
            "--subwords",
            [arguments](const std::string& range) { arguments->subwords = parse_subwords(range); },
            "words have character n-grams of these lengths: 3-6")
        ->default_str("none");
    command->add_option("--buckets", arguments->buckets, "numbers that n-grams are hashed to");
    command->add_option("--epochs", options.epochs, "times through the texts");
    command->add_option("--lr", options.learning_rate, "learning rate at the start");
    command->add_option("--vectors", arguments->vectors, "word vectors to start from");
    command->callback([arguments, command] { train_classifier(*arguments, *command); });
}

struct ClassifyArguments {
    std::string model;
    std::string input;
    std::vector<std::string> texts;
    LabelArguments labels;
    std::size_t k = 1;
    float threshold = 0;
    std::vector<double> recalls;
    std::vector<double> precisions;
    bool by_label = false;
    bool confusion = false;
    bool json = false;
    bool jsonl = false;

    void add_to(CLI::App& command) {
        command.add_option("--model", model, "a model of firth classify train, or of fastText")
            ->required();
        command.add_option("--k", k, "at most so many labels a text");
        command.add_option("--threshold", threshold, "labels that are at least so likely");
    }
};

/// fastText's files do not say what it was trained with.
void add_file_prefix(CLI::App& command, std::string& prefix) {
    command.add_option("--label-prefix", prefix,
                       "what the labels of a model of fastText begin with");
}

nlohmann::json to_json(const firth::PredictionCounts& counts) {
    return {{"precision", counts.precision()},
            {"recall", counts.recall()},
            {"f1", counts.f1()},
            {"gold", counts.gold},
            {"predicted", counts.predicted},
            {"hits", counts.hits}};
}

/// The scores of a test, and those that need the probabilities of all labels.
struct TestScores {
    const firth::Vocabulary& labels;
    firth::ClassificationScores asked;  ///< k labels, by the threshold
    firth::ClassificationScores curves; ///< all labels, where precisions or recalls are wanted
};

/// Of a threshold; one that is infinite is none.
nlohmann::json to_json(const firth::OperatingPoint& point) {
    nlohmann::json threshold; // null
    if (std::isfinite(point.threshold)) threshold = point.threshold;
    return {{"threshold", threshold}, {"precision", point.precision}, {"recall", point.recall}};
}

/// The thresholds of each recall and precision that is wanted, of all labels or of one.
nlohmann::json curve_points(const ClassifyArguments& arguments, const TestScores& scores,
                            std::optional<firth::Id> label) {
    nlohmann::json points = nlohmann::json::object();
    const auto add = [&](const char* kind, double wanted, const firth::OperatingPoint& point) {
        points[kind].push_back(to_json(point));
        points[kind].back()["wanted"] = wanted;
    };
    for (const double recall : arguments.recalls) {
        add("precision_at_recall", recall,
            label ? scores.curves.precision_at_recall(recall, *label)
                  : scores.curves.precision_at_recall(recall));
    }
    for (const double precision : arguments.precisions) {
        add("recall_at_precision", precision,
            label ? scores.curves.recall_at_precision(precision, *label)
                  : scores.curves.recall_at_precision(precision));
    }
    return points;
}

void print_points(const nlohmann::json& points) {
    const auto print = [&](const char* kind, const char* best, const char* wanted) {
        if (!points.contains(kind)) return;
        for (const nlohmann::json& point : points[kind]) {
            std::cout << ", " << best << ' ' << point[best].get<double>() << " at " << wanted << ' '
                      << point["wanted"].get<double>();
            if (point["threshold"].is_null()) {
                std::cout << " (no threshold)";
            } else {
                std::cout << " (threshold " << point["threshold"].get<float>() << ')';
            }
        }
    };
    print("precision_at_recall", "precision", "recall");
    print("recall_at_precision", "recall", "precision");
    std::cout << '\n';
}

/// A table of few labels; of many, the pairs that are taken for each other most.
void print_confusion(const TestScores& scores) {
    constexpr std::size_t widest = 20;
    const std::size_t count = scores.labels.size();
    if (count <= widest) {
        std::cout << "confusion: a row a label of the texts, a column a likeliest label\n";
        for (firth::Id gold = 0; gold < count; ++gold) {
            for (firth::Id predicted = 0; predicted < count; ++predicted) {
                std::cout << scores.asked.confusion(gold, predicted) << '\t';
            }
            std::cout << scores.labels[gold] << '\n';
        }
        return;
    }
    std::vector<std::pair<std::uint64_t, std::pair<firth::Id, firth::Id>>> pairs;
    for (const auto& [pair, times] : scores.asked.confusions()) {
        if (pair.first != pair.second) pairs.push_back({times, pair});
    }
    std::ranges::stable_sort(pairs, [](const auto& a, const auto& b) { return a.first > b.first; });
    pairs.resize((std::min)(pairs.size(), widest));
    for (const auto& [times, pair] : pairs) {
        std::cout << times << '\t' << scores.labels[pair.first] << " taken for "
                  << scores.labels[pair.second] << '\n';
    }
}

void print_test(const ClassifyArguments& arguments, const TestScores& scores, std::size_t skipped) {
    const firth::PredictionCounts all = scores.asked.all();
    std::cout << scores.asked.examples() << " examples, precision " << all.precision()
              << ", recall " << all.recall() << ", F1 " << all.f1() << ", macro F1 "
              << scores.asked.macro_f1() << ", calibration error "
              << scores.asked.expected_calibration_error();
    print_points(curve_points(arguments, scores, std::nullopt));
    if (skipped != 0) {
        std::cout << skipped << " lines without a label of the model were left out\n";
    }
    for (firth::Id label = 0; label < scores.labels.size() && arguments.by_label; ++label) {
        const firth::PredictionCounts& counts = scores.asked.label(label);
        std::cout << scores.labels[label] << ": " << counts.gold << " examples, precision "
                  << counts.precision() << ", recall " << counts.recall() << ", F1 " << counts.f1();
        print_points(curve_points(arguments, scores, label));
    }
    if (arguments.confusion) print_confusion(scores);
}

void print_test_json(const ClassifyArguments& arguments, const TestScores& scores,
                     std::size_t skipped) {
    nlohmann::json json = to_json(scores.asked.all());
    json["examples"] = scores.asked.examples();
    json["without_known_label"] = skipped;
    json["macro_f1"] = scores.asked.macro_f1();
    json["calibration_error"] = scores.asked.expected_calibration_error();
    json.update(curve_points(arguments, scores, std::nullopt));
    json["labels"] = nlohmann::json::array();
    for (firth::Id label = 0; label < scores.labels.size(); ++label) {
        nlohmann::json one = to_json(scores.asked.label(label));
        one["label"] = scores.labels[label];
        one.update(curve_points(arguments, scores, label));
        json["labels"].push_back(std::move(one));
    }
    json["confusion"] = nlohmann::json::array();
    for (const auto& [pair, count] : scores.asked.confusions()) {
        json["confusion"].push_back({{"label", scores.labels[pair.first]},
                                     {"predicted", scores.labels[pair.second]},
                                     {"count", count}});
    }
    print_json(json);
}

void test_classifier(const ClassifyArguments& arguments, const CLI::App& command) {
    for (const auto& [name, shares] : {std::pair{"--at-recall", &arguments.recalls},
                                       std::pair{"--at-precision", &arguments.precisions}}) {
        for (const double share : *shares) {
            if (share >= 0 && share <= 1) continue;
            throw firth::OptionError(std::string(name) + " is " +
                                     firth::float_text(static_cast<float>(share)) +
                                     ", expected 0 to 1");
        }
    }
    const firth::LabelFormat format = arguments.labels.settled(command);
    const firth::Classifier classifier(firth::read_classifier(arguments.model, format.prefix));
    const firth::Vocabulary& labels = classifier.model().labels;
    TestScores scores{labels, firth::ClassificationScores(labels.size()),
                      firth::ClassificationScores(labels.size())};
    const bool curves = !arguments.recalls.empty() || !arguments.precisions.empty();
    // The classifier leaves out words with its own prefix; those with another are cut out here.
    const bool cut = format.place == firth::LabelPlace::anywhere &&
                     format.prefix != classifier.model().label_prefix;
    firth::Classifier::Scratch scratch;
    std::vector<firth::LabelPrediction> found;
    std::vector<firth::Id> gold;
    std::string words;
    std::size_t skipped = 0;
    firth::TextBlocks blocks(firth::list_files({arguments.input}),
                             firth::TextBlocks::default_block_size, "\n");
    firth::TextBlock block;
    const auto test_line = [&](std::string_view line) {
        gold.clear();
        words.clear();
        bool blank = true;
        firth::for_each_labelled_word(
            line, format,
            [&](std::string_view word) {
                blank = false;
                if (cut) words.append(word).append(" ");
            },
            [&](std::string_view label) {
                const auto id = labels.find(label);
                if (id && std::ranges::find(gold, *id) == gold.end()) gold.push_back(*id);
            });
        if (gold.empty()) {
            skipped += !blank;
            return;
        }
        if (cut) line = words;
        if (format.place == firth::LabelPlace::first_column) line.remove_prefix(line.find('\t'));
        classifier.predict(line, arguments.k, arguments.threshold, scratch, found);
        scores.asked.add(gold, found);
        if (!curves) return;
        classifier.predict(line, labels.size(), 0, scratch, found);
        scores.curves.add(gold, found);
    };
    while (blocks.next(block)) {
        std::string_view text = block.text;
        while (!text.empty()) {
            const std::size_t end = (std::min)(text.find('\n'), text.size());
            test_line(text.substr(0, end));
            text.remove_prefix((std::min)(end + 1, text.size()));
        }
    }
    if (scores.asked.examples() == 0) {
        throw firth::Error(arguments.input + " has no line with a label of " + arguments.model);
    }
    if (arguments.json) return print_test_json(arguments, scores, skipped);
    print_test(arguments, scores, skipped);
}

void add_test(CLI::App& classify) {
    auto arguments = std::make_shared<ClassifyArguments>();
    CLI::App* command = classify.add_subcommand("test", "Compare predictions with labelled lines");
    command->option_defaults()->always_capture_default();
    arguments->add_to(*command);
    command->add_option("--input", arguments->input, "labelled texts, - for standard input")
        ->required();
    arguments->labels.add_to(*command);
    command
        ->add_option("--at-recall", arguments->recalls,
                     "the best precision that finds such a share of the labels, 0 to 1")
        ->expected(1, -1);
    command
        ->add_option("--at-precision", arguments->precisions,
                     "the best recall of which such a share is right, 0 to 1")
        ->expected(1, -1);
    command->add_flag("--by-label", arguments->by_label, "print the scores of each label, too");
    command->add_flag("--confusion", arguments->confusion,
                      "print which labels are taken for which");
    command->add_flag("--json", arguments->json, "everything, by label too, as one JSON object");
    command->callback([arguments, command] { test_classifier(*arguments, *command); });
}

void predict_labels(const ClassifyArguments& arguments) {
    const firth::Classifier classifier(
        firth::read_classifier(arguments.model, arguments.labels.format.prefix));
    const auto answer = [&](std::string_view text) {
        const auto found = classifier.predict(text, arguments.k, arguments.threshold);
        if (!arguments.jsonl) {
            for (std::size_t i = 0; i < found.size(); ++i) {
                std::cout << (i == 0 ? "" : " ") << found[i].label << ' ' << found[i].probability;
            }
            std::cout << '\n';
            return;
        }
        nlohmann::json json{{"labels", nlohmann::json::array()}};
        for (const auto& [label, probability] : found) {
            json["labels"].push_back({{"label", label}, {"probability", probability}});
        }
        std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    };
    for (const std::string& text : arguments.texts) {
        answer(text);
    }
    if (!arguments.texts.empty()) return;
    for (std::string line; std::getline(std::cin, line);) {
        answer(line);
        std::cout.flush(); // whoever asks line by line waits for the answer
    }
}

void add_predict(CLI::App& classify) {
    auto arguments = std::make_shared<ClassifyArguments>();
    CLI::App* command =
        classify.add_subcommand("predict", "Label texts, or the lines of standard input");
    command->option_defaults()->always_capture_default();
    arguments->add_to(*command);
    add_file_prefix(*command, arguments->labels.format.prefix);
    command->add_option("words", arguments->texts, "texts; without: a line of standard input each");
    command->add_flag("--jsonl", arguments->jsonl, "a JSON object a line");
    command->callback([arguments] { predict_labels(*arguments); });
}

struct QuantizeArguments {
    std::string model;
    std::string output;
    firth::FastTextQuantizeOptions options;
    std::string prefix = "__label__"; ///< of the labels of a file of fastText
    std::size_t cutoff = 0;
    bool norms = false;
    bool codes = false;
    std::size_t threads = 0;
};

void quantize_model(QuantizeArguments& arguments) {
    check_files({{"--model", arguments.model}}, {{"--output", arguments.output}});
    std::string prefix = arguments.prefix;
    firth::FastTextWeights weights;
    if (firth::section_file_kind(firth::MappedFile(arguments.model).bytes()).empty()) {
        weights = firth::read_fasttext_weights(arguments.model);
    } else {
        firth::StoredClassifierModel model = firth::read_classifier(arguments.model);
        prefix = model.label_prefix;
        weights = fasttext_weights(with_float_rows(std::move(model)));
    }
    if (arguments.cutoff != 0) weights = keep_largest(std::move(weights), arguments.cutoff);
    if (arguments.norms) arguments.options.norms = firth::RowNorms::apart;
    if (arguments.codes) arguments.options.output = firth::FastTextOutput::codes;
    std::optional<firth::QuantizedFastText> quantized;
    {
        const SignalsNoted noted;
        arguments.options.quantizer.progress = SignalsNoted::progress(progress_printer(true));
        quantized = quantize(weights, arguments.options);
    }
    if (!quantized) throw Stopped{SignalsNoted::signal(), "stopped; nothing was written"};
    if (firth::is_native_name(arguments.output)) {
        write_native(classifier_model(std::move(*quantized), arguments.model, prefix),
                     arguments.output);
    } else {
        firth::write_fasttext(arguments.output, *quantized);
    }
}

void add_quantize(CLI::App& classify) {
    auto arguments = std::make_shared<QuantizeArguments>();
    CLI::App* command =
        classify.add_subcommand("quantize", "Make a model small: a .firth, or fastText's .ftz");
    command->option_defaults()->always_capture_default();
    command->add_option("--model", arguments->model, "a .firth or a .bin")->required();
    command->add_option("--output", arguments->output, "a .firth or a .ftz")->required();
    add_file_prefix(*command, arguments->prefix);
    command->add_option("--cutoff", arguments->cutoff,
                        "keep so many rows, those of the largest norms; 0: all");
    command->add_option("--part", arguments->options.quantizer.part_dim,
                        "numbers that share a code");
    command->add_flag("--norms", arguments->norms, "lengths of rows have codes of their own");
    command->add_flag("--output-codes", arguments->codes, "outputs become codes, too");
    command->callback([arguments] { quantize_model(*arguments); });
}

} // namespace

void add_classify_commands(CLI::App& app) {
    CLI::App* classify = app.add_subcommand("classify", "Learn to label texts, and label them");
    classify->require_subcommand(1);
    add_train(*classify);
    add_classify_tune(*classify);
    add_test(*classify);
    add_predict(*classify);
    add_quantize(*classify);
}
