/// What a worker hands to its policies, noted down and compared with a plain list.

#include <firth/train/sequence/window_worker.hpp>

#include <set>

#include <firth/train/run/private_rows.hpp>
#include <firth/train/sequence/sequence_trainer.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

/// Where rows are atomic, racing workers step on copies of rows, which have no place in a table.
std::vector<bool> ways() {
    return FIRTH_USE_ATOMIC_ROWS() ? std::vector<bool>{true} : std::vector<bool>{false, true};
}

/// A step as the prediction sees it; rows by their place in their tables.
struct Step {
    std::vector<std::size_t> contexts;
    std::vector<std::size_t> outputs;
    std::size_t positives;
    float rate;

    bool operator==(const Step&) const = default;
};

/// Where rows come from, and what happened, in order.
struct StepLog {
    TableView<float> input;
    TableView<float> output;
    std::vector<Step> steps;
    std::vector<std::string> events;
};

std::size_t row_of(const TableView<float>& table, const float* row) {
    return static_cast<std::size_t>(row - table.data()) / table.stride();
}

/// A prediction that notes its steps; the loss of the n-th is n.
struct Noting {
    StepLog* log = nullptr;

    static constexpr float default_learning_rate = 0.5f;
    static constexpr std::size_t max_contexts = 4;

    template <class Arch>
    void step(const simd::WindowRows& rows, float rate, float* scratch) const {
        scratch[0] = scratch[rows.context_count - 1] = 1; // within what was asked for
        Step step{{}, {}, rows.positive_count, rate};
        for (std::size_t c = 0; c < rows.context_count; ++c) {
            step.contexts.push_back(row_of(log->input, rows.contexts[c]));
        }
        for (std::size_t o = 0; o < rows.output_count; ++o) {
            step.outputs.push_back(row_of(log->output, rows.outputs[o]));
        }
        log->steps.push_back(step);
        log->events.push_back("step");
    }
    [[nodiscard]] double loss(const simd::WindowRows&, float, const float*) const {
        return static_cast<double>(log->steps.size());
    }
    [[nodiscard]] static std::size_t scratch_size(std::size_t contexts, std::size_t, std::size_t) {
        return contexts;
    }
    [[nodiscard]] static std::size_t predictions(std::size_t contexts) { return 10 * contexts; }
    [[nodiscard]] static double zero_loss(const simd::WindowRows& rows) {
        return static_cast<double>(100 * rows.context_count + rows.output_count);
    }
    [[nodiscard]] static std::string settings() { return "noting"; }
};
static_assert(WindowPrediction<Noting>);

/// As `Noting`, without a limit of contexts.
struct NotingAll : Noting {
    static constexpr std::size_t max_contexts = 1000;
};

constexpr std::size_t symbols = 30;

/// Outputs that show which draw they come from: draw n of centre c has n % 4 outputs, and c + n as
/// the first of them.
class Counting {
public:
    [[nodiscard]] static std::size_t output_rows() { return symbols; }
    [[nodiscard]] static std::size_t max_outputs() { return 3; }
    [[nodiscard]] static std::string settings() { return "counting"; }

    static std::vector<std::size_t> draw(std::size_t centre, std::uint64_t n) {
        std::vector<std::size_t> ids;
        for (std::uint64_t o = 0; o < n % 4; ++o) {
            ids.push_back((centre + n + o) % symbols);
        }
        return ids;
    }

    struct Draw {
        Draw(const Counting&, Random& random) : n(random() % 100) {}
        Outputs operator()(Id centre, Id* ids) {
            const std::vector<std::size_t> drawn = draw(centre, n++);
            for (std::size_t o = 0; o < drawn.size(); ++o) {
                ids[o] = static_cast<Id>(drawn[o]);
            }
            return {drawn.size(), drawn.size() / 2};
        }
        std::uint64_t n;
    };
};
static_assert(OutputSampler<Counting>);

/// Words with a row each, and one row more that is a context of all windows where `documents` is 1.
template <std::size_t documents>
class Words {
public:
    static constexpr std::size_t max_sentence_rows = documents;

    explicit Words(StepLog& log) : log_(&log) {}
    [[nodiscard]] static std::size_t rows() { return symbols + 1; }
    [[nodiscard]] static std::string settings() { return "words"; }

    template <RowAccess Rows>
    class Access {
    public:
        Access(const Words& words, Rows rows, std::size_t max_span)
            : log_(words.log_), rows_(rows), max_span_(max_span) {}

        void announce(const Sentence& sentence) {
            for (const Id id : sentence.ids) {
                rows_.announce(id);
            }
            rows_.announce(symbols);
            note("announce", sentence.number);
        }
        void begin(const Sentence& sentence) {
            ids_ = {sentence.ids.begin(), sentence.ids.end()};
            document_ = rows_.take(symbols);
            inside_ = 0;
            note("begin", sentence.number);
        }
        void prefetch(std::size_t position) {
            rows_.prefetch(ids_.at(position));
            note("prefetch", position);
        }
        float* enter(std::size_t position) {
            REQUIRE(++inside_ <= max_span_);
            note("enter", position);
            return rows_.take(ids_.at(position));
        }
        void leave(std::size_t position) {
            --inside_;
            note("leave", position);
        }
        [[nodiscard]] std::span<float* const> sentence_rows() const {
            return {&document_, documents};
        }

    private:
        void note(const std::string& what, std::size_t number) {
            log_->events.push_back(what + ' ' + std::to_string(number));
        }

        StepLog* log_;
        Rows rows_;
        std::size_t max_span_;
        std::vector<Id> ids_;
        float* document_ = nullptr;
        std::size_t inside_ = 0;
    };

private:
    StepLog* log_;
};
static_assert(SymbolComposition<Words<1>>);

struct Given {
    std::vector<Id> ids;
    std::uint64_t number;
    float rate;
    std::uint64_t seed;
};

std::vector<Given> sentences() {
    Random random(2);
    std::vector<Given> all;
    for (const std::uint32_t length : {7u, 1u, 2u, 25u, 3u, 0u, 12u}) {
        Given sentence{{}, 100 + all.size(), 0.25f + static_cast<float>(all.size()), random()};
        for (std::uint32_t i = 0; i < length; ++i) {
            sentence.ids.push_back(random.below(symbols));
        }
        all.push_back(sentence);
    }
    return all;
}

/// The steps of all windows, by the rules written in the headers.
std::vector<Step> plain_steps(const std::vector<Given>& all, std::size_t window, WindowSize size,
                              std::size_t documents, std::size_t max_contexts) {
    std::vector<Step> steps;
    for (const Given& sentence : all) {
        Random random(sentence.seed);
        std::uint64_t n = random() % 100;
        const std::size_t length = sentence.ids.size();
        if (length == 0 || length + documents < 2) continue;
        for (std::size_t centre = 0; centre < length; ++centre) {
            const std::size_t radius = size == WindowSize::fixed
                                           ? window
                                           : 1 + random.below(static_cast<std::uint32_t>(window));
            std::vector<std::size_t> contexts(documents, symbols);
            for (std::size_t i = 0; i < length; ++i) {
                if (i != centre && i + radius >= centre && i <= centre + radius) {
                    contexts.push_back(sentence.ids[i]);
                }
            }
            const std::size_t parts =
                std::max<std::size_t>(1, (contexts.size() + max_contexts - 1) / max_contexts);
            std::vector<std::size_t> outputs;
            for (std::size_t part = 0; part < parts; ++part) {
                const auto begin = static_cast<long>(contexts.size() * part / parts);
                const auto end = static_cast<long>(contexts.size() * (part + 1) / parts);
                if (part % 2 == 0) outputs = Counting::draw(sentence.ids[centre], n++);
                if (begin == end || outputs.empty()) continue;
                steps.push_back({{contexts.begin() + begin, contexts.begin() + end},
                                 outputs,
                                 outputs.size() / 2,
                                 sentence.rate});
            }
        }
    }
    return steps;
}

/// What a worker does with the sentences: each trained at once, or all after they were added.
template <class Prediction, std::size_t documents>
LossSum work(StepLog& log, bool in_rounds, std::size_t window, WindowSize size,
             std::size_t interval = 1) {
    EmbeddingTable<float> input(symbols + 1, 16);
    EmbeddingTable<float> output(symbols, 16);
    log.input = input;
    log.output = output;
    const Words<documents> words(log);
    const Counting outputs;
    Prediction prediction;
    prediction.log = &log;
    const auto go = [&](auto input_rows, auto output_rows, auto&& before_training) {
        using Rows = decltype(input_rows);
        using Access = typename Words<documents>::template Access<Rows>;
        using Worker = WindowWorker<Prediction, Counting, Access, Rows>;
        static_assert(SentenceWorker<Worker>);
        REQUIRE(Worker::span(window) == 2 * window + 1);
        Worker worker(prediction, outputs, Access(words, input_rows, Worker::span(window)),
                      output_rows, window, size, documents, interval);
        for (const Given& given : sentences()) {
            // The next number of the stream that a sentence is added with becomes its seed.
            Random stream(given.number);
            worker.add({given.ids, given.number}, given.rate, stream);
            if (!in_rounds) worker.train();
        }
        before_training();
        if (in_rounds) worker.train();
        const LossSum sum = worker.take_loss();
        REQUIRE(worker.take_loss().samples == 0);
        return sum;
    };
    if (!in_rounds) return go(SharedRows(input), SharedRows(output), [] {});
    PrivateTable private_input(input, 1);
    PrivateTable private_output(output, 1);
    return go(private_input.rows(0), private_output.rows(0), [&] {
        private_input.share(0);
        private_output.share(0);
    });
}

/// With seeds as `work` gives them.
std::vector<Given> seeded() {
    std::vector<Given> all = sentences();
    for (Given& given : all) {
        given.seed = Random(given.number)();
    }
    return all;
}

} // namespace

TEST_CASE("windows have the contexts and outputs that a plain list has", "[worker]") {
    for (const bool in_rounds : ways()) {
        for (const std::size_t window : {1u, 2u, 5u, 30u}) {
            for (const WindowSize size : {WindowSize::fixed, WindowSize::dynamic}) {
                INFO("rounds " << in_rounds << ", window " << window);
                StepLog log;
                work<NotingAll, 0>(log, in_rounds, window, size);
                REQUIRE(log.steps == plain_steps(seeded(), window, size, 0, 1000));
                StepLog with_document;
                work<NotingAll, 1>(with_document, in_rounds, window, size);
                REQUIRE(with_document.steps == plain_steps(seeded(), window, size, 1, 1000));
            }
        }
    }
}

TEST_CASE("windows of many contexts take several steps, every two with outputs of their own",
          "[worker]") {
    for (const bool in_rounds : ways()) {
        for (const std::size_t window : {1u, 2u, 3u, 5u, 30u}) {
            for (const WindowSize size : {WindowSize::fixed, WindowSize::dynamic}) {
                INFO("rounds " << in_rounds << ", window " << window);
                StepLog log;
                work<Noting, 0>(log, in_rounds, window, size);
                REQUIRE(log.steps == plain_steps(seeded(), window, size, 0, 4));
                StepLog with_document;
                work<Noting, 1>(with_document, in_rounds, window, size);
                REQUIRE(with_document.steps == plain_steps(seeded(), window, size, 1, 4));
                for (const Step& step : with_document.steps) {
                    REQUIRE(step.contexts.size() <= 4);
                }
            }
        }
    }
}

TEST_CASE("positions are prefetched, entered and left in order, around the steps", "[worker]") {
    constexpr std::size_t window = 3;
    for (const bool in_rounds : ways()) {
        StepLog log;
        work<Noting, 1>(log, in_rounds, window, WindowSize::fixed);
        std::size_t at = 0;
        const auto take = [&](const std::string& what) {
            if (at == log.events.size() || log.events[at] != what) return false;
            ++at;
            return true;
        };
        const std::vector<Given> all = seeded();
        if (in_rounds) {
            for (const Given& given : all) {
                REQUIRE(take("announce " + std::to_string(given.number)));
            }
        }
        for (const Given& given : all) {
            const std::size_t length = given.ids.size();
            REQUIRE(take("begin " + std::to_string(given.number)));
            std::size_t prefetched = 0;
            std::size_t entered = 0;
            std::size_t left = 0;
            std::size_t ahead = length;
            for (bool more = true; more;) {
                more = false;
                if (take("prefetch " + std::to_string(prefetched))) {
                    ++prefetched;
                    more = true;
                }
                if (take("enter " + std::to_string(entered))) {
                    REQUIRE(entered < prefetched);
                    ahead = std::min(ahead, prefetched - entered);
                    ++entered;
                    more = true;
                }
                if (take("leave " + std::to_string(left))) {
                    // The window that reached it was stepped on, and it is not left too late.
                    REQUIRE(left < entered);
                    REQUIRE(entered - left <= 2 * window + 1);
                    ++left;
                    more = true;
                }
                if (take("step")) more = true;
            }
            REQUIRE(prefetched == length);
            REQUIRE(entered == length);
            REQUIRE(left == length);
        }
        REQUIRE(at == log.events.size());
    }
}

TEST_CASE("a position is left after the last window that reaches it", "[worker]") {
    constexpr std::size_t window = 2;
    StepLog log;
    work<NotingAll, 0>(log, ways()[0], window, WindowSize::fixed);
    // Of the long sentence: steps and leavings by turns, once the window is full.
    const auto begin = std::find(log.events.begin(), log.events.end(), "begin 103");
    const auto end = std::find(begin, log.events.end(), "begin 104");
    std::size_t centre = 0;
    std::size_t left = 0;
    std::size_t entered = 0;
    const auto given = seeded()[3];
    Random random(given.seed);
    std::uint64_t n = random() % 100;
    for (auto event = begin; event != end; ++event) {
        if (event->starts_with("enter")) ++entered;
        if (*event == "step") {
            while (n % 4 == 0) { // a window without outputs makes no step
                ++n;
                ++centre;
            }
            REQUIRE(entered == std::min<std::size_t>(given.ids.size(), centre + window + 1));
            REQUIRE(left == centre - std::min(centre, window));
            ++n;
            ++centre;
        }
        if (event->starts_with("leave")) ++left;
    }
    REQUIRE(left == given.ids.size());
}

TEST_CASE("one step in so many is asked for its loss, the first one always", "[worker]") {
    for (const std::size_t interval : {1u, 3u, 16u}) {
        StepLog log;
        const LossSum sum = work<Noting, 1>(log, ways()[0], 5, WindowSize::dynamic, interval);
        LossSum expected;
        for (std::size_t i = 0; i < log.steps.size(); i += interval) {
            const Step& step = log.steps[i];
            expected += {static_cast<double>(i + 1), 10 * step.contexts.size(),
                         static_cast<double>(100 * step.contexts.size() + step.outputs.size())};
        }
        REQUIRE(log.steps.size() > 50);
        REQUIRE(sum.loss == expected.loss);
        REQUIRE(sum.samples == expected.samples);
        REQUIRE(sum.zero_loss == expected.zero_loss);
    }
}
