#pragma once

/// What a SentencePiece model is in a tokenizer.json. Needs nlohmann/json.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/sentencepiece.hpp>
#include <firth/text/decoders/sequence.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/normalizers/edits.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/normalizers/sentencepiece_normalizer.hpp>
#include <firth/text/normalizers/sequence.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/string_split.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/sentencepiece_bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/tokenizers/unigram.hpp>

namespace firth::detail {

/// True for a model that cuts as SentencePiece does, where Hugging Face's tokenizers do otherwise.
[[nodiscard]] inline bool is_sentencepiece(const AnyModel& model) {
    if (model.get_if<SentencePieceBpe>()) return true;
    const auto* const unigram = model.get_if<UnigramModel>();
    return unigram != nullptr &&
           !(unigram->options().finds_all &&
             unigram->options().sums == UnigramOptions::Sums::double_precision);
}

/// A tokenizer of SentencePiece's in the steps that Hugging Face's tokenizers have, which make the
/// same ids but where their own ways differ: a charsmap is looked up by graphemes, control pieces
/// and those of bytes are found where a text holds their names, sums of scores are of doubles.
///
/// The charsmap, and what removes spaces and puts one before a text, become normalizers; control
/// pieces and the unknown one added tokens, which are special. In Unigram a user-defined piece is
/// one of a high score; in BPE it is an added token. Each piece of BPE is made by the merge of the
/// two that it is always joined of, in the order of the scores.
class SentencePieceSteps {
public:
    explicit SentencePieceSteps(const TokenizerSteps<>& steps)
        : steps_(steps), normalizer_(steps.normalizer.get_if<SentencePieceNormalizer>()),
          decoder_(steps.decoder.get_if<SentencePieceDecoder>()),
          unigram_(steps.model.get_if<UnigramModel>()),
          bpe_(steps.model.get_if<SentencePieceBpe>()) {}

    /// Throws `FormatError`, naming it, for what has no equal there.
    [[nodiscard]] TokenizerSteps<> made() const {
        check();
        TokenizerSteps<> made = steps_;
        std::vector<AnyNormalizer> changes = normalizers();
        made.normalizer = changes.size() == 1
                              ? changes[0]
                              : AnyNormalizer(NormalizerSequence(std::move(changes)));
        made.decoder = decoder();
        if (unigram_ != nullptr) {
            made.model = unigram();
        } else {
            made.model = bpe();
        }
        made.pre_tokenizer = cut();
        add_tokens(made.added_tokens);
        return made;
    }

private:
    void check() const {
        if (normalizer_ == nullptr) {
            refuse_to_write("its model cuts as SentencePiece does, which goes with a normalizer of "
                            "SentencePiece's, but it has \"" +
                            steps_.normalizer.settings() + '"');
        }
        if (decoder_ == nullptr) {
            refuse_to_write("its model cuts as SentencePiece does, which goes with a decoder of "
                            "SentencePiece's, but it has \"" +
                            steps_.decoder.settings() + '"');
        }
        const SentencePieceNormalizerOptions& options = normalizer_->options();
        if (options.space_as_suffix)
            refuse_to_write("a SentencePiece model in which spaces end words");
        if (!options.escape_whitespaces)
            refuse_to_write("a SentencePiece model that does not escape spaces");
        const auto* const cuts = steps_.pre_tokenizer.get_if<SpaceRunPieces>();
        if (steps_.pre_tokenizer && (cuts == nullptr || !splits())) {
            refuse_to_write("its model cuts as SentencePiece does, which goes with whole texts, "
                            "but there is the pre-tokenizer \"" +
                            steps_.pre_tokenizer.settings() + '"');
        }
        for (Id id = 0; id < size(); ++id) {
            if (type(id) == PieceType::unused) {
                refuse_to_write("a SentencePiece model with the unused piece \"" +
                                std::string(token(id)) + '"');
            }
        }
    }

    [[nodiscard]] std::vector<AnyNormalizer> normalizers() const {
        const SentencePieceNormalizerOptions& options = normalizer_->options();
        std::vector<AnyNormalizer> steps;
        if (std::string map = normalizer_->charsmap(); !map.empty())
            steps.emplace_back(PrecompiledNormalizer(map));
        if (options.remove_extra_whitespaces) {
            steps.emplace_back(StripRun{" ", false});
            steps.emplace_back(ReplaceRuns{2, false, " "});
        }
        if (options.add_dummy_prefix) steps.emplace_back(Prepend{std::string(space_mark)});
        steps.emplace_back(Replace{" ", std::string(space_mark)});
        if (options.remove_extra_whitespaces)
            steps.emplace_back(StripRun{std::string(space_mark), true});
        return steps;
    }

    [[nodiscard]] AnyDecoder decoder() const {
        const SentencePieceDecoderOptions& options = decoder_->options();
        DecoderSequence made;
        made.steps.emplace_back(ReplaceDecoder{std::string(space_mark), " "});
        if (options.byte_fallback) made.steps.emplace_back(ByteFallbackDecoder());
        made.steps.emplace_back(FuseDecoder());
        if (options.add_dummy_prefix || options.remove_extra_whitespaces)
            made.steps.emplace_back(StripDecoder{" ", 1, 0});
        return made;
    }

    /// The unknown score is ten below the least of all there, of the normal ones here: no other is
    /// below that.
    [[nodiscard]] UnigramModel unigram() const {
        float least = (std::numeric_limits<float>::max)();
        for (Id id = 0; id < size(); ++id) {
            if (type(id) == PieceType::normal) least = (std::min)(least, unigram_->score(id));
        }
        std::vector<SentencePiece> pieces;
        for (Id id = 0; id < size(); ++id) {
            SentencePiece piece{std::string(token(id)), (std::max)(least, unigram_->score(id)),
                                type(id)};
            if (piece.type == PieceType::user_defined) keep_unchanged(piece.text, false);
            if (piece.type != PieceType::unknown && piece.type != PieceType::byte)
                piece.type = PieceType::normal;
            pieces.push_back(std::move(piece));
        }
        UnigramOptions options = unigram_->options();
        options.sums = UnigramOptions::Sums::double_precision;
        options.finds_all = true;
        return UnigramModel(pieces, options);
    }

    [[nodiscard]] Bpe bpe() const {
        std::vector<std::pair<std::string_view, Id>> tokens;
        std::vector<std::pair<std::uint32_t, Bpe::Rule>> ranked;
        SentencePieceBpe::Scratch scratch;
        for (Id id = 0; id < size(); ++id) {
            tokens.emplace_back(token(id), id);
            const std::size_t left =
                type(id) == PieceType::normal ? bpe_->joined_of(id, scratch) : 0;
            if (left == 0) continue;
            const auto part = [&](std::string_view text) {
                const std::optional<Id> found = bpe_->find(text);
                if (!found || type(*found) != PieceType::normal) {
                    refuse_to_write("the piece \"" + std::string(token(id)) + "\" is joined of \"" +
                                    std::string(text) + "\", which is no piece");
                }
                return *found;
            };
            ranked.push_back({bpe_->rank(id),
                              {part(token(id).substr(0, left)), part(token(id).substr(left)), id}});
        }
        std::stable_sort(ranked.begin(), ranked.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<Bpe::Rule> rules;
        for (std::size_t i = 0; i < ranked.size(); ++i) {
            if (i != 0 && ranked[i].first == ranked[i - 1].first) {
                refuse_to_write("the pieces \"" + std::string(token(rules.back().token)) +
                                "\" and \"" + std::string(token(ranked[i].second.token)) +
                                "\" have one score, so that the leftmost comes first, where merges "
                                "are in one order");
            }
            rules.push_back(ranked[i].second);
        }
        BpeOptions options;
        options.unknown = token(bpe_->unknown());
        options.fuse_unknown = true;
        options.byte_fallback = bpe_->byte_fallback();
        return Bpe(TokenTable(tokens, "the model"), rules, std::move(options));
    }

    /// How a text is cut into pieces that can be cached: not at all if any token has U+2581 after
    /// its first character.
    [[nodiscard]] AnyPreTokenizer cut() const {
        for (Id id = 0; id < size(); ++id) {
            if (token(id).find(space_mark, 1) != std::string_view::npos) return {};
        }
        if (!splits()) return {};
        return StringSplit{std::string(space_mark), SplitBehavior::merged_with_next};
    }

    void add_tokens(std::vector<AddedToken>& to) const {
        for (Id id = 0; id < size(); ++id) {
            AddedToken added;
            added.content = token(id);
            added.id = id;
            added.special = type(id) == PieceType::control || type(id) == PieceType::unknown;
            if (!added.special && (bpe_ == nullptr || type(id) != PieceType::user_defined))
                continue;
            added.normalized = !added.special; // spaces are marks where it is looked for
            if (added.normalized) {
                if (normalizer_->options().add_dummy_prefix) {
                    refuse_to_write("a SentencePiece model of type bpe with the user-defined "
                                    "piece \"" +
                                    added.content + "\" and a space before each text");
                }
                keep_unchanged(added.content, true);
            }
            const auto is_same = [&](const AddedToken& each) {
                return each.content == added.content;
            };
            if (std::none_of(to.begin(), to.end(), is_same)) to.push_back(std::move(added));
        }
    }

    /// A user-defined piece is found before anything is changed here, and after it there: alone,
    /// with the spaces at its ends taken away, or within a text.
    void keep_unchanged(const std::string& piece, bool alone) const {
        NormalizedText changed;
        changed.append_unchanged(piece, 0, piece.size());
        for (const AnyNormalizer& step : normalizers()) {
            if (step.get_if<Prepend>() || (!alone && step.get_if<StripRun>())) continue;
            NormalizedText next;
            step(changed.bytes(), next);
            std::swap(changed, next);
        }
        if (changed.bytes() != piece) {
            refuse_to_write("the normalizer would change the user-defined piece \"" + piece + '"');
        }
    }

    [[nodiscard]] std::size_t size() const { return steps_.model.size(); }
    [[nodiscard]] std::string_view token(Id id) const { return steps_.model.token(id); }
    [[nodiscard]] PieceType type(Id id) const {
        return unigram_ != nullptr ? unigram_->type(id) : bpe_->type(id);
    }
    [[nodiscard]] bool splits() const {
        return unigram_ != nullptr ? unigram_->splits_at_spaces() : bpe_->splits_at_spaces();
    }

    const TokenizerSteps<>& steps_;
    const SentencePieceNormalizer* normalizer_;
    const SentencePieceDecoder* decoder_;
    const UnigramModel* unigram_;
    const SentencePieceBpe* bpe_;
};

} // namespace firth::detail
