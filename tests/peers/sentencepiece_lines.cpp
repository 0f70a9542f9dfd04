/// What firth makes of the lines of standard input with a SentencePiece model, a line each, for
/// sentencepiece.py to compare.

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/metaspace.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer_file.hpp>
#include <firth/text/train_sentencepiece.hpp>

using namespace firth;

namespace {

template <class Action>
void for_each_line(Action&& action) {
    std::string line;
    while (std::getline(std::cin, line)) {
        action(line);
        std::cout << '\n';
    }
}

/// Calls `on_token(id, length)` for a normalised text, whole or cut by `pre_tokenizer`.
template <class Model, class Cut, class OnToken>
void encode(const Model& model, const Cut* cut, std::string_view text,
            typename Model::Scratch& scratch, OnToken&& on_token) {
    if (cut == nullptr) {
        model(text, scratch, on_token);
        return;
    }
    PieceBatch batch;
    for (std::size_t at = 0; at < text.size();) {
        batch.clear();
        at = (*cut)(text, at, batch);
        for (const Piece& piece : batch) {
            model(text.substr(piece.begin, piece.end - piece.begin), scratch, on_token);
        }
    }
}

template <class Model>
void put_ids(const SentencePieceModel& file, const Model& model, bool by_word, bool offsets) {
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(file);
    const SpaceRunPieces cut{file.space_as_suffix ? SpaceRunPieces::Side::after
                                                  : SpaceRunPieces::Side::before};
    by_word &= file.space_as_suffix ? model.splits_after_spaces() : model.splits_at_spaces();
    typename Model::Scratch scratch;
    NormalizedText text(offsets);
    for_each_line([&](const std::string& line) {
        text.clear();
        normalizer(line, text);
        std::size_t at = 0;
        encode(model, by_word ? &cut : nullptr, text.bytes(), scratch,
               [&](Id id, std::size_t length) {
                   std::cout << id << ' ';
                   if (offsets) {
                       const ByteRange range = text.source(at, at + length);
                       std::cout << range.begin << ' ' << range.end << ' ';
                   }
                   at += length;
               });
    });
}

/// Ids as Hugging Face's tokenizers make them of the model's parts.
void put_hugging_face_ids(const SentencePieceModel& file) {
    const UnigramModel model(file.pieces, {.byte_fallback = file.byte_fallback,
                                           .sums = UnigramOptions::Sums::double_precision,
                                           .finds_all = true});
    const PrecompiledNormalizer normalizer(file.normalization.charsmap);
    const Metaspace metaspace;
    UnigramModel::Scratch scratch;
    for_each_line([&](const std::string& line) {
        NormalizedText text;
        NormalizedText marked;
        normalizer(line, text);
        metaspace.rewrite(text.bytes(), true, marked);
        encode(model, &metaspace, marked.bytes(), scratch,
               [](Id id, std::size_t) { std::cout << id << ' '; });
    });
}

template <class Normalize>
void put_normalized(const Normalize& normalizer) {
    for_each_line([&](const std::string& line) {
        NormalizedText text;
        normalizer(line, text);
        std::cout << text.bytes();
    });
}

void put_decoded(const SentencePieceModel& file) {
    const SentencePieceDecoder decoder = sentencepiece_decoder(file);
    for_each_line([&](const std::string& line) {
        std::istringstream ids(line);
        std::vector<std::string> tokens;
        for (std::size_t id = 0; ids >> id;) {
            tokens.push_back(file.pieces.at(id).text);
        }
        decoder(tokens);
        FuseDecoder()(tokens);
        std::cout << tokens[0];
    });
}

/// Tokens between tabs; the results, too.
template <class Decode>
void put_changed(const Decode& decoder) {
    for_each_line([&](const std::string& line) {
        std::vector<std::string> tokens;
        std::istringstream fields(line);
        for (std::string token; std::getline(fields, token, '\t');) {
            tokens.push_back(token);
        }
        decoder(tokens);
        FuseDecoder()(tokens);
        std::cout << tokens[0];
    });
}

template <class Model>
void put_paths(const SentencePieceModel& file, const Model& model) {
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(file);
    for_each_line([&](const std::string& line) {
        NormalizedText text;
        normalizer(line, text);
        for (const UnigramPath& path : model.n_best(text.bytes(), 10)) {
            std::cout << path.score << ' ';
        }
    });
}

/// Trains a model on a text: `MODEL train TEXT SIZE RULE [bytes] [PIECE...]`, where pieces are
/// user-defined.
void train(const std::vector<std::string>& arguments) {
    UnigramTrainerOptions options;
    options.vocab_size = std::stoul(arguments.at(3));
    options.hard_vocab_limit = false;
    for (std::size_t i = 5; i < arguments.size(); ++i) {
        if (arguments[i] == "bytes") {
            options.byte_fallback = true;
            options.character_coverage = 0.99;
        } else {
            options.user_defined_symbols.push_back(arguments[i]);
        }
    }
    write_sentencepiece(arguments[0],
                        train_sentencepiece({arguments[2]}, options, arguments.at(4)));
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::cerr << "usage: sentencepiece_lines MODEL WHAT [PATH]\n"
                     "       sentencepiece_lines MODEL train TEXT SIZE RULE [bytes] [PIECE...]\n";
        return EXIT_FAILURE;
    }
    std::ios::sync_with_stdio(false);
    try {
        const std::string what = arguments[2];
        if (what == "train") {
            train(std::vector<std::string>(arguments + 1, arguments + count));
            return EXIT_SUCCESS;
        }
        const SentencePieceModel file = read_sentencepiece(arguments[1]);
        if (what == "write") {
            write_sentencepiece(arguments[3], file);
        } else if (what == "json") {
            write_tokenizer_json(arguments[3], sentencepiece_tokenizer(file));
        } else if (what == "json-ids") {
            const Tokenizer tokenizer = read_tokenizer(arguments[3]);
            for_each_line([&](const std::string& line) {
                for (const Id id : tokenizer.ids(line)) {
                    std::cout << id << ' ';
                }
            });
        } else if (what == "decode") {
            put_decoded(file);
        } else if (what == "hugging-face") {
            put_hugging_face_ids(file);
        } else if (what == "normalize") {
            put_normalized(sentencepiece_normalizer(file));
        } else if (what == "graphemes") {
            put_normalized(PrecompiledNormalizer(file.normalization.charsmap));
        } else if (what == "n-best") {
            put_paths(file, sentencepiece_unigram(file));
        } else if (what == "metaspace") {
            put_changed(MetaspaceDecoder());
        } else if (what == "byte-fallback") {
            put_changed(ByteFallbackDecoder());
        } else if (what == "strip") {
            put_changed(StripDecoder{"a", 2, 1});
        } else if (what == "replace") {
            put_changed(ReplaceDecoder{"aa", "b"});
        } else if (file.type == SentencePieceType::unigram) {
            put_ids(file, sentencepiece_unigram(file), what == "words", what == "offsets");
        } else {
            put_ids(file, sentencepiece_bpe(file), what == "words", what == "offsets");
        }
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
