#pragma once

#include <algorithm>
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
#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/detail/piece_cache.hpp>
#include <firth/text/detail/session_pool.hpp>
#include <firth/text/encoding.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/post_processors/template.hpp>
#include <firth/text/subword_model.hpp>

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
    bool trim_offsets = false; ///< offsets leave out the white space at a token's ends
};

/// What makes ids of a text: added tokens are cut out, what is left is normalised, cut into pieces,
/// and each piece becomes tokens. Never changes; calls from any number of threads are safe, and
/// each has a cache of 5 MB of the pieces seen lately, which does not grow.
template <SubwordModel Model = AnyModel, PreTokenizer Cut = AnyPreTokenizer,
          Normalizer Change = AnyNormalizer>
class BasicTokenizer {
public:
    using Steps = TokenizerSteps<Model, Cut, Change>;

    BasicTokenizer() : BasicTokenizer(Steps{}) {}

    /// Throws `Error` for two added tokens of one content and for an empty one.
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
        for (const AddedToken& token : steps_.added_tokens) {
            size_ = (std::max)(size_, std::size_t(token.id) + 1);
        }
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
            text, *session,
            [&](std::string_view stretch, const NormalizedText*, std::size_t begin) {
                stretch_ids(stretch, begin == 0, *session, [&](const Id* ids, std::size_t count) {
                    to.insert(to.end(), ids, ids + count);
                });
            },
            [&](const AddedToken& token, std::size_t, std::size_t) { to.push_back(token.id); });
    }

    /// How many ids a text has, without the special tokens around it.
    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t total = 0;
        const auto session = sessions_->borrow();
        for_each_stretch(
            text, *session,
            [&](std::string_view stretch, const NormalizedText*, std::size_t begin) {
                stretch_ids(stretch, begin == 0, *session,
                            [&](const Id*, std::size_t count) { total += count; });
            },
            [&](const AddedToken&, std::size_t, std::size_t) { ++total; });
        return total;
    }

    /// A text, or a pair of texts, as tokens with all that is known of each, and with the special
    /// tokens around them unless `special` says no. Texts of less than 4 GB, or `Error`.
    [[nodiscard]] Encoding encode(std::string_view text,
                                  SpecialTokens special = SpecialTokens::with) const {
        const Encoding plain = plain_encoding(text);
        return special == SpecialTokens::with ? steps_.post_processor(plain, nullptr) : plain;
    }
    [[nodiscard]] Encoding encode(std::string_view first, std::string_view second,
                                  SpecialTokens special = SpecialTokens::with) const {
        const Encoding a = plain_encoding(first);
        const Encoding b = plain_encoding(second);
        if (special == SpecialTokens::with) return steps_.post_processor(a, &b);
        return EncodingTemplate()(a, &b);
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
            const AddedToken* const added = added_token(id);
            if (added == nullptr) {
                if (id < steps_.model.size()) tokens.emplace_back(steps_.model.token(id));
            } else if (!added->special || special == SpecialTokens::with) {
                tokens.push_back(added->content);
            }
        }
        steps_.decoder(tokens);
        std::string text;
        for (const std::string& token : tokens) {
            text += token;
        }
        return text;
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
    struct Session {
        std::unique_ptr<detail::PieceCache> cache{}; ///< where ids alone are wanted
        typename Model::Scratch scratch{};
        NormalizedText changed{};
        NormalizedText rewritten{};
        PieceBatch pieces{};
        std::vector<detail::PieceCache::Key> keys{};
        std::vector<std::size_t> places{};
        std::vector<Id> ids{};
        std::vector<detail::PieceToken> tokens{};
    };
    static constexpr unsigned cache_bits = 16; ///< of a thread's cache: 5 MB
    static constexpr std::size_t no_place = ~std::size_t(0);

    [[nodiscard]] const AddedToken* added_token(Id id) const noexcept {
        for (const AddedToken& added : steps_.added_tokens) {
            if (added.id == id) return &added;
        }
        return nullptr;
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
    void for_each_stretch(std::string_view text, Session& session, OnStretch&& on_stretch,
                          OnAdded&& on_token) const {
        raw_.cut(
            text,
            [&](std::size_t begin, std::size_t end) {
                const std::string_view stretch = text.substr(begin, end - begin);
                const bool changes = changes_text();
                if (changes) {
                    session.changed.clear();
                    steps_.normalizer(stretch, session.changed);
                }
                const std::string_view changed =
                    changes ? std::string_view(session.changed.bytes()) : stretch;
                const NormalizedText* const sources = changes ? &session.changed : nullptr;
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
                        on_token(token, begin + from, begin + to);
                    });
            },
            on_token);
    }

    /// Calls `on_ids(ids, count)` for the ids of a stretch, batch by batch.
    template <class OnIds>
    void stretch_ids(std::string_view stretch, bool is_first, Session& session,
                     OnIds&& on_ids) const {
        if (rewrites()) {
            if constexpr (RewritingPreTokenizer<Cut>) {
                session.rewritten.clear();
                session.pieces.clear();
                steps_.pre_tokenizer.rewrite(stretch, is_first, session.rewritten, session.pieces);
                batch_ids(session.rewritten.bytes(), session, on_ids);
            }
            return;
        }
        for (std::size_t at = 0; at < stretch.size();) {
            session.pieces.clear();
            at = steps_.pre_tokenizer(stretch, at, session.pieces);
            batch_ids(stretch, session, on_ids);
        }
    }

    /// The same for the pieces of one batch. The cache's places are asked for first, so that they
    /// are near when their turn comes.
    template <class OnIds>
    void batch_ids(std::string_view text, Session& session, OnIds&& on_ids) const {
        const PieceBatch& pieces = session.pieces;
        const std::size_t count = pieces.size();
        if (!session.cache) session.cache = std::make_unique<detail::PieceCache>(cache_bits);
        if (session.keys.size() < count) {
            session.keys.resize(count);
            session.places.resize(count);
        }
        if (session.ids.size() < 4 * count + 64) session.ids.resize(4 * count + 64);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = pieces[i].end - pieces[i].begin;
            if (size > detail::PieceCache::short_size) {
                session.places[i] = no_place;
                continue;
            }
            session.keys[i] = detail::PieceCache::key(text.data() + pieces[i].begin, size,
                                                      text.size() - pieces[i].begin);
            session.places[i] = session.cache->place(session.keys[i]);
            session.cache->prefetch(session.places[i]);
        }
        std::size_t made = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (session.places[i] != no_place) {
                const int found = session.cache->find(session.keys[i], session.places[i],
                                                      session.ids.data() + made);
                if (found >= 0) {
                    made += static_cast<std::size_t>(found);
                    continue;
                }
            }
            made = add_piece(text.substr(pieces[i].begin, pieces[i].end - pieces[i].begin), i, made,
                             4 * (count - i), session);
        }
        on_ids(session.ids.data(), made);
    }

    /// Writes the ids of a piece that no short slot of the cache has to place `made` on, leaving
    /// room for `more` ids after them, and returns the place after them.
    FIRTH_NOINLINE std::size_t add_piece(std::string_view piece, std::size_t i, std::size_t made,
                                         std::size_t more, Session& session) const {
        const auto reserve = [&](std::size_t ids) {
            if (session.ids.size() < made + ids + more + 64)
                session.ids.resize(2 * (made + ids + more) + 64);
        };
        std::size_t kept = 0;
        if (const Id* const ids = session.cache->find_long(piece, kept)) {
            reserve(kept);
            std::copy(ids, ids + kept, session.ids.data() + made);
            return made + kept;
        }
        session.tokens.clear();
        steps_.model(piece, session.scratch, [&](Id id, std::size_t length) {
            session.tokens.push_back({id, length});
        });
        reserve(session.tokens.size());
        Id* const to = session.ids.data() + made;
        for (std::size_t t = 0; t < session.tokens.size(); ++t) {
            to[t] = session.tokens[t].id;
        }
        if (session.places[i] != no_place &&
            session.tokens.size() <= detail::PieceCache::short_ids) {
            session.cache->keep(session.keys[i], session.places[i], to, session.tokens.size());
        } else {
            session.cache->keep_long(piece, to, session.tokens.size());
        }
        return made + session.tokens.size();
    }

    [[nodiscard]] Encoding plain_encoding(std::string_view text) const {
        if (text.size() > (std::numeric_limits<std::uint32_t>::max)()) {
            throw Error("a text of " + std::to_string(text.size()) +
                        " bytes, expected less than 4 GB: cut it at a line's end");
        }
        Encoding made;
        const auto borrowed = sessions_with_sources_->borrow();
        Session& session = *borrowed;
        if (!session.changed.keeps_sources()) {
            session.changed = NormalizedText(true);
            session.rewritten = NormalizedText(true);
        }
        std::uint32_t word = 0;
        for_each_stretch(
            text, session,
            [&](std::string_view stretch, const NormalizedText* sources, std::size_t begin) {
                add_stretch(text, stretch, sources, begin, session, word, made);
            },
            [&](const AddedToken& token, std::size_t begin, std::size_t end) {
                made.add(token.id,
                         {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                         word++, 0, false);
            });
        return made;
    }

    void add_stretch(std::string_view text, std::string_view stretch, const NormalizedText* sources,
                     std::size_t begin, Session& session, std::uint32_t& word,
                     Encoding& made) const {
        // Where the stretch begins in what the normalizer made.
        const bool is_first = begin == 0;
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
        const auto add_pieces = [&](std::string_view cut, auto&& source_of) {
            for (const Piece& piece : session.pieces) {
                std::size_t at = piece.begin;
                steps_.model(cut.substr(piece.begin, piece.end - piece.begin), session.scratch,
                             [&](Id id, std::size_t length) {
                                 ByteRange range =
                                     length == 0 ? ByteRange{} : source_of(at, at + length);
                                 if (steps_.trim_offsets) range = trimmed(text, range);
                                 made.add(id, range, word, 0, false);
                                 at += length;
                             });
                ++word;
            }
        };
        if (rewrites()) {
            if constexpr (RewritingPreTokenizer<Cut>) {
                session.rewritten.clear();
                session.pieces.clear();
                steps_.pre_tokenizer.rewrite(stretch, is_first, session.rewritten, session.pieces);
                add_pieces(session.rewritten.bytes(), [&](std::size_t from, std::size_t to) {
                    const ByteRange within = session.rewritten.source(from, to);
                    return within.begin == within.end ? ByteRange{}
                                                      : source(within.begin, within.end);
                });
            }
            return;
        }
        for (std::size_t at = 0; at < stretch.size();) {
            session.pieces.clear();
            at = steps_.pre_tokenizer(stretch, at, session.pieces);
            add_pieces(stretch, source);
        }
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

    static ByteRange trimmed(std::string_view text, ByteRange range) noexcept {
        const auto blank = [&](std::size_t at) {
            return is_white_space(decode_utf8(text, at).point);
        };
        while (range.begin < range.end && blank(range.begin)) {
            range.begin += static_cast<std::uint32_t>(decode_utf8(text, range.begin).length);
        }
        while (range.begin < range.end && text[range.end - 1] == ' ') {
            --range.end;
        }
        return range;
    }

    Steps steps_;
    AddedTokens raw_;
    AddedTokens normalized_;
    std::size_t size_ = 0;
    std::unique_ptr<detail::SessionPool<Session>> sessions_ =
        std::make_unique<detail::SessionPool<Session>>();
    std::unique_ptr<detail::SessionPool<Session>> sessions_with_sources_ =
        std::make_unique<detail::SessionPool<Session>>();
};

/// A tokenizer of steps that are known when the program runs: what files have.
using Tokenizer = BasicTokenizer<>;

} // namespace firth
