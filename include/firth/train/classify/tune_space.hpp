#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/random.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/train/classify/train_classifier.hpp>

namespace firth {

/// The values that a setting may have. Where both ends are the same, it is fixed.
template <class T>
struct TuneRange {
    T low;
    T high;

    [[nodiscard]] bool fixed() const noexcept { return low == high; }
    [[nodiscard]] T clamp(T value) const noexcept { return std::clamp(value, low, high); }
};

/// Which settings of a classifier a search tries. Drawn evenly: n-grams; evenly in their logarithm:
/// the others. Epochs are not drawn but rise from rung to rung.
struct ClassifierSearchSpace {
    TuneRange<std::uint32_t> epochs{1, 100};
    TuneRange<float> learning_rate{0.02f, 2.0f};
    TuneRange<std::uint32_t> dim{10, 200};
    TuneRange<std::uint32_t> word_ngrams{1, 4};
    TuneRange<std::uint32_t> shortest{2, 3}; ///< n-gram of characters
    TuneRange<std::uint32_t> longest{0, 6};  ///< with 0 among them, half of all trials have none
    TuneRange<std::uint32_t> buckets{20000, 1000000};

    /// Throws `OptionError` for a range that is upside down.
    void check() const {
        const auto ordered = [](const auto& range, const char* name) {
            const auto low = static_cast<float>(range.low);
            const auto high = static_cast<float>(range.high);
            detail::require_option(low <= high, std::string("the highest ") + name,
                                   float_text(high), float_text(low), " or more, the lowest");
        };
        ordered(epochs, "number of epochs");
        ordered(learning_rate, "learning rate");
        ordered(dim, "dim");
        ordered(word_ngrams, "word n-grams");
        ordered(shortest, "shortest n-gram");
        ordered(longest, "longest n-gram");
        ordered(buckets, "number of buckets");
        detail::require_option(epochs.low >= 1, "the lowest number of epochs", epochs.low,
                               "1 or more");
        detail::require_option(learning_rate.low > 0, "the lowest learning rate",
                               float_text(learning_rate.low), "more than 0");
        detail::require_option(dim.low >= 1, "the lowest dim", dim.low, "1 or more");
        detail::require_option(buckets.low >= 1, "the lowest number of buckets", buckets.low,
                               "1 or more");
    }

    /// Settings with those that are outside brought to the nearest that is inside.
    [[nodiscard]] ClassifierOptions clamp(ClassifierOptions options) const {
        options.epochs = epochs.clamp(options.epochs);
        options.learning_rate = learning_rate.clamp(options.learning_rate);
        options.dim = dim.clamp(static_cast<std::uint32_t>((std::min)(options.dim, max_dim)));
        options.word_ngrams = word_ngrams.clamp(options.word_ngrams);
        options.characters.max_length = longest.clamp(options.characters.max_length);
        if (options.characters.max_length != 0) {
            options.characters.min_length = (std::min)(
                shortest.clamp(options.characters.min_length), options.characters.max_length);
        }
        options.characters.buckets = buckets.clamp(options.characters.buckets);
        return options;
    }

    /// Draws settings from the whole space; what it has no range for is as in `base`.
    [[nodiscard]] ClassifierOptions draw(ClassifierOptions options, Random& random) const {
        options.learning_rate = draw_log(learning_rate, random);
        options.dim = draw_log(dim, random);
        options.word_ngrams = draw_whole(word_ngrams, random);
        draw_characters(options.characters, random);
        options.characters.buckets = draw_log(buckets, random);
        return options;
    }

    /// Draws settings near others: rate and dim within a factor of two and a half, n-grams of words
    /// one longer or shorter; n-grams of characters and buckets mostly stay.
    [[nodiscard]] ClassifierOptions draw_near(ClassifierOptions options, Random& random) const {
        const auto factor = [&] { return std::exp2(2.6f * (random.uniform() - 0.5f)); };
        options.learning_rate = learning_rate.clamp(options.learning_rate * factor());
        options.dim = dim.clamp(
            static_cast<std::uint32_t>(static_cast<float>(options.dim) * factor() + 0.5f));
        const std::uint32_t step = random.below(3);
        options.word_ngrams = word_ngrams.clamp((std::max)(options.word_ngrams + step, 2u) - 1);
        if (random.below(4) == 0) draw_characters(options.characters, random);
        if (random.below(4) == 0) options.characters.buckets = draw_log(buckets, random);
        return options;
    }

private:
    static std::uint32_t draw_whole(const TuneRange<std::uint32_t>& range, Random& random) {
        return range.low + random.below(range.high - range.low + 1);
    }

    template <class T>
    static T draw_log(const TuneRange<T>& range, Random& random) {
        const float place = random.uniform();
        if (range.fixed()) return range.low;
        const auto low = static_cast<float>(range.low);
        const float drawn = low * std::pow(static_cast<float>(range.high) / low, place);
        if constexpr (std::is_integral_v<T>) return range.clamp(static_cast<T>(drawn + 0.5f));
        return range.clamp(static_cast<T>(drawn));
    }

    void draw_characters(SubwordOptions& characters, Random& random) const {
        const bool none = longest.low == 0 && random.below(2) == 0;
        const std::uint32_t low = draw_whole(shortest, random);
        const TuneRange<std::uint32_t> lengths{(std::max)(low, longest.low),
                                               (std::max)(low, longest.high)};
        const std::uint32_t high = draw_whole(lengths, random);
        characters.max_length = none || longest.high == 0 ? 0 : (std::min)(high, longest.high);
        characters.min_length = (std::min)(low, (std::max)(characters.max_length, 1u));
    }
};

} // namespace firth
