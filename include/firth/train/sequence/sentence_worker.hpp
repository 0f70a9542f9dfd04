#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/train/run/training_state.hpp>

namespace firth {

/// A sentence as workers get it.
struct Sentence {
    std::span<const Id> ids;  ///< what subsampling left of it, or of a part of it where it is long;
                              ///< only good during the call that it is handed to
    std::uint64_t number = 0; ///< its place in the source
};

/// What learns from sentences, on one thread. The loop over a corpus makes one worker a thread and
/// gives it sentences that are already subsampled: `add` draws what is random in a sentence's
/// steps, `train` makes the steps of all sentences that were added. Loss is asked for after an
/// epoch.
///
/// A complete example that counts ids and learns nothing:
///
///     struct CountIds {
///         std::uint64_t seen = 0;
///         void add(const firth::Sentence& sentence, float, firth::Random&) {
///             seen += sentence.ids.size();
///         }
///         void train() {}
///         firth::LossSum take_loss() { return {}; }
///     };
template <class W>
concept SentenceWorker = requires(W worker, const Sentence& sentence, float learning_rate,
                                  Random& random) {
    worker.add(sentence, learning_rate, random);
    worker.train();
    { worker.take_loss() } -> std::same_as<LossSum>;
};

/// A function that makes the worker of thread 0, 1, ...; called from several threads at once.
template <class F>
concept WorkerFactory = requires(F make, std::size_t thread) {
    { make(thread) } -> SentenceWorker;
};

} // namespace firth
