#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/piece_trie.hpp>
#include <firth/text/detail/piece_vocabulary.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/subword_model.hpp>

namespace firth {

/// How a Unigram model reckons.
struct UnigramOptions {
    /// What the sum of scores up to a place is kept in: two ways of cutting that are as likely but
    /// for rounding are told apart by it.
    enum class Sums {
        single_precision, ///< as SentencePiece has it
        double_precision, ///< as Hugging Face's tokenizers have it
    };

    bool byte_fallback = false; ///< unknown characters become the pieces of their bytes
    Sums sums = Sums::single_precision;
    /// Finds the unknown piece, control pieces and those of bytes, too, where a text holds their
    /// names, as Hugging Face's tokenizers do.
    bool finds_all = false;
};

using UnigramToken = SubwordToken;

/// A way of cutting a text, and the sum of its pieces' scores.
struct UnigramPath {
    std::vector<UnigramToken> tokens;
    double score = 0;
};

/// The most likely pieces of a text under a unigram language model (Kudo 2018, "Subword
/// regularization", section 3.2): forward Viterbi, where a later piece takes the place of an
/// earlier one only if it makes the sum strictly greater. A character that no piece of its own
/// length begins with may be unknown, at ten below the least score; neighbouring unknown ones are
/// one token. A user-defined piece
/// of n bytes scores 0.1 (n - 1), as in SentencePiece 0.2.3. Pieces that are unused are passed
/// over.
///
/// Time is linear in the text times the longest piece at worst. Meets `SubwordModel`.
class UnigramModel {
public:
    /// Memory that one thread's calls share.
    class Scratch {
        friend class UnigramModel;
        template <class Sum>
        struct Best {
            Sum sum = 0;
            std::uint32_t begin = 0; ///< of the last piece
            Id id = 0;
        };
        std::vector<Best<float>> single_;
        std::vector<Best<double>> double_;
        std::vector<UnigramToken> tokens_; ///< from the last to the first
    };

    /// Throws `OptionError` for pieces that are no vocabulary (see `PieceVocabulary`) or have a
    /// score that is not finite.
    explicit UnigramModel(std::span<const SentencePiece> pieces, UnigramOptions options = {})
        : vocabulary_(pieces, options.byte_fallback, options.finds_all), options_(options) {
        float least = (std::numeric_limits<float>::max)(); // where there are no normal pieces
        for (const SentencePiece& piece : pieces) {
            if (!is_finite(piece.score)) {
                throw OptionError("piece \"" + piece.text + "\" has no finite score");
            }
            if (piece.type == PieceType::normal || options.finds_all)
                least = (std::min)(least, piece.score);
        }
        unknown_score_ = least - 10.0f;
        scores_.reserve(pieces.size());
        for (const SentencePiece& piece : pieces) {
            float score = piece.score;
            if (piece.type == PieceType::user_defined) {
                score = static_cast<float>(0.1 * static_cast<double>(piece.text.size() - 1));
            } else if (piece.type == PieceType::unused) {
                score = passed_over;
            }
            scores_.push_back(score);
        }
    }

    /// Calls `on_token(id, length)` for the pieces of the text, shorter than 4 GiB.
    template <class OnToken>
    void operator()(std::string_view text, Scratch& scratch, OnToken&& on_token) const {
        if (text.empty()) return;
        if (options_.sums == UnigramOptions::Sums::single_precision) {
            find_best(text, scratch.single_, scratch.tokens_);
        } else {
            find_best(text, scratch.double_, scratch.tokens_);
        }
        std::size_t at = 0;
        for (auto token = scratch.tokens_.rbegin(); token != scratch.tokens_.rend();) {
            if (token->id != vocabulary_.unknown()) {
                on_token(token->id, token->length);
                at += token->length;
                ++token;
                continue;
            }
            std::size_t length = 0;
            for (; token != scratch.tokens_.rend() && token->id == vocabulary_.unknown(); ++token) {
                length += token->length;
            }
            if (falls_back(text.substr(at, length))) {
                vocabulary_.put_bytes(text.substr(at, length), on_token);
            } else {
                on_token(vocabulary_.unknown(), length);
            }
            at += length;
        }
    }

    /// The `n` most likely ways of cutting a text, the likeliest first; fewer where there are no
    /// more. Unknown characters count as they do there. Takes time and memory n times those of
    /// one.
    [[nodiscard]] std::vector<UnigramPath> n_best(std::string_view text, std::size_t n) const {
        struct Step {
            double sum;
            std::size_t begin;
            std::size_t rank; ///< of the way to `begin`
            Id id;
        };
        std::vector<std::vector<Step>> best(text.size() + 1);
        best[0].push_back({0, 0, 0, 0});
        std::vector<std::vector<Piece>> pieces(text.size() + 1); // by their end
        for_each_piece(text, [&](std::size_t begin, std::size_t end, Id id, double score) {
            pieces[end].push_back({begin, id, score});
        });
        for (std::size_t end = 1; end <= text.size(); ++end) {
            std::vector<Step>& steps = best[end];
            for (const Piece& piece : pieces[end]) {
                const std::vector<Step>& before = best[piece.begin];
                for (std::size_t rank = 0; rank < before.size(); ++rank) {
                    steps.push_back({before[rank].sum + piece.score, piece.begin, rank, piece.id});
                }
            }
            std::stable_sort(steps.begin(), steps.end(),
                             [](const Step& a, const Step& b) { return a.sum > b.sum; });
            if (steps.size() > n) steps.resize(n);
        }
        std::vector<UnigramPath> paths;
        for (std::size_t i = 0; i < best.back().size() && i < n; ++i) {
            UnigramPath path;
            path.score = best.back()[i].sum;
            std::vector<UnigramToken> tokens;
            for (std::size_t end = text.size(), rank = i; end != 0;) {
                const Step& step = best[end][rank];
                tokens.push_back({step.id, end - step.begin});
                end = step.begin;
                rank = step.rank;
            }
            put_tokens(text, tokens, path.tokens);
            paths.push_back(std::move(path));
        }
        return paths;
    }

    /// A way of cutting a text, drawn with the probability that is proportional to exp(alpha times
    /// its score): at 0 all are equally likely, and the greater alpha, the surer the best one is
    /// drawn. Forward filtering, backward sampling. Throws `OptionError` for an alpha that is not
    /// within -1e6 to 1e6.
    [[nodiscard]] std::vector<UnigramToken> sample(std::string_view text, double alpha,
                                                   Random& random) const {
        if (!(alpha >= -1e6 && alpha <= 1e6)) {
            throw OptionError("alpha = " + std::to_string(alpha) + ", expected -1e6 to 1e6");
        }
        std::vector<std::vector<Piece>> pieces(text.size() + 1);
        for_each_piece(text, [&](std::size_t begin, std::size_t end, Id id, double score) {
            pieces[end].push_back({begin, id, score});
        });
        // The logarithms of the sums of all ways up to a place.
        std::vector<double> sums(text.size() + 1, not_reached);
        sums[0] = 0;
        std::vector<double> terms;
        const auto term = [&](const Piece& piece) {
            return sums[piece.begin] + alpha * piece.score;
        };
        for (std::size_t end = 1; end <= text.size(); ++end) {
            double greatest = not_reached;
            for (const Piece& piece : pieces[end]) {
                greatest = (std::max)(greatest, term(piece));
            }
            double sum = 0;
            for (const Piece& piece : pieces[end]) {
                if (reached(term(piece))) sum += std::exp(term(piece) - greatest);
            }
            if (sum > 0) sums[end] = greatest + std::log(sum);
        }
        std::vector<UnigramToken> tokens;
        for (std::size_t end = text.size(); end != 0;) {
            double left = random.uniform64();
            const Piece* drawn = nullptr;
            for (const Piece& piece : pieces[end]) {
                if (!reached(term(piece))) continue;
                drawn = &piece;
                left -= std::exp(term(piece) - sums[end]);
                if (left < 0) break;
            }
            tokens.push_back({drawn->id, end - drawn->begin});
            end = drawn->begin;
        }
        std::vector<UnigramToken> result;
        put_tokens(text, tokens, result);
        return result;
    }

    /// The same as calls, as `SamplingModel` asks for.
    template <class OnToken>
    void sample(std::string_view text, double alpha, Random& random, Scratch& /*scratch*/,
                OnToken&& on_token) const {
        for (const UnigramToken& token : sample(text, alpha, random)) {
            on_token(token.id, token.length);
        }
    }
    /// The probabilities that the scores say.
    [[nodiscard]] double usual_strength() const noexcept { return 1; }

    [[nodiscard]] std::size_t size() const noexcept { return vocabulary_.size(); }
    [[nodiscard]] std::string_view token(Id id) const noexcept { return vocabulary_.token(id); }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const noexcept {
        return vocabulary_.find(token);
    }
    [[nodiscard]] std::size_t length(Id id) const noexcept { return vocabulary_.length(id); }
    [[nodiscard]] Id unknown() const noexcept { return vocabulary_.unknown(); }
    [[nodiscard]] PieceType type(Id id) const noexcept { return vocabulary_.type(id); }
    /// What a piece adds to the sum of a text's scores; for types other than normal and unknown not
    /// always what it was given.
    [[nodiscard]] float score(Id id) const noexcept { return scores_[id]; }
    [[nodiscard]] const UnigramOptions& options() const noexcept { return options_; }

    /// True where the pieces of a text are those of its parts, cut before each run of U+2581.
    [[nodiscard]] bool splits_at_spaces() const noexcept {
        return vocabulary_.splits_before_spaces();
    }

    /// The same for cuts after each run, for models in which spaces end words.
    [[nodiscard]] bool splits_after_spaces() const noexcept {
        return vocabulary_.splits_after_spaces();
    }

    [[nodiscard]] std::string settings() const {
        return "unigram " + std::to_string(vocabulary_.checksum()) +
               (options_.byte_fallback ? " byte-fallback" : "") +
               (options_.finds_all ? " all" : "") +
               (options_.sums == UnigramOptions::Sums::double_precision ? " double" : "");
    }

private:
    /// A piece that ends at some place of a text.
    struct Piece {
        std::size_t begin;
        Id id;
        double score;
    };

    /// The score of an unused piece. No infinity, which compilers may be told not to expect.
    static constexpr float passed_over = -3e38f;

    static constexpr double not_reached = -1e300;

    static bool reached(double sum) noexcept { return sum > not_reached / 2; }

    /// True where what is unknown becomes its bytes.
    [[nodiscard]] bool falls_back(std::string_view text) const noexcept {
        return vocabulary_.byte_fallback() &&
               !(options_.finds_all && text == token(vocabulary_.unknown()));
    }

    template <class Sum>
    void find_best(std::string_view text, std::vector<Scratch::Best<Sum>>& best,
                   std::vector<UnigramToken>& tokens) const {
        constexpr std::uint32_t unreached = ~0u;
        best.resize((std::max)(best.size(), text.size() + 1));
        for (std::size_t i = 1; i <= text.size(); ++i) {
            best[i].begin = unreached;
        }
        best[0].sum = 0;
        const detail::PieceTrie& trie = vocabulary_.trie();
        const auto unknown_score = static_cast<Sum>(unknown_score_);
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t character = detail::character_length(text.substr(begin));
            const Sum before = best[begin].sum;
            bool is_known = false;
            detail::PieceTrie::Node node = trie.root();
            Id id = 0;
            for (std::size_t end = begin; end < text.size() && trie.step(node, text[end], id);) {
                ++end;
                if (id == detail::PieceTrie::no_piece || scores_[id] == passed_over) continue;
                is_known |= end - begin == character;
                auto& to = best[end];
                const Sum sum = static_cast<Sum>(scores_[id]) + before;
                if (to.begin == unreached || sum > to.sum) {
                    to = {sum, static_cast<std::uint32_t>(begin), id};
                }
            }
            if (!is_known) {
                auto& to = best[begin + character];
                const Sum sum = unknown_score + before;
                if (to.begin == unreached || sum > to.sum) {
                    to = {sum, static_cast<std::uint32_t>(begin), vocabulary_.unknown()};
                }
            }
            begin += character;
        }
        tokens.clear();
        for (std::size_t end = text.size(); end != 0; end = best[end].begin) {
            tokens.push_back({best[end].id, end - best[end].begin});
        }
    }

    /// Calls `on_piece(begin, end, id, score)` for all pieces in the text, by their begin.
    template <class OnPiece>
    void for_each_piece(std::string_view text, OnPiece&& on_piece) const {
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t character = detail::character_length(text.substr(begin));
            bool is_known = false;
            detail::PieceTrie::Node node = vocabulary_.trie().root();
            Id id = 0;
            for (std::size_t end = begin;
                 end < text.size() && vocabulary_.trie().step(node, text[end], id);) {
                ++end;
                if (id == detail::PieceTrie::no_piece || scores_[id] == passed_over) continue;
                is_known |= end - begin == character;
                on_piece(begin, end, id, static_cast<double>(scores_[id]));
            }
            if (!is_known) {
                on_piece(begin, begin + character, vocabulary_.unknown(),
                         static_cast<double>(unknown_score_));
            }
            begin += character;
        }
    }

    /// Tokens from the last to the first become what `operator()` makes of them.
    void put_tokens(std::string_view text, const std::vector<UnigramToken>& backwards,
                    std::vector<UnigramToken>& to) const {
        std::size_t at = 0;
        for (auto token = backwards.rbegin(); token != backwards.rend(); ++token) {
            const bool is_unknown = token->id == vocabulary_.unknown();
            if (is_unknown && falls_back(text.substr(at, token->length))) {
                vocabulary_.put_bytes(text.substr(at, token->length),
                                      [&](Id id, std::size_t length) {
                                          to.push_back({id, length});
                                      });
            } else if (is_unknown && !to.empty() && to.back().id == token->id) {
                to.back().length += token->length;
            } else {
                to.push_back(*token);
            }
            at += token->length;
        }
    }

    detail::PieceVocabulary vocabulary_;
    UnigramOptions options_;
    std::vector<float> scores_; ///< by id
    float unknown_score_ = 0;
};

static_assert(SamplingModel<UnigramModel>);

} // namespace firth
