/// The search for the settings of a classifier, and what it scores with.

#include <firth/train/classify/tune_classifier.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <firth/corpus/split_examples.hpp>
#include <firth/train/classify/label_weights.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

/// Texts of four topics in which only pairs of words say which: a search finds that it needs them.
LabelledCorpus pairs_of_words(std::size_t examples) {
    Vocabulary words;
    for (int word = 0; word < 4; ++word) {
        words.add("w" + std::to_string(word), 1);
    }
    words.add(std::string(line_end_word), 1);
    Vocabulary labels;
    for (const char* const label : {"a", "b", "c", "d"}) {
        labels.add(label, 1);
    }
    LabelledCorpus corpus(words, {}, labels);
    Random random(3);
    for (std::size_t i = 0; i < examples; ++i) {
        const Id first = random.below(2);
        const Id second = 2 + random.below(2);
        const bool swapped = random.below(2) != 0;
        std::vector<Id> tokens{first, second, 4};
        if (swapped) std::swap(tokens[0], tokens[1]);
        corpus.add(tokens, std::vector<Id>{2 * (first ^ second ^ 2) + swapped});
    }
    return corpus;
}

TuneOptions small_search(std::size_t trials) {
    TuneOptions options{.trials = trials};
    options.base.threads = 1;
    options.space.epochs = {1, 27};
    options.space.dim = {4, 12};
    options.space.buckets = {1000, 5000};
    return options;
}

bool same_settings(const ClassifierOptions& a, const ClassifierOptions& b) {
    return a.learning_rate == b.learning_rate && a.dim == b.dim && a.word_ngrams == b.word_ngrams &&
           a.characters.max_length == b.characters.max_length &&
           a.characters.buckets == b.characters.buckets;
}

} // namespace

TEST_CASE("a search halves its settings, repeats, and finds what is needed") {
    const LabelledCorpus corpus = pairs_of_words(400);
    const SplitExamples parts = split_examples(corpus, 0.2);
    const TuneOptions options = small_search(18);
    std::vector<std::string> reported;
    const TunedSettings tuned =
        tune_classifier(parts.training, parts.validation, options, [&](const TuneTrial& trial) {
            reported.push_back(std::to_string(trial.bracket) + "." + std::to_string(trial.rung) +
                               " " + std::to_string(trial.options.epochs));
            return true;
        });
    std::vector<std::string> expected{"1.1 9", "1.1 9", "1.1 9", "1.2 27"};
    expected.insert(expected.end(), 9, "2.1 3");
    expected.insert(expected.end(), 3, "2.2 9");
    expected.insert(expected.end(), {"2.3 27", "3.1 27"});
    CHECK(reported == expected);
    CHECK(tuned.score == 1.0);
    CHECK(tuned.options.word_ngrams > 1);
    CHECK_FALSE(tuned.cancelled);
    // The first trial is of the settings to begin with, and the best of a rung go on.
    CHECK(tuned.trials[0].options.learning_rate == ClassifierOptions().learning_rate);
    const auto best_of = [&](std::size_t begin, std::size_t end) {
        return std::max_element(
            tuned.trials.begin() + static_cast<std::ptrdiff_t>(begin),
            tuned.trials.begin() + static_cast<std::ptrdiff_t>(end),
            [](const TuneTrial& a, const TuneTrial& b) { return *a.score < *b.score; });
    };
    CHECK(same_settings(best_of(0, 3)->options, tuned.trials[3].options));
    CHECK(same_settings(best_of(4, 13)->options, tuned.trials[13].options));
    CHECK(same_settings(best_of(13, 16)->options, tuned.trials[16].options));
    // The first of all with the best score is the result.
    CHECK(same_settings(best_of(0, 18)->options, tuned.options));
    CHECK(best_of(0, 18)->options.epochs == tuned.options.epochs);
    CHECK(best_of(0, 18)->best);
    const ClassifierModel model = train_classifier(parts.training, tuned.options).model;
    CHECK(score_classifier(model, parts.validation).all().precision() == tuned.score);

    const TunedSettings again = tune_classifier(parts.training, parts.validation, options);
    REQUIRE(again.trials.size() == tuned.trials.size());
    for (std::size_t i = 0; i < tuned.trials.size(); ++i) {
        CHECK(same_settings(again.trials[i].options, tuned.trials[i].options));
        CHECK(again.trials[i].score == tuned.trials[i].score);
    }
    TuneOptions other = options;
    other.seed = 2;
    const TunedSettings elsewhere = tune_classifier(parts.training, parts.validation, other);
    CHECK_FALSE(same_settings(elsewhere.trials[1].options, tuned.trials[1].options));
}

TEST_CASE("settings that are fixed stay") {
    const LabelledCorpus corpus = pairs_of_words(100);
    TuneOptions options = small_search(17);
    options.space.epochs = {10, 10};
    options.space.dim = {7, 7};
    options.space.word_ngrams = {2, 2};
    options.space.shortest = {1, 1};
    options.space.longest = {2, 2};
    const TunedSettings tuned = tune_classifier(corpus, corpus, options);
    for (const TuneTrial& trial : tuned.trials) {
        CHECK(trial.options.dim == 7);
        CHECK(trial.options.word_ngrams == 2);
        CHECK(trial.options.characters.min_length == 1);
        CHECK(trial.options.characters.max_length == 2);
        CHECK((trial.options.learning_rate >= 0.02f && trial.options.learning_rate <= 2.0f));
        CHECK(
            (trial.options.characters.buckets >= 1000 && trial.options.characters.buckets <= 5000));
    }
    // Fewer epochs only choose what goes on: the result had all of them.
    CHECK(tuned.options.epochs == 10);
    CHECK(std::ranges::any_of(tuned.trials, [&](const TuneTrial& trial) {
        return trial.options.epochs == 10 && trial.score == tuned.score;
    }));
}

TEST_CASE("settings are drawn from the whole space and nowhere else") {
    const ClassifierSearchSpace space;
    Random random(5);
    std::vector<bool> lengths(8);
    ClassifierOptions options = space.clamp({});
    for (int i = 0; i < 400; ++i) {
        options = i % 2 == 0 ? space.draw({}, random) : space.draw_near(options, random);
        check_options(options);
        lengths.at(options.characters.max_length) = true;
        CHECK((options.dim >= space.dim.low && options.dim <= space.dim.high));
        CHECK((options.word_ngrams >= 1 && options.word_ngrams <= 4));
        CHECK((options.learning_rate >= space.learning_rate.low &&
               options.learning_rate <= space.learning_rate.high));
    }
    CHECK(lengths == std::vector<bool>{true, false, true, true, true, true, true, false});
}

TEST_CASE("a trial that diverges is a bad one, and so is a model that will not do") {
    const LabelledCorpus corpus = pairs_of_words(5000);
    TuneOptions options = small_search(4);
    options.base.label_weights = {1000, 1000, 1000, 1000};
    options.base.schedule = Schedule::constant;
    options.space.learning_rate = {10, 10};
    std::vector<TuneTrial> told;
    const TuneCallback tell = [&](const TuneTrial& trial) {
        told.push_back(trial);
        return true;
    };
    CHECK_THROWS_WITH(
        tune_classifier(corpus, corpus, options, tell),
        Catch::Matchers::StartsWith(
            "none of 4 trials gave a model; the last one: the training diverged in epoch "));
    REQUIRE(told.size() == 4);
    CHECK_FALSE(told[0].score);
    CHECK(told[0].failure.find("diverged") != std::string::npos);

    TuneOptions sizes = small_search(13);
    std::size_t finished = 0;
    sizes.finish = [&](ClassifierModel model, const ModelScore& score) {
        CHECK(score(model) >= 0);
        if (finished++ % 2 == 0) throw Error("too large");
        return model;
    };
    const LabelledCorpus few = pairs_of_words(100);
    const TunedSettings tuned = tune_classifier(few, few, sizes);
    CHECK(tuned.trials[0].failure == "too large");
    CHECK_FALSE(tuned.trials[0].score);
    CHECK(tuned.trials[1].score);
    CHECK(tuned.score > 0);
}

TEST_CASE("a search ends with its time, and when it is told to") {
    const LabelledCorpus corpus = pairs_of_words(200);
    TuneOptions options = small_search(0);
    options.seconds = 0.3;
    const Stopwatch watch;
    const TunedSettings tuned = tune_classifier(corpus, corpus, options);
    CHECK(watch.seconds() >= 0.3);
    CHECK(!tuned.trials.empty());
    options.seconds = 0;
    const auto refuses = [&](const std::string& message) {
        CHECK_THROWS_WITH(tune_classifier(corpus, corpus, options), message);
    };
    refuses("the budget is 0 trials and 0 seconds, expected more of one of them");
    options.trials = 5;
    const TunedSettings cancelled = tune_classifier(
        corpus, corpus, options, [](const TuneTrial& trial) { return trial.number < 2; });
    CHECK(cancelled.cancelled);
    CHECK(cancelled.trials.size() == 2);
    options.metric = {.label = "nowhere"};
    refuses("the metric is of label \"nowhere\", expected one of the 4 labels of the texts");
    options.metric = {};
    options.space.dim = {9, 8};
    refuses("the highest dim is 8, expected 9 or more, the lowest");
    options.space.dim = {8, 9};
    options.base.validation = &corpus;
    refuses("validation or checkpoint of the trials is given, expected none: trials are scored at "
            "their end");
    options.base.validation = nullptr;
    CHECK_THROWS_WITH(tune_classifier(corpus, LabelledCorpus(), options),
                      Catch::Matchers::StartsWith("the validation texts are none or have other"));
}

TEST_CASE("balanced weights: every label counts the same in sum") {
    Vocabulary words;
    words.add("x", 1);
    Vocabulary labels;
    for (const char* const label : {"often", "once", "never"}) {
        labels.add(label, 1);
    }
    LabelledCorpus corpus(words, {}, labels);
    for (int i = 0; i < 6; ++i) {
        corpus.add(std::vector<Id>{0}, std::vector<Id>{i == 0 ? 1u : 0u});
    }
    CHECK(balanced_label_weights(corpus) == std::vector<float>{0.4f, 2.0f, 1.0f});
}
