#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/detail/piece_cache.hpp>
#include <firth/text/detail/session_pool.hpp>
#include <firth/text/encoding.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/padding.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/post_processors/template.hpp>
#include <firth/text/subword_model.hpp>
#include <firth/text/truncation.hpp>

namespace firth {

/// Whether the special tokens are there: around a text that is encoded, in a text that is decoded.
enum class SpecialTokens { with, without };

/// The steps of a tokenizer, in their order. Each may be a type of the caller's own.
template <SubwordModel Model = AnyModel, PreTokenizer Cut = AnyPreTokenizer,
          Normalizer Change = AnyNormalizer>
struct TokenizerSteps {
    Model model{};
    Cut pre_tokenizer{};
    Change normalizer{};
    std::vector<AddedToken> added_tokens{};
    EncodingTemplate post_processor{};
    AnyDecoder decoder{};
    bool trim_offsets = false;              ///< offsets leave out the spaces at a token's ends
    bool keeps_first_space = false;         ///< but not one space before a text
    std::optional<Truncation> truncation{}; ///< of what `encode` makes
    std::optional<Padding> padding{};       ///< of what `encode` makes
};

/// What makes ids of a text: added tokens are cut out, what is left is normalised, cut into pieces,
/// and each piece becomes tokens. Never changes; calls from any number of threads are safe, and
/// each has a cache of 12 MB of the pieces seen lately, which does not grow.
template <SubwordModel Model = AnyModel, PreTokenizer Cut = AnyPreTokenizer,
          Normalizer Change = AnyNormalizer>
class BasicTokenizer {
public:
    using Steps = TokenizerSteps<Model, Cut, Change>;

    BasicTokenizer() : BasicTokenizer(Steps{}) {}

    /// Throws `Error` for two added tokens of one content, for an empty one, and for a template of
    /// one text with a place for a second; `OptionError` for a stride as long as the texts that
    /// truncation leaves.
    explicit BasicTokenizer(Steps steps) : steps_(std::move(steps)) {
        std::vector<AddedToken> raw;
        std::vector<AddedToken> normalized;
        for (const AddedToken& token : steps_.added_tokens) {
            if (!token.normalized) {
                raw.push_back(token);
                continue;
            }
            NormalizedText content;
            steps_.normalizer(token.content, content);
            normalized.push_back(token);
            if (content.size() != 0) normalized.back().content = content.bytes();
        }
        size_ = steps_.model.size();
        for (std::size_t i = 0; i < steps_.added_tokens.size(); ++i) {
            const Id id = steps_.added_tokens[i].id;
            size_ = (std::max)(size_, std::size_t(id) + 1);
            added_by_id_.emplace_back(id, i);
        }
        std::sort(added_by_id_.begin(), added_by_id_.end());
        for (const EncodingTemplate::Item& item : steps_.post_processor.single) {
            if (item.kind == EncodingTemplate::Item::Kind::second)
                throw Error("the template of one text has a place for a second one");
        }
        check_truncation();
        raw_ = AddedTokens(std::move(raw));
        normalized_ = AddedTokens(std::move(normalized));
    }

    [[nodiscard]] const Steps& steps() const noexcept { return steps_; }

    /// One more than the highest id.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The token of an id, as its vocabulary has it; empty where there is none.
    [[nodiscard]] std::string_view token(Id id) const {
        if (const AddedToken* const added = added_token(id)) return added->content;
        return id < steps_.model.size() ? std::string_view(steps_.model.token(id))
                                        : std::string_view();
    }

    [[nodiscard]] std::optional<Id> find(std::string_view token) const {
        for (const AddedToken& added : steps_.added_tokens) {
            if (added.content == token) return added.id;
        }
        return steps_.model.find(token);
    }

    /// The ids of a text, without the special tokens around it.
    [[nodiscard]] std::vector<Id> ids(std::string_view text) const {
        std::vector<Id> made;
        made.reserve(text.size() / 4 + 8);
        append_ids(text, made);
        return made;
    }

    /// Appends the ids of a text, without the special tokens around it.
    void append_ids(std::string_view text, std::vector<Id>& to) const {
        const auto session = sessions_->borrow();
        for_each_stretch(
            text, session->plain,
            [&](std::string_view stretch, const NormalizedText*, std::size_t begin) {
                for_each_batch(
                    stretch, begin == 0, *session, session->plain, [&](std::string_view cut) {
                        const std::size_t count = batch_ids<false>(cut, *session);
                        to.insert(to.end(), session->ids.data(), session->ids.data() + count);
                        return true;
                    });
            },
            [&](const AddedToken& token, std::size_t, std::size_t) { to.push_back(token.id); });
    }

    /// How many ids a text has, without the special tokens around it.
    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t total = 0;
        const auto session = sessions_->borrow();
        for_each_stretch(
            text, session->plain,
            [&](std::string_view stretch, const NormalizedText*, std::size_t begin) {
                for_each_batch(stretch, begin == 0, *session, session->plain,
                               [&](std::string_view cut) {
                                   total += batch_ids<false>(cut, *session);
                                   return true;
                               });
            },
            [&](const AddedToken&, std::size_t, std::size_t) { ++total; });
        return total;
    }

    /// How much of the text's begin at most `max_tokens` tokens stand for: as long as that goes up
    /// to the end of a token and of a character. `ids` of it has no more than `max_tokens`. Takes
    /// time for these tokens only, but for the normalizer's.
    [[nodiscard]] std::string_view prefix(std::string_view text, std::size_t max_tokens) const {
        const Encoding made = plain_encoding(text, max_tokens);
        if (made.size() <= max_tokens) return text;
        for (std::size_t tokens = max_tokens; tokens != 0; --tokens) {
            const std::size_t end = made.offsets[tokens - 1].end;
            if (end == 0 || end > made.offsets[tokens].begin) continue; // within a character
            const std::string_view begin = text.substr(0, end);
            if (count(begin) <= max_tokens) return begin;
        }
        return text.substr(0, 0);
    }

    /// A text, or a pair of texts, as tokens with all that is known of each, with the special
    /// tokens around them unless `special` says no, truncated and padded as `steps()` say. Texts of
    /// less than 4 GB, or `Error`; that too where a truncation of one of two texts does not do.
    [[nodiscard]] Encoding encode(std::string_view text,
                                  SpecialTokens special = SpecialTokens::with) const {
        Encoding made = unpadded(text, special);
        if (steps_.padding) pad(std::span(&made, 1), *steps_.padding);
        return made;
    }
    [[nodiscard]] Encoding encode(std::string_view first, std::string_view second,
                                  SpecialTokens special = SpecialTokens::with) const {
        Encoding made = unpadded(std::pair(first, second), special);
        if (steps_.padding) pad(std::span(&made, 1), *steps_.padding);
        return made;
    }

    /// `encode` with a way of cutting each piece that is drawn (`SamplingModel`), so that a learner
    /// sees a text in several: of a BPE model `strength` is the probability with which a merge is
    /// left out, of Unigram it is alpha, and with the greater alpha the likelier ones are drawn.
    /// Without it, it is what the tokenizer's file says (`dropout`), which no other call heeds. The
    /// same numbers of `random` give the same tokens. Throws `OptionError` for a model that has
    /// only one way, and for a strength that it does not take.
    [[nodiscard]] Encoding
    sample(std::string_view text, double strength, Random& random,
           SpecialTokens special = SpecialTokens::with) const requires SamplingModel<Model> {
        const Draw draw{strength, &random};
        Encoding made = unpadded(text, special, &draw);
        if (steps_.padding) pad(std::span(&made, 1), *steps_.padding);
        return made;
    }
    [[nodiscard]] Encoding
    sample(std::string_view text, Random& random,
           SpecialTokens special = SpecialTokens::with) const requires SamplingModel<Model> {
        return sample(text, steps_.model.usual_strength(), random, special);
    }

    /// The same, and what truncation leaves out: all parts of a long text, in their order, each
    /// with special tokens and padded, and overlapping as `Truncation::stride` says. Of two texts
    /// every part of the first with every one of the second; that which `encode` gives is the
    /// first.
    [[nodiscard]] std::vector<Encoding>
    encode_parts(std::string_view text, SpecialTokens special = SpecialTokens::with) const {
        const Encoding plain = plain_encoding(text);
        std::vector<Encoding> parts;
        const std::size_t length = room(special, false);
        check_single(plain.size(), length);
        for (const auto& [begin, end] : ranges(plain.size(), length)) {
            parts.push_back(surrounded(plain.part(begin, end), nullptr, special));
        }
        if (steps_.padding) pad(std::span(parts), *steps_.padding);
        return parts;
    }
    [[nodiscard]] std::vector<Encoding>
    encode_parts(std::string_view first, std::string_view second,
                 SpecialTokens special = SpecialTokens::with) const {
        const Encoding a = plain_encoding(first);
        const Encoding b = plain_encoding(second);
        const auto [length_a, length_b] = pair_lengths(a.size(), b.size(), special);
        const auto of_b = ranges(b.size(), length_b);
        std::vector<Encoding> parts;
        for (const auto& [begin, end] : ranges(a.size(), length_a)) {
            const Encoding part_a = a.part(begin, end);
            for (const auto& [begin_b, end_b] : of_b) {
                const Encoding part_b = b.part(begin_b, end_b);
                parts.push_back(surrounded(part_a, &part_b, special));
            }
        }
        // After the first one those that begin with another part of the first text, as Hugging
        // Face has it.
        std::rotate(parts.begin() + 1, parts.begin() + static_cast<std::ptrdiff_t>(of_b.size()),
                    parts.end());
        if (steps_.padding) pad(std::span(parts), *steps_.padding);
        return parts;
    }

    /// `encode` of many texts, or pairs of texts, on all threads unless `threads` says how many;
    /// padded to one length where there is padding.
    template <class Texts>
    [[nodiscard]] std::vector<Encoding> encode_batch(const Texts& texts,
                                                     SpecialTokens special = SpecialTokens::with,
                                                     std::size_t threads = 0) const {
        std::vector<Encoding> made(std::size(texts));
        parallel_for(made.size(), 16, Workers(threads, nullptr),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t i = begin; i < end; ++i) {
                             made[i] = unpadded(texts[i], special);
                         }
                     });
        if (steps_.padding) pad(std::span(made), *steps_.padding);
        return made;
    }

    /// The same tokenizer with another truncation or padding, or none. It has the same caches.
    /// Throws as the constructor does.
    [[nodiscard]] BasicTokenizer with_truncation(std::optional<Truncation> truncation) const {
        BasicTokenizer made(*this);
        made.steps_.truncation = truncation;
        made.check_truncation();
        return made;
    }
    [[nodiscard]] BasicTokenizer with_padding(std::optional<Padding> padding) const {
        BasicTokenizer made(*this);
        made.steps_.padding = padding;
        return made;
    }

    /// The ids of many texts, on all threads unless `threads` says how many.
    template <class Texts>
    [[nodiscard]] std::vector<std::vector<Id>> ids_of_many(const Texts& texts,
                                                           std::size_t threads = 0) const {
        std::vector<std::vector<Id>> made(std::size(texts));
        parallel_for(made.size(), 16, Workers(threads, nullptr),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t i = begin; i < end; ++i) {
                             made[i] = ids(texts[i]);
                         }
                     });
        return made;
    }

    /// The text of ids. Unknown ids have none; special tokens only where `special` says so.
    [[nodiscard]] std::string decode(std::span<const Id> ids,
                                     SpecialTokens special = SpecialTokens::without) const {
        std::vector<std::string> tokens;
        tokens.reserve(ids.size());
        for (const Id id : ids) {
            if (decodes(id, special)) tokens.emplace_back(token(id));
        }
        steps_.decoder(tokens);
        std::string text;
        for (const std::string& token : tokens) {
            text += token;
        }
        return text;
    }

    /// Whether `decode` looks at this id.
    [[nodiscard]] bool decodes(Id id, SpecialTokens special) const {
        if (const AddedToken* const added = added_token(id))
            return !added->special || special == SpecialTokens::with;
        return id < steps_.model.size();
    }

    /// Names in one line all that ids depend on.
    [[nodiscard]] std::string settings() const {
        std::string all = steps_.normalizer.settings() + " | " + steps_.pre_tokenizer.settings() +
                          " | " + steps_.model.settings() + " |";
        for (const AddedToken& token : steps_.added_tokens) {
            all += ' ' + std::to_string(token.id) + '=' + token.content +
                   (token.single_word ? "w" : "") + (token.left_strip ? "l" : "") +
                   (token.right_strip ? "r" : "") + (token.normalized ? "n" : "");
        }
        return all;
    }

private:
    /// What the steps before the model make of a text.
    struct Changes {
        NormalizedText normalized{};
        NormalizedText rewritten{};
    };
    /// Where a piece may be in the cache.
    struct Place {
        std::size_t at;
        bool is_short;
    };
    struct Session {
        std::unique_ptr<detail::PieceCache> cache{};
        typename Model::Scratch scratch{};
        Changes plain{};
        Changes with_sources{NormalizedText(true), NormalizedText(true)};
        PieceBatch pieces{};
        std::vector<detail::PieceKey> keys{};
        std::vector<Place> places{};
        std::vector<Id> ids{};
        std::vector<std::size_t> ends{}; ///< of each piece's ids among `ids`
        std::vector<detail::PieceToken> tokens{};
    };
    /// How a way of cutting is drawn.
    struct Draw {
        double strength;
        Random* random;
    };
    static constexpr unsigned cache_bits = 17; ///< of a thread's cache: 12 MB
    static constexpr std::size_t no_place = ~std::size_t(0);

    [[nodiscard]] const AddedToken* added_token(Id id) const noexcept {
        const auto found = std::lower_bound(added_by_id_.begin(), added_by_id_.end(),
                                            std::pair(id, std::size_t(0)));
        if (found == added_by_id_.end() || found->first != id) return nullptr;
        return &steps_.added_tokens[found->second];
    }

    void check_truncation() const {
        if (!steps_.truncation) return;
        const std::size_t added = steps_.post_processor.added(false);
        const auto [length, stride] =
            std::pair(steps_.truncation->max_length, steps_.truncation->stride);
        if (length < added + 1 || stride >= length - added) {
            throw OptionError("max_length = " + std::to_string(length) + " and stride = " +
                              std::to_string(stride) + " leave no new token a part beside " +
                              std::to_string(added) + " special ones");
        }
    }

    /// How many tokens of a text, or of two, there is room for.
    [[nodiscard]] std::size_t room(SpecialTokens special, bool to_pair) const noexcept {
        if (!steps_.truncation) return no_place;
        const std::size_t added =
            special == SpecialTokens::with ? steps_.post_processor.added(to_pair) : 0;
        return steps_.truncation->max_length - (std::min)(added, steps_.truncation->max_length);
    }

    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>>
    ranges(std::size_t size, std::size_t length) const {
        if (size <= length) return {{0, size}};
        const std::size_t stride = steps_.truncation->stride;
        if (length != 0 && stride >= length) {
            throw OptionError("stride = " + std::to_string(stride) +
                              " leaves no new token in a part of " + std::to_string(length));
        }
        return truncated_ranges(size, length, stride, steps_.truncation->side);
    }

    void check_single(std::size_t size, std::size_t length) const {
        if (size > length && steps_.truncation->strategy == Truncation::Strategy::only_second)
            throw Error("a text of more than " + std::to_string(length) +
                        " tokens has no second one, which alone may be truncated");
    }

    /// The tokens of each of two texts that are kept.
    [[nodiscard]] std::pair<std::size_t, std::size_t>
    pair_lengths(std::size_t first, std::size_t second, SpecialTokens special) const {
        const std::size_t length = room(special, true);
        if (!steps_.truncation || first + second <= length) return {first, second};
        if (steps_.truncation->strategy == Truncation::Strategy::longest_first)
            return longest_first(first, second, length);
        const bool is_first = steps_.truncation->strategy == Truncation::Strategy::only_first;
        const std::size_t other = is_first ? second : first;
        if (other >= length) {
            throw Error(std::string("the ") + (is_first ? "second" : "first") +
                        " text of a pair has " + std::to_string(other) +
                        " tokens, which leave no room for the other's in " +
                        std::to_string(length));
        }
        return is_first ? std::pair(length - second, second) : std::pair(first, length - first);
    }

    [[nodiscard]] Encoding surrounded(Encoding first, const Encoding* second,
                                      SpecialTokens special) const {
        static const EncodingTemplate nothing;
        const EncodingTemplate& around =
            special == SpecialTokens::with ? steps_.post_processor : nothing;
        if (second == nullptr && around.single == nothing.single) return first;
        return around(first, second);
    }

    [[nodiscard]] Encoding unpadded(std::string_view text, SpecialTokens special,
                                    const Draw* draw = nullptr) const {
        const std::size_t length = room(special, false);
        const bool from_left = steps_.truncation && steps_.truncation->side == EncodingSide::left;
        Encoding plain = plain_encoding(text, from_left ? no_place : length, draw);
        check_single(plain.size(), length);
        if (plain.size() > length) {
            plain =
                from_left ? plain.part(plain.size() - length, plain.size()) : plain.part(0, length);
        }
        return surrounded(std::move(plain), nullptr, special);
    }

    template <class First, class Second>
    [[nodiscard]] Encoding unpadded(const std::pair<First, Second>& texts,
                                    SpecialTokens special) const {
        const Encoding a = plain_encoding(texts.first);
        const Encoding b = plain_encoding(texts.second);
        const auto [length_a, length_b] = pair_lengths(a.size(), b.size(), special);
        const auto kept = [&](const Encoding& text, std::size_t length) {
            const auto [begin, end] = ranges(text.size(), length)[0];
            return text.part(begin, end);
        };
        const Encoding kept_b = kept(b, length_b);
        return surrounded(kept(a, length_a), &kept_b, special);
    }

    [[nodiscard]] bool changes_text() const {
        if constexpr (requires { static_cast<bool>(steps_.normalizer); }) {
            return static_cast<bool>(steps_.normalizer);
        } else {
            return true;
        }
    }

    [[nodiscard]] bool rewrites() const {
        if constexpr (RewritingPreTokenizer<Cut>) return steps_.pre_tokenizer.rewrites();
        return false;
    }

    /// Calls `on_stretch(text, normalized, begin)` for each stretch between added tokens as the
    /// normalizer leaves it, where `normalized`, null where nothing was changed, says what its
    /// bytes stand for from the byte `begin` of the original on, and `on_token(token, begin, end)`.
    template <class OnStretch, class OnAdded>
    void for_each_stretch(std::string_view text, Changes& changes, OnStretch&& on_stretch,
                          OnAdded&& on_token) const {
        raw_.cut(
            text,
            [&](std::size_t begin, std::size_t end) {
                const std::string_view stretch = text.substr(begin, end - begin);
                const bool is_changed = changes_text();
                if (is_changed) {
                    changes.normalized.clear();
                    steps_.normalizer(stretch, changes.normalized);
                }
                const std::string_view changed =
                    is_changed ? std::string_view(changes.normalized.bytes()) : stretch;
                const NormalizedText* const sources = is_changed ? &changes.normalized : nullptr;
                if (normalized_.empty()) {
                    on_stretch(changed, sources, begin);
                    return;
                }
                normalized_.cut(
                    changed,
                    [&](std::size_t from, std::size_t to) {
                        on_stretch(changed.substr(from, to - from), sources, begin);
                    },
                    [&](const AddedToken& token, std::size_t from, std::size_t to) {
                        // Of the original, where that is asked for.
                        const bool moved = sources != nullptr && sources->keeps_sources();
                        const ByteRange range = moved ? sources->source(from, to)
                                                      : ByteRange{static_cast<std::uint32_t>(from),
                                                                  static_cast<std::uint32_t>(to)};
                        on_token(token, begin + range.begin, begin + range.end);
                    });
            },
            on_token);
    }

    /// Puts the pieces of a stretch into `session.pieces`, batch by batch, and calls `on_batch` for
    /// each with the text that they are places in, until that is false.
    template <class OnBatch>
    void for_each_batch(std::string_view stretch, bool is_first, Session& session, Changes& changes,
                        OnBatch&& on_batch) const {
        if (rewrites()) {
            if constexpr (RewritingPreTokenizer<Cut>) {
                changes.rewritten.clear();
                session.pieces.clear();
                steps_.pre_tokenizer.rewrite(stretch, is_first, changes.rewritten, session.pieces);
                on_batch(std::string_view(changes.rewritten.bytes()));
            }
            return;
        }
        for (std::size_t at = 0; at < stretch.size();) {
            session.pieces.clear();
            at = steps_.pre_tokenizer(stretch, at, session.pieces);
            if (!on_batch(stretch)) return;
        }
    }

    /// Writes the ids of a batch's pieces into `session.ids` and returns their number; with their
    /// `session.ends` if that is asked for. The cache's places are asked for first, so that they
    /// are near when their turn comes.
    template <bool with_ends>
    std::size_t batch_ids(std::string_view text, Session& session) const {
        const PieceBatch& pieces = session.pieces;
        const std::size_t count = pieces.size();
        if (!session.cache) {
            session.cache = std::make_unique<detail::PieceCache>(cache_bits, steps_.model.size());
        }
        detail::PieceCache& cache = *session.cache;
        if (session.keys.size() < count) {
            session.keys.resize(count);
            session.places.resize(count);
            session.ends.resize(count);
        }
        constexpr std::size_t most_short = detail::PieceCache::most_short_ids;
        if (session.ids.size() < most_short * count + 64)
            session.ids.resize(most_short * count + 64);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = pieces[i].end - pieces[i].begin;
            Place& place = session.places[i];
            place.is_short =
                detail::PieceCache::make_key(text.data() + pieces[i].begin, size,
                                             text.size() - pieces[i].begin, session.keys[i]);
            if (place.is_short) {
                place.at = cache.place(session.keys[i]);
                cache.prefetch(place.at);
            } else if (size <= detail::PieceCache::long_size) {
                place.at = cache.long_place(text.substr(pieces[i].begin, size));
                cache.prefetch_long(place.at);
            }
        }
        std::size_t made = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const Place& place = session.places[i];
            const int found = place.is_short
                                  ? cache.find(session.keys[i], place.at, session.ids.data() + made)
                                  : -1;
            if (found >= 0) {
                made += static_cast<std::size_t>(found);
            } else {
                made = add_piece(text, i, made, most_short * (count - i), session);
            }
            if constexpr (with_ends) session.ends[i] = made;
        }
        return made;
    }

    /// Writes the ids of a piece that no short slot of the cache has to place `made` on, leaving
    /// room for `more` ids after them, and returns the place after them.
    FIRTH_NOINLINE std::size_t add_piece(std::string_view text, std::size_t i, std::size_t made,
                                         std::size_t more, Session& session) const {
        const auto [begin, end] = session.pieces[i];
        const std::string_view piece = text.substr(begin, end - begin);
        const auto reserve = [&](std::size_t ids) {
            if (session.ids.size() < made + ids + more + 64)
                session.ids.resize(2 * (made + ids + more) + 64);
        };
        detail::PieceCache& cache = *session.cache;
        const Place& place = session.places[i];
        const bool may_be_long = piece.size() <= detail::PieceCache::long_size;
        const std::size_t long_place = place.is_short ? cache.long_place(piece)
                                       : may_be_long  ? place.at
                                                      : 0;
        std::size_t kept = 0;
        if (const Id* const ids =
                may_be_long ? cache.find_long(piece, long_place, kept) : nullptr) {
            reserve(kept);
            std::copy(ids, ids + kept, session.ids.data() + made);
            return made + kept;
        }
        session.tokens.clear();
        const bool has_more = place.is_short && keep_ahead(text, i, session);
        if (!has_more) {
            steps_.model(piece, session.scratch, [&](Id id, std::size_t length) {
                session.tokens.push_back({id, length});
            });
        }
        const std::size_t count = session.tokens.size();
        reserve(count);
        Id* const to = session.ids.data() + made;
        for (std::size_t t = 0; t < count; ++t) {
            to[t] = session.tokens[t].id;
        }
        if (!place.is_short || !cache.keep(session.keys[i], place.at, to, count)) {
            if (may_be_long) cache.keep_long(piece, long_place, to, count);
        }
        return made + count;
    }

    /// Where a short piece is not in the cache, others after it are not there either, and the model
    /// may make tokens of several in less time than of each: it puts the tokens of the piece into
    /// `session.tokens` and those of the next into the cache. False, and nothing is done, where the
    /// model has no such way or no piece is near.
    bool keep_ahead(std::string_view text, std::size_t first, Session& session) const {
        if constexpr (requires(typename Model::Scratch & scratch) {
                          steps_.model.many(std::span<const std::string_view>(), scratch);
                          scratch.tokens;
                          scratch.ends;
                      }) {
            constexpr std::size_t most = 6;
            constexpr std::size_t looked_at = 96;
            detail::PieceCache& cache = *session.cache;
            std::array<std::string_view, most> texts;
            std::array<std::size_t, most> which;
            std::size_t count = 0;
            const std::size_t stop = (std::min)(session.pieces.size(), first + looked_at);
            Id unused[detail::PieceCache::most_short_ids];
            for (std::size_t i = first; i < stop && count < most; ++i) {
                const Place& place = session.places[i];
                if (!place.is_short ||
                    (i != first && cache.find(session.keys[i], place.at, unused) >= 0))
                    continue;
                const Piece& piece = session.pieces[i];
                const std::string_view found = text.substr(piece.begin, piece.end - piece.begin);
                std::size_t kept = 0;
                if (std::find(texts.begin(), texts.begin() + count, found) !=
                        texts.begin() + count ||
                    cache.find_long(found, cache.long_place(found), kept) != nullptr)
                    continue;
                texts[count] = found;
                which[count++] = i;
            }
            if (count < 2) return false;
            steps_.model.many(std::span<const std::string_view>(texts.data(), count),
                              session.scratch);
            const auto& [held, tokens, ends] = session.scratch;
            session.tokens.assign(tokens.begin(),
                                  tokens.begin() + static_cast<std::ptrdiff_t>(ends[0]));
            std::array<Id, detail::PieceCache::long_ids> ids;
            for (std::size_t i = 1; i < count; ++i) {
                const std::size_t size = ends[i] - ends[i - 1];
                if (size > ids.size()) continue; // no slot has room for them
                for (std::size_t t = 0; t < size; ++t) {
                    ids[t] = tokens[ends[i - 1] + t].id;
                }
                if (!cache.keep(session.keys[which[i]], session.places[which[i]].at, ids.data(),
                                size)) {
                    cache.keep_long(texts[i], cache.long_place(texts[i]), ids.data(), size);
                }
            }
            return true;
        }
        return false;
    }

    /// The tokens of a text without special ones: all, or no batch of pieces after more than
    /// `enough`.
    [[nodiscard]] Encoding plain_encoding(std::string_view text, std::size_t enough = no_place,
                                          const Draw* draw = nullptr) const {
        if (text.size() > (std::numeric_limits<std::uint32_t>::max)()) {
            throw Error("a text of " + std::to_string(text.size()) +
                        " bytes, expected less than 4 GB: cut it at a line's end");
        }
        Encoding made;
        made.reserve((std::min)(text.size() / 4, enough) + 8);
        const auto session = sessions_->borrow();
        std::uint32_t word = 0;
        for_each_stretch(
            text, session->with_sources,
            [&](std::string_view stretch, const NormalizedText* sources, std::size_t begin) {
                if (made.size() <= enough)
                    add_stretch(text, stretch, sources, begin, enough, draw, *session, word, made);
            },
            [&](const AddedToken& token, std::size_t begin, std::size_t end) {
                made.add(token.id,
                         {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                         word++, 0, false);
            });
        return made;
    }

    void add_stretch(std::string_view text, std::string_view stretch, const NormalizedText* sources,
                     std::size_t begin, std::size_t enough, const Draw* draw, Session& session,
                     std::uint32_t& word, Encoding& made) const {
        // Where the stretch begins in what the normalizer made.
        const std::size_t moved =
            sources ? static_cast<std::size_t>(stretch.data() - sources->bytes().data())
                    : static_cast<std::size_t>(stretch.data() - text.data()) - begin;
        const auto source = [&](std::size_t from, std::size_t to) -> ByteRange {
            const ByteRange range =
                sources ? sources->source(moved + from, moved + to)
                        : whole_characters(text.substr(begin), moved + from, moved + to);
            return {static_cast<std::uint32_t>(range.begin + begin),
                    static_cast<std::uint32_t>(range.end + begin)};
        };
        const NormalizedText& rewritten = session.with_sources.rewritten;
        const bool is_rewritten = rewrites();
        const auto add = [&](Id id, std::size_t from, std::size_t to) {
            ByteRange range;
            if (is_rewritten) {
                const ByteRange within = from == to ? ByteRange{} : rewritten.source(from, to);
                if (within.begin < within.end) range = source(within.begin, within.end);
            } else if (from < to) {
                range = source(from, to);
            }
            made.add(id, steps_.trim_offsets ? trimmed(text, range, id) : range, word, 0, false);
        };
        if constexpr (SamplingModel<Model>) {
            if (draw != nullptr) {
                for_each_batch(
                    stretch, begin == 0, session, session.with_sources, [&](std::string_view cut) {
                        for (const Piece& piece : session.pieces) {
                            std::size_t at = piece.begin;
                            steps_.model.sample(cut.substr(piece.begin, piece.end - piece.begin),
                                                draw->strength, *draw->random, session.scratch,
                                                [&](Id id, std::size_t bytes) {
                                                    const std::size_t from = at;
                                                    add(id, from, at += bytes);
                                                });
                            ++word;
                        }
                        return made.size() <= enough;
                    });
                return;
            }
        }
        for_each_batch(stretch, begin == 0, session, session.with_sources,
                       [&](std::string_view cut) {
                           batch_ids<true>(cut, session);
                           const Id* ids = session.ids.data();
                           for (std::size_t i = 0; i < session.pieces.size(); ++i, ++word) {
                               const Piece& piece = session.pieces[i];
                               const Id* const end = session.ids.data() + session.ends[i];
                               std::size_t length = 0;
                               for (const Id* id = ids; id != end; ++id) {
                                   length += steps_.model.length(*id);
                               }
                               std::size_t at = piece.begin;
                               if (length == piece.end - piece.begin) {
                                   for (; ids != end; ++ids) {
                                       const std::size_t from = at;
                                       add(*ids, from, at += steps_.model.length(*ids));
                                   }
                                   continue;
                               }
                               // Only the model itself knows how long these are.
                               ids = end;
                               steps_.model(cut.substr(piece.begin, piece.end - piece.begin),
                                            session.scratch, [&](Id id, std::size_t bytes) {
                                                const std::size_t from = at;
                                                add(id, from, at += bytes);
                                            });
                           }
                           return made.size() <= enough;
                       });
    }

    /// The characters that these bytes are parts of.
    static ByteRange whole_characters(std::string_view text, std::size_t begin,
                                      std::size_t end) noexcept {
        const auto goes_on = [&](std::size_t at) {
            return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
        };
        while (begin != 0 && goes_on(begin)) {
            --begin;
        }
        while (goes_on(end)) {
            ++end;
        }
        return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }

    /// Leaves out as many characters at each end as the token has spaces there.
    [[nodiscard]] ByteRange trimmed(std::string_view text, ByteRange range, Id id) const {
        const std::string_view token = steps_.model.token(id);
        std::size_t leading = (std::min)(token.find_first_not_of(' '), token.size());
        std::size_t trailing = token.size() - (token.find_last_not_of(' ') + 1);
        if (leading == 1 && range.begin == 0 && steps_.keeps_first_space) leading = 0;
        for (; leading != 0 && range.begin < range.end; --leading) {
            const std::size_t next = range.begin + decode_utf8(text, range.begin).length;
            range.begin = (std::min)(static_cast<std::uint32_t>(next), range.end);
        }
        for (; trailing != 0 && range.begin < range.end; --trailing) {
            do {
                --range.end;
            } while (range.begin < range.end &&
                     (static_cast<unsigned char>(text[range.end]) & 0xC0) == 0x80);
        }
        return range;
    }

    Steps steps_;
    AddedTokens raw_;
    AddedTokens normalized_;
    std::vector<std::pair<Id, std::size_t>> added_by_id_; ///< with places in the steps
    std::size_t size_ = 0;
    /// Of this one and its copies.
    std::shared_ptr<detail::SessionPool<Session>> sessions_ =
        std::make_shared<detail::SessionPool<Session>>();
};

/// A tokenizer of steps that are known when the program runs: what files have.
using Tokenizer = BasicTokenizer<>;

} // namespace firth
