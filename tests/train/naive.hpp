#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/hierarchical_softmax.hpp>
#include <firth/train/sequence/negative_sampler.hpp>
#include <firth/train/sequence/word2vec.hpp>

/// Training from sequences written down as plainly as it can be, in double precision, one row and
/// one number at a time: what the library must agree with.
namespace test {

/// A sentence that the loop hands out.
struct NaiveSentence {
    std::vector<firth::Id> ids;
    std::uint64_t number;
    float rate;
    std::uint64_t seed; ///< the next number of the chunk's stream

    bool operator==(const NaiveSentence&) const = default;
};

/// Where chunks of about `size` ids end, by walking from sentence to sentence.
inline std::vector<std::size_t> naive_chunks(const firth::CorpusView& corpus, std::size_t size,
                                             std::size_t slack) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < corpus.ids.size();) {
        const std::size_t wanted = std::min(at + size, corpus.ids.size());
        std::size_t sentence_end = 0;
        for (const std::uint64_t end : corpus.sentence_ends) {
            sentence_end = end;
            if (end >= wanted) break;
        }
        at = sentence_end - wanted <= slack ? sentence_end : wanted;
        ends.push_back(at);
    }
    return ends;
}

/// As the loop makes them: of a given number of workers in rounds, or without rounds.
inline std::vector<std::size_t> naive_chunks(const firth::CorpusView& corpus,
                                             std::size_t workers_in_rounds,
                                             const firth::SequenceLoopOptions& options) {
    if (workers_in_rounds != 0) {
        const std::size_t size = workers_in_rounds <= 2 ? 1024 : 2048 / workers_in_rounds;
        return naive_chunks(corpus, size, size / 8);
    }
    return naive_chunks(
        corpus, std::min<std::size_t>(16384, std::max<std::size_t>(1024, corpus.ids.size() / 256)),
        options.max_sentence);
}

/// The learning rate at a place of the corpus.
inline float naive_rate(const firth::SequenceLoopOptions& options, std::size_t ids,
                        std::size_t epoch, std::size_t at) {
    const double done =
        static_cast<double>(epoch * ids + at) / static_cast<double>(ids * options.epochs);
    double share = 1;
    if (options.schedule == firth::Schedule::linear) share = 1 - done;
    if (options.schedule == firth::Schedule::cosine) {
        share = 0.5 + 0.5 * std::cos(std::numbers::pi * done);
    }
    return options.learning_rate * std::max(1e-4f, static_cast<float>(share));
}

/// The sentences of one chunk of one epoch.
inline std::vector<NaiveSentence> naive_sentences(const firth::CorpusView& corpus,
                                                  const std::vector<std::uint64_t>& counts,
                                                  const firth::SequenceLoopOptions& options,
                                                  const std::vector<std::size_t>& chunks,
                                                  std::size_t epoch, std::size_t chunk) {
    double total = 0;
    for (const std::uint64_t count : counts) {
        total += static_cast<double>(count);
    }
    firth::Random random(options.seed, epoch * chunks.size() + chunk);
    std::vector<NaiveSentence> sentences;
    std::size_t at = chunk == 0 ? 0 : chunks[chunk - 1];
    while (at < chunks[chunk]) {
        std::size_t number = 0;
        while (corpus.sentence_ends[number] <= at) {
            ++number;
        }
        NaiveSentence sentence{{}, number, naive_rate(options, corpus.ids.size(), epoch, at), 0};
        while (at < chunks[chunk] && at < corpus.sentence_ends[number] &&
               sentence.ids.size() < options.max_sentence) {
            const firth::Id id = corpus.ids[at++];
            double keep = 1;
            if (options.sample != 0) {
                const double ratio = options.sample * total / static_cast<double>(counts[id]);
                keep = std::min(1.0, std::sqrt(ratio) + ratio);
            }
            if (random.bits32() <= static_cast<std::uint32_t>(keep * 4294967295.0)) {
                sentence.ids.push_back(id);
            }
        }
        sentence.seed = random();
        sentences.push_back(std::move(sentence));
    }
    return sentences;
}

/// word2vec, in double precision.
class NaiveTrainer {
public:
    using Row = std::vector<double>;
    struct Tables {
        std::vector<Row> input;
        std::vector<Row> output;
    };

    enum class Model { skip_gram, cbow };

    /// `tree`: hierarchical softmax; null: negative sampling. `rate` is the learning rate at the
    /// start.
    NaiveTrainer(const firth::EncodedCorpus& corpus, Model model,
                 const firth::HierarchicalSoftmax* tree, const firth::Word2VecOptions& options,
                 float rate)
        : corpus_(corpus.corpus.view()),
          counts_(corpus.vocabulary.counts().begin(), corpus.vocabulary.counts().end()),
          model_(model), tree_(tree), options_(options),
          sampler_(counts_, options.negative_power, options.seed) {
        loop_ = {.epochs = options.epochs,
                 .learning_rate = rate,
                 .schedule = options.schedule,
                 .sample = options.sample,
                 .seed = options.seed};
        firth::Random random(options.seed, 0x696E6974);
        tables.input.resize(counts_.size(), Row(options.dim));
        for (Row& row : tables.input) {
            for (double& value : row) {
                value = static_cast<double>((random.uniform() - 0.5f) /
                                            static_cast<float>(options.dim));
            }
        }
        tables.output.resize(tree == nullptr ? counts_.size() : counts_.size() - 1,
                             Row(options.dim));
    }

    Tables tables;

    /// Writes the gradients of some scores, of which the first ones have label 1; returns the loss.
    using Link = std::function<double(const std::vector<double>& scores, std::size_t positives,
                                      std::vector<double>& gradients)>;
    Link link = [](const std::vector<double>& scores, std::size_t positives,
                   std::vector<double>& gradients) {
        double loss = 0;
        for (std::size_t o = 0; o < scores.size(); ++o) {
            const double probability = 1 / (1 + std::exp(-scores[o]));
            loss -= std::log(o < positives ? probability : 1 - probability);
            gradients[o] = (o < positives ? 1 : 0) - probability;
        }
        return loss;
    };

    /// Mean loss a prediction, of all steps, by epoch.
    std::vector<double> losses;

    /// `workers`: in rounds; 1: one after the other.
    void train(std::size_t workers = 1) {
        const auto chunks = naive_chunks(corpus_, workers == 1 ? 0 : workers, loop_);
        for (std::size_t epoch = 0; epoch < options_.epochs; ++epoch) {
            loss_ = 0;
            predictions_ = 0;
            for (std::size_t first = 0; first < chunks.size(); first += workers) {
                const Tables before = tables;
                std::vector<Tables> after;
                for (std::size_t w = 0; w < workers && first + w < chunks.size(); ++w) {
                    tables = before;
                    for (const NaiveSentence& sentence :
                         naive_sentences(corpus_, counts_, loop_, chunks, epoch, first + w)) {
                        train_sentence(sentence);
                    }
                    after.push_back(tables);
                }
                tables = before;
                merge(tables.input, after, &Tables::input);
                merge(tables.output, after, &Tables::output);
            }
            losses.push_back(loss_ / predictions_);
        }
    }

private:
    /// Adds the changes, of squared length at most twice the sum of theirs.
    static void merge(std::vector<Row>& rows, const std::vector<Tables>& after,
                      std::vector<Row> Tables::*part) {
        for (std::size_t r = 0; r < rows.size(); ++r) {
            Row sum(rows[r].size());
            double squares = 0;
            for (const Tables& changed : after) {
                for (std::size_t i = 0; i < sum.size(); ++i) {
                    const double change = (changed.*part)[r][i] - rows[r][i];
                    sum[i] += change;
                    squares += change * change;
                }
            }
            double all = 0;
            for (const double x : sum) {
                all += x * x;
            }
            const double share = all > 2 * squares ? 2 * squares / all : 1;
            for (std::size_t i = 0; i < sum.size(); ++i) {
                rows[r][i] += share * sum[i];
            }
        }
    }

    void train_sentence(const NaiveSentence& sentence) {
        firth::Random random(sentence.seed);
        std::optional<firth::NegativeSampler::Reader> negatives;
        if (tree_ == nullptr) negatives.emplace(sampler_, random);
        const auto length = static_cast<std::ptrdiff_t>(sentence.ids.size());
        if (length < 2) return;
        for (std::ptrdiff_t centre = 0; centre < length; ++centre) {
            auto radius = static_cast<std::ptrdiff_t>(options_.window);
            if (options_.window_size == firth::WindowSize::dynamic) {
                radius = 1 + random.below(static_cast<std::uint32_t>(options_.window));
            }
            std::vector<firth::Id> contexts;
            for (std::ptrdiff_t i = centre - radius; i <= centre + radius; ++i) {
                if (i >= 0 && i < length && i != centre) {
                    contexts.push_back(sentence.ids[static_cast<std::size_t>(i)]);
                }
            }
            // Skip-gram: at most ten contexts at once, shared out evenly; two steps meet the same
            // outputs.
            const std::size_t steps = model_ == Model::cbow ? 1 : (contexts.size() + 9) / 10;
            std::vector<std::pair<firth::Id, double>> chosen;
            for (std::size_t s = 0; s < steps; ++s) {
                if (s % 2 == 0) {
                    chosen = outputs(sentence.ids[static_cast<std::size_t>(centre)], negatives);
                }
                const auto begin =
                    contexts.begin() + static_cast<std::ptrdiff_t>(contexts.size() * s / steps);
                const auto end = contexts.begin() +
                                 static_cast<std::ptrdiff_t>(contexts.size() * (s + 1) / steps);
                step({begin, end}, chosen, static_cast<double>(sentence.rate));
            }
        }
    }

    /// Outputs and labels of a centre.
    std::vector<std::pair<firth::Id, double>>
    outputs(firth::Id centre, std::optional<firth::NegativeSampler::Reader>& negatives) {
        std::vector<std::pair<firth::Id, double>> result;
        if (tree_ != nullptr) {
            for (std::size_t i = 0; i < tree_->path(centre).size(); ++i) {
                result.emplace_back(tree_->path(centre)[i], i < tree_->positives(centre) ? 1 : 0);
            }
            return result;
        }
        result.emplace_back(centre, 1);
        for (std::size_t tries = 0; tries < 4 * options_.negative; ++tries) {
            if (result.size() > options_.negative) break;
            const firth::Id id = (*negatives)();
            if (std::none_of(result.begin(), result.end(),
                             [&](const auto& output) { return output.first == id; })) {
                result.emplace_back(id, 0);
            }
        }
        return result;
    }

    void step(const std::vector<firth::Id>& contexts,
              const std::vector<std::pair<firth::Id, double>>& chosen, double rate) {
        const std::size_t dim = options_.dim;
        // What meets the outputs: every context, or their mean; and who takes its change.
        std::vector<Row> hidden;
        for (const firth::Id id : contexts) {
            hidden.push_back(tables.input[id]);
        }
        if (model_ == Model::cbow) {
            Row mean(dim);
            for (const Row& row : hidden) {
                for (std::size_t i = 0; i < dim; ++i) {
                    mean[i] += row[i] / static_cast<double>(hidden.size());
                }
            }
            hidden = {mean};
        }
        std::vector<Row> hidden_change(hidden.size(), Row(dim));
        std::vector<std::vector<double>> gradients(hidden.size());
        std::size_t positives = 0;
        for (const auto& output : chosen) {
            positives += output.second == 1;
        }
        for (std::size_t h = 0; h < hidden.size(); ++h) {
            std::vector<double> scores(chosen.size());
            for (std::size_t o = 0; o < chosen.size(); ++o) {
                const Row& output = tables.output[chosen[o].first];
                for (std::size_t i = 0; i < dim; ++i) {
                    scores[o] += hidden[h][i] * output[i];
                }
            }
            gradients[h].resize(chosen.size());
            loss_ += link(scores, positives, gradients[h]);
            for (std::size_t o = 0; o < chosen.size(); ++o) {
                gradients[h][o] *= rate;
                for (std::size_t i = 0; i < dim; ++i) {
                    hidden_change[h][i] += gradients[h][o] * tables.output[chosen[o].first][i];
                }
            }
        }
        predictions_ += static_cast<double>(hidden.size());
        // A context that occurs again meets up to six outputs with what it learnt before.
        const bool again = model_ == Model::skip_gram && chosen.size() <= 6;
        for (std::size_t h = 0; h < hidden.size(); ++h) {
            const Row met = again ? tables.input[contexts[h]] : hidden[h];
            for (std::size_t i = 0; i < dim; ++i) {
                for (std::size_t o = 0; o < chosen.size(); ++o) {
                    tables.output[chosen[o].first][i] += gradients[h][o] * met[i];
                }
                if (again) tables.input[contexts[h]][i] += hidden_change[h][i];
            }
        }
        if (again) return;
        const bool share = options_.cbow_gradient == firth::CbowGradient::exact;
        for (std::size_t c = 0; c < contexts.size(); ++c) {
            for (std::size_t i = 0; i < dim; ++i) {
                tables.input[contexts[c]][i] +=
                    model_ == Model::cbow
                        ? hidden_change[0][i] / (share ? static_cast<double>(contexts.size()) : 1)
                        : hidden_change[c][i];
            }
        }
    }

    firth::CorpusView corpus_;
    std::vector<std::uint64_t> counts_;
    Model model_;
    const firth::HierarchicalSoftmax* tree_;
    firth::Word2VecOptions options_;
    firth::SequenceLoopOptions loop_;
    firth::NegativeSampler sampler_;
    double loss_ = 0;
    double predictions_ = 0;
};

/// The largest difference of two tables' elements.
inline double difference(const firth::EmbeddingTable<float>& a,
                         const std::vector<NaiveTrainer::Row>& b) {
    if (a.rows() != b.size()) return 1e9;
    double largest = 0;
    for (std::size_t row = 0; row < b.size(); ++row) {
        for (std::size_t i = 0; i < b[row].size(); ++i) {
            const double off = std::fabs(static_cast<double>(a[row][i]) - b[row][i]);
            if (!(off <= largest)) largest = std::isnan(off) ? 1e9 : off;
        }
    }
    return largest;
}

/// `sentences` of up to `longest` words out of `words`, the first ones most often.
inline firth::EncodedCorpus zipf_corpus(std::size_t sentences, std::uint32_t longest,
                                        std::size_t words, std::uint64_t seed) {
    firth::Random random(seed);
    std::vector<std::vector<std::string>> text(sentences);
    for (auto& sentence : text) {
        const std::uint32_t length = 1 + random.below(longest);
        for (std::uint32_t i = 0; i < length; ++i) {
            const double word =
                std::pow(static_cast<double>(words) + 1, static_cast<double>(random.uniform())) - 1;
            sentence.push_back("w" + std::to_string(static_cast<int>(word)));
        }
    }
    return firth::encode_sequences(text, {.min_count = 1});
}

} // namespace test
