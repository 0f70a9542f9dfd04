#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/detail/protobuf.hpp>
#include <firth/text/sentence_piece.hpp>

/// SentencePiece's `.model` files, read and written.
namespace firth {

/// How SentencePiece makes pieces of a text.
enum class SentencePieceType : std::uint8_t { unigram = 1, bpe = 2, word = 3, character = 4 };

/// What a model says of a text before it is cut (and, as the denormalizer, after it was decoded).
struct SentencePieceNormalization {
    std::string name;                     ///< "nmt_nfkc", "identity" ...
    std::string charsmap;                 ///< see `normalizers/precompiled.hpp`; may be empty
    bool add_dummy_prefix = true;         ///< a space before the text
    bool remove_extra_whitespaces = true; ///< runs of spaces become one, none at the ends
    bool escape_whitespaces = true;       ///< U+2581 for spaces
    std::string other_fields;             ///< of the file, kept for writing
};

/// What is in a `.model` file. Fields that firth makes no use of are kept as bytes, so that a model
/// that was read is written with all that it had.
struct SentencePieceModel {
    std::vector<SentencePiece> pieces; ///< by id
    SentencePieceType type = SentencePieceType::unigram;
    bool space_as_suffix = false; ///< U+2581 ends words where it otherwise begins them
    bool byte_fallback = false;   ///< unknown characters become the pieces of their bytes
    std::int32_t unknown_id = 0;
    std::int32_t begin_id = 1; ///< of `<s>`; -1 for none, as with the next two
    std::int32_t end_id = 2;
    std::int32_t padding_id = -1;
    std::string unknown_surface = " \xE2\x81\x87 "; ///< what the unknown piece is decoded to
    SentencePieceNormalization normalization;
    std::optional<SentencePieceNormalization> denormalization;
    std::string trainer_fields; ///< the other fields of the training's settings
    std::string other_fields;   ///< the file's
    std::vector<std::pair<std::size_t, std::string>> piece_fields; ///< of some pieces, by id
};

namespace detail {

/// Reads the parts of a `.model` file.
class SentencePieceParser {
public:
    SentencePieceParser(std::string_view bytes, std::string_view name)
        : bytes_(bytes), name_(name) {}

    SentencePieceModel parse() {
        ProtobufReader reader(bytes_, name_);
        while (const auto field = reader.next()) {
            switch (field->number) {
            case 1:
                add_piece(reader, *field);
                break;
            case 2:
                read_trainer(reader.message(*field));
                break;
            case 3:
                read_normalization(reader.message(*field), model_.normalization);
                break;
            case 5:
                if (!model_.denormalization) model_.denormalization.emplace();
                read_normalization(reader.message(*field), *model_.denormalization);
                break;
            default:
                model_.other_fields += field->whole;
            }
        }
        check_whole(reader);
        return std::move(model_);
    }

private:
    void add_piece(const ProtobufReader& file, const ProtobufField& whole) {
        if (model_.pieces.size() == most_pieces) {
            file.fail(whole.at, "more than " + std::to_string(most_pieces) + " pieces");
        }
        SentencePiece piece;
        std::string others;
        ProtobufReader reader = file.message(whole);
        while (const auto field = reader.next()) {
            switch (field->number) {
            case 1:
                piece.text = reader.text(*field);
                break;
            case 2:
                piece.score = reader.number(*field);
                break;
            case 3: {
                const std::int32_t type = reader.integer(*field);
                if (type < 1 || type > 6) {
                    reader.fail(field->at,
                                "a piece of type " + std::to_string(type) + ", expected 1 to 6");
                }
                piece.type = static_cast<PieceType>(type);
                break;
            }
            default:
                others += field->whole;
            }
        }
        const std::string id = "piece " + std::to_string(model_.pieces.size());
        if (piece.text.empty()) file.fail(whole.at, id + " is empty");
        if (!is_utf8(piece.text)) file.fail(whole.at, id + " is no UTF-8");
        if (!is_finite(piece.score)) file.fail(whole.at, id + " has no finite score");
        if (piece.type == PieceType::byte && byte_of_piece(piece.text) < 0) {
            file.fail(whole.at, id + " has the type of bytes, expected the name <0x00> to <0xFF>");
        }
        unknowns_ += piece.type == PieceType::unknown;
        if (unknowns_ > 1) file.fail(whole.at, id + " is a second unknown piece");
        if (!others.empty()) model_.piece_fields.emplace_back(model_.pieces.size(), others);
        places_.push_back(whole.at);
        model_.pieces.push_back(std::move(piece));
    }

    void read_trainer(ProtobufReader reader) {
        while (const auto field = reader.next()) {
            switch (field->number) {
            case 3: {
                const std::int32_t type = reader.integer(*field);
                if (type < 1 || type > 4) {
                    reader.fail(field->at,
                                "a model of type " + std::to_string(type) + ", expected 1 to 4");
                }
                model_.type = static_cast<SentencePieceType>(type);
                break;
            }
            case 24:
                model_.space_as_suffix = reader.boolean(*field);
                break;
            case 35:
                model_.byte_fallback = reader.boolean(*field);
                break;
            case 40:
                model_.unknown_id = reader.integer(*field);
                break;
            case 41:
                model_.begin_id = reader.integer(*field);
                break;
            case 42:
                model_.end_id = reader.integer(*field);
                break;
            case 43:
                model_.padding_id = reader.integer(*field);
                break;
            case 44:
                model_.unknown_surface = reader.text(*field);
                break;
            default:
                model_.trainer_fields += field->whole;
            }
        }
    }

    static void read_normalization(ProtobufReader reader, SentencePieceNormalization& to) {
        while (const auto field = reader.next()) {
            switch (field->number) {
            case 1:
                to.name = reader.text(*field);
                break;
            case 2:
                to.charsmap = reader.text(*field);
                break;
            case 3:
                to.add_dummy_prefix = reader.boolean(*field);
                break;
            case 4:
                to.remove_extra_whitespaces = reader.boolean(*field);
                break;
            case 5:
                to.escape_whitespaces = reader.boolean(*field);
                break;
            default:
                to.other_fields += field->whole;
            }
        }
    }

    /// What concerns all pieces.
    void check_whole(const ProtobufReader& file) const {
        std::unordered_set<std::string_view> seen;
        seen.reserve(model_.pieces.size());
        std::size_t bytes = 0;
        for (std::size_t id = 0; id < model_.pieces.size(); ++id) {
            const SentencePiece& piece = model_.pieces[id];
            if (!seen.insert(piece.text).second) {
                file.fail(places_[id], "piece " + std::to_string(id) + " is there before: \"" +
                                           piece.text.substr(0, 60) + '"');
            }
            if (piece.type != PieceType::byte) continue;
            ++bytes;
            if (!model_.byte_fallback) {
                file.fail(places_[id], "a piece for a byte, but the model has no byte fallback");
            }
        }
        if (unknowns_ == 0) file.fail(bytes_.size(), "the model ends without an unknown piece");
        if (model_.byte_fallback && bytes != 256) {
            file.fail(bytes_.size(), "the model ends with pieces for " + std::to_string(bytes) +
                                         " bytes, expected 256 for byte fallback");
        }
    }

    std::string_view bytes_;
    std::string_view name_;
    SentencePieceModel model_;
    std::vector<std::size_t> places_; ///< of each piece in the file
    std::size_t unknowns_ = 0;
};

inline std::string format_normalization(const SentencePieceNormalization& from) {
    ProtobufWriter to;
    to.put(1, std::string_view(from.name));
    to.put(2, std::string_view(from.charsmap));
    to.put(3, from.add_dummy_prefix);
    to.put(4, from.remove_extra_whitespaces);
    to.put(5, from.escape_whitespaces);
    to.put_fields(from.other_fields);
    return to.bytes();
}

} // namespace detail

/// The model in the bytes of a `.model` file. Throws `FormatError`, naming the byte, where they are
/// cut or damaged, where pieces are missing, empty, twice there, no UTF-8 or without a finite
/// score, where there is no unknown piece or not one for each byte with byte fallback.
[[nodiscard]] inline SentencePieceModel parse_sentencepiece(std::string_view bytes,
                                                            const std::string& name = "the model") {
    return detail::SentencePieceParser(bytes, name).parse();
}

/// The model in a file. Throws what `parse_sentencepiece` does, and `IoError`.
[[nodiscard]] inline SentencePieceModel read_sentencepiece(const std::string& path) {
    const MappedFile file(path);
    return parse_sentencepiece(file.bytes(), path);
}

/// The bytes of a `.model` file.
[[nodiscard]] inline std::string format_sentencepiece(const SentencePieceModel& model) {
    detail::ProtobufWriter file;
    auto fields = model.piece_fields.begin();
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const SentencePiece& from = model.pieces[id];
        detail::ProtobufWriter piece;
        piece.put(1, std::string_view(from.text));
        piece.put(2, from.score);
        if (from.type != PieceType::normal) piece.put(3, static_cast<std::int32_t>(from.type));
        if (fields != model.piece_fields.end() && fields->first == id) {
            piece.put_fields((fields++)->second);
        }
        file.put(1, std::string_view(piece.bytes()));
    }
    detail::ProtobufWriter trainer;
    trainer.put(3, static_cast<std::int32_t>(model.type));
    trainer.put(24, model.space_as_suffix);
    trainer.put(35, model.byte_fallback);
    trainer.put(40, model.unknown_id);
    trainer.put(41, model.begin_id);
    trainer.put(42, model.end_id);
    trainer.put(43, model.padding_id);
    trainer.put(44, std::string_view(model.unknown_surface));
    trainer.put_fields(model.trainer_fields);
    file.put(2, std::string_view(trainer.bytes()));
    file.put(3, std::string_view(detail::format_normalization(model.normalization)));
    if (model.denormalization) {
        file.put(5, std::string_view(detail::format_normalization(*model.denormalization)));
    }
    file.put_fields(model.other_fields);
    return file.bytes();
}

/// Writes a `.model` file. Throws `IoError`.
inline void write_sentencepiece(const std::string& path, const SentencePieceModel& model) {
    AtomicFile file(path);
    file.write(format_sentencepiece(model));
    file.commit();
}

} // namespace firth
