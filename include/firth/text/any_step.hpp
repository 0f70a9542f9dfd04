#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/text/decoder.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/subword_model.hpp>

/// Steps of a tokenizer whose kind is known when the program runs, not when it is compiled: what a
/// file asks for. Copies share the step, which never changes.
namespace firth {

/// A `PreTokenizer` that changes the text, too: Metaspace, say, writes a mark for each space.
///
/// - `rewrites()` says whether it does;
/// - `pre_tokenizer.rewrite(text, is_first, to, pieces)` appends the changed text to `to` and adds
///   all of its pieces, as places in `to`. `is_first` says that the text is the begin of the whole.
template <class T>
concept RewritingPreTokenizer = requires(const T& step, std::string_view text, NormalizedText& to,
                                         PieceBatch& pieces) {
    { step.rewrites() } -> std::convertible_to<bool>;
    step.rewrite(text, true, to, pieces);
};

namespace detail {

/// A shared step of any type that meets a concept, called through `Interface`.
template <class Interface>
class AnyStep {
public:
    AnyStep() = default;

    [[nodiscard]] explicit operator bool() const noexcept { return step_ != nullptr; }

    [[nodiscard]] std::string settings() const { return step_ ? step_->settings() : "none"; }

protected:
    explicit AnyStep(std::shared_ptr<const Interface> step) : step_(std::move(step)) {}

    /// The step if it is a `Held`, or null.
    template <class Held>
    [[nodiscard]] const Held* held() const noexcept {
        return dynamic_cast<const Held*>(step_.get());
    }

    std::shared_ptr<const Interface> step_;
};

struct NormalizerInterface {
    virtual ~NormalizerInterface() = default;
    virtual void normalize(std::string_view text, NormalizedText& to) const = 0;
    virtual std::string settings() const = 0;
};

struct PreTokenizerInterface {
    virtual ~PreTokenizerInterface() = default;
    virtual std::size_t cut(std::string_view text, std::size_t from, PieceBatch& to) const = 0;
    virtual bool rewrites() const = 0;
    virtual void rewrite(std::string_view text, bool is_first, NormalizedText& to,
                         PieceBatch& pieces) const = 0;
    virtual std::string settings() const = 0;
};

using PieceToken = SubwordToken;

struct ModelInterface {
    /// One thread's memory of a model.
    struct Scratch {
        virtual ~Scratch() = default;
    };
    virtual ~ModelInterface() = default;
    virtual std::unique_ptr<Scratch> make_scratch() const = 0;
    virtual void tokens(std::string_view piece, Scratch& scratch,
                        std::vector<PieceToken>& to) const = 0;
    virtual void sample(std::string_view piece, double strength, Random& random, Scratch& scratch,
                        std::vector<PieceToken>& to) const = 0;
    virtual double usual_strength() const = 0;
    /// Of several pieces; `ends` are those of each one's tokens.
    virtual void tokens_of_many(std::span<const std::string_view> pieces, Scratch& scratch,
                                std::vector<PieceToken>& to,
                                std::vector<std::size_t>& ends) const = 0;
    virtual std::size_t size() const = 0;
    virtual std::string_view token(Id id) const = 0;
    virtual std::optional<Id> find(std::string_view token) const = 0;
    virtual std::size_t length(Id id) const = 0;
    virtual std::string settings() const = 0;
};

struct DecoderInterface {
    virtual ~DecoderInterface() = default;
    virtual void decode(std::vector<std::string>& tokens) const = 0;
    virtual std::string settings() const = 0;
};

template <class T>
struct HeldNormalizer final : NormalizerInterface {
    explicit HeldNormalizer(T held) : step(std::move(held)) {}
    void normalize(std::string_view text, NormalizedText& to) const override { step(text, to); }
    std::string settings() const override { return step.settings(); }
    T step;
};

template <class T>
struct HeldPreTokenizer final : PreTokenizerInterface {
    explicit HeldPreTokenizer(T held) : step(std::move(held)) {}
    std::size_t cut(std::string_view text, std::size_t from, PieceBatch& to) const override {
        return step(text, from, to);
    }
    bool rewrites() const override {
        if constexpr (RewritingPreTokenizer<T>) return step.rewrites();
        return false;
    }
    void rewrite(std::string_view text, bool is_first, NormalizedText& to,
                 PieceBatch& pieces) const override {
        if constexpr (RewritingPreTokenizer<T>) step.rewrite(text, is_first, to, pieces);
    }
    std::string settings() const override { return step.settings(); }
    T step;
};

template <class T>
struct HeldModel final : ModelInterface {
    struct HeldScratch final : ModelInterface::Scratch {
        typename T::Scratch scratch;
    };
    explicit HeldModel(T held) : step(std::move(held)) {}
    std::unique_ptr<Scratch> make_scratch() const override {
        return std::make_unique<HeldScratch>();
    }
    void tokens(std::string_view piece, Scratch& scratch,
                std::vector<PieceToken>& to) const override {
        step(piece, static_cast<HeldScratch&>(scratch).scratch, [&](Id id, std::size_t length) {
            to.push_back({id, length});
        });
    }
    void sample(std::string_view piece, double strength, Random& random, Scratch& scratch,
                std::vector<PieceToken>& to) const override {
        if constexpr (SamplingModel<T>) {
            step.sample(piece, strength, random, static_cast<HeldScratch&>(scratch).scratch,
                        [&](Id id, std::size_t length) {
                            to.push_back({id, length});
                        });
        } else {
            throw OptionError("the model \"" + step.settings() +
                              "\" cuts a piece in one way, so that none is drawn");
        }
    }
    double usual_strength() const override {
        if constexpr (SamplingModel<T>) return step.usual_strength();
        return 0;
    }

    void tokens_of_many(std::span<const std::string_view> pieces, Scratch& scratch,
                        std::vector<PieceToken>& to,
                        std::vector<std::size_t>& ends) const override {
        typename T::Scratch& its = static_cast<HeldScratch&>(scratch).scratch;
        ends.assign(pieces.size(), 0);
        const auto on_token = [&](std::size_t i, Id id, std::size_t length) {
            to.push_back({id, length});
            ++ends[i];
        };
        if constexpr (requires { step.many(pieces, its, on_token); }) {
            step.many(pieces, its, on_token);
        } else {
            for (std::size_t i = 0; i < pieces.size(); ++i) {
                step(pieces[i], its, [&](Id id, std::size_t length) { on_token(i, id, length); });
            }
        }
        for (std::size_t i = 1; i < ends.size(); ++i) {
            ends[i] += ends[i - 1];
        }
    }
    std::size_t size() const override { return step.size(); }
    std::string_view token(Id id) const override { return step.token(id); }
    std::optional<Id> find(std::string_view token) const override { return step.find(token); }
    std::size_t length(Id id) const override { return step.length(id); }
    std::string settings() const override { return step.settings(); }
    T step;
};

template <class T>
struct HeldDecoder final : DecoderInterface {
    explicit HeldDecoder(T held) : step(std::move(held)) {}
    void decode(std::vector<std::string>& tokens) const override { step(tokens); }
    std::string settings() const override { return step.settings(); }
    T step;
};

} // namespace detail

/// Any `Normalizer`; made of none, it leaves a text as it is.
class AnyNormalizer : public detail::AnyStep<detail::NormalizerInterface> {
public:
    AnyNormalizer() = default;

    template <class T>
        requires(Normalizer<T> && !std::same_as<T, AnyNormalizer>)
    AnyNormalizer(T step) : AnyStep(std::make_shared<detail::HeldNormalizer<T>>(std::move(step))) {}

    void operator()(std::string_view text, NormalizedText& to) const {
        if (step_) return step_->normalize(text, to);
        to.append_unchanged(text, 0, text.size());
    }

    /// The step if it is a `T`, or null.
    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        const auto* const held_step = held<detail::HeldNormalizer<T>>();
        return held_step ? &held_step->step : nullptr;
    }
};

/// Any `PreTokenizer`; made of none, the whole text is one piece.
class AnyPreTokenizer : public detail::AnyStep<detail::PreTokenizerInterface> {
public:
    AnyPreTokenizer() = default;

    template <class T>
        requires(PreTokenizer<T> && !std::same_as<T, AnyPreTokenizer>)
    AnyPreTokenizer(T step)
        : AnyStep(std::make_shared<detail::HeldPreTokenizer<T>>(std::move(step))) {}

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        if (step_) return step_->cut(text, from, to);
        if (from < text.size()) to.add(from, text.size());
        return text.size();
    }

    [[nodiscard]] bool rewrites() const { return step_ && step_->rewrites(); }
    void rewrite(std::string_view text, bool is_first, NormalizedText& to,
                 PieceBatch& pieces) const {
        step_->rewrite(text, is_first, to, pieces);
    }

    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        const auto* const held_step = held<detail::HeldPreTokenizer<T>>();
        return held_step ? &held_step->step : nullptr;
    }
};

/// Any `SubwordModel`; made of none, it has no tokens.
class AnyModel : public detail::AnyStep<detail::ModelInterface> {
public:
    AnyModel() = default;

    template <class T>
        requires(SubwordModel<T> && !std::same_as<T, AnyModel>)
    AnyModel(T step) : AnyStep(std::make_shared<detail::HeldModel<T>>(std::move(step))) {}

    struct Scratch {
        std::unique_ptr<detail::ModelInterface::Scratch> held;
        std::vector<detail::PieceToken> tokens;
        std::vector<std::size_t> ends;
    };

    template <class OnToken>
    void operator()(std::string_view piece, Scratch& scratch, OnToken&& on_token) const {
        if (!step_) return;
        if (!scratch.held) scratch.held = step_->make_scratch();
        scratch.tokens.clear();
        step_->tokens(piece, *scratch.held, scratch.tokens);
        for (const detail::PieceToken& token : scratch.tokens) {
            on_token(token.id, token.length);
        }
    }

    /// A way of cutting a piece, drawn. Throws `OptionError` where the model has only one.
    template <class OnToken>
    void sample(std::string_view piece, double strength, Random& random, Scratch& scratch,
                OnToken&& on_token) const {
        if (!step_) return;
        if (!scratch.held) scratch.held = step_->make_scratch();
        scratch.tokens.clear();
        step_->sample(piece, strength, random, *scratch.held, scratch.tokens);
        for (const detail::PieceToken& token : scratch.tokens) {
            on_token(token.id, token.length);
        }
    }
    [[nodiscard]] double usual_strength() const { return step_ ? step_->usual_strength() : 0; }
    /// The tokens of several pieces in `scratch.tokens`, those of each up to its place among
    /// `scratch.ends`.
    void many(std::span<const std::string_view> pieces, Scratch& scratch) const {
        scratch.tokens.clear();
        scratch.ends.assign(pieces.size(), 0);
        if (!step_) return;
        if (!scratch.held) scratch.held = step_->make_scratch();
        step_->tokens_of_many(pieces, *scratch.held, scratch.tokens, scratch.ends);
    }

    [[nodiscard]] std::size_t size() const { return step_ ? step_->size() : 0; }
    [[nodiscard]] std::string_view token(Id id) const {
        return step_ ? step_->token(id) : std::string_view();
    }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const {
        return step_ ? step_->find(token) : std::nullopt;
    }
    [[nodiscard]] std::size_t length(Id id) const { return step_ ? step_->length(id) : 0; }

    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        const auto* const held_step = held<detail::HeldModel<T>>();
        return held_step ? &held_step->step : nullptr;
    }
};

/// Any `Decoder`; made of none, it leaves the tokens as they are.
class AnyDecoder : public detail::AnyStep<detail::DecoderInterface> {
public:
    AnyDecoder() = default;

    template <class T>
        requires(Decoder<T> && !std::same_as<T, AnyDecoder>)
    AnyDecoder(T step) : AnyStep(std::make_shared<detail::HeldDecoder<T>>(std::move(step))) {}

    void operator()(std::vector<std::string>& tokens) const {
        if (step_) step_->decode(tokens);
    }

    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        const auto* const held_step = held<detail::HeldDecoder<T>>();
        return held_step ? &held_step->step : nullptr;
    }
};

static_assert(Normalizer<AnyNormalizer> && RewritingPreTokenizer<AnyPreTokenizer> &&
              SamplingModel<AnyModel> && Decoder<AnyDecoder>);

} // namespace firth
