#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/utf8.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// A `PreTokenizer` of bytes: what another, which rewrites nothing, cuts of the characters that
/// stand for them (`ByteCharacters`). Falcon's tokenizer cuts so, behind ByteLevel: 0xB2 is a digit
/// there, since it stands as a small two.
class OnByteCharacters {
public:
    explicit OnByteCharacters(AnyPreTokenizer step) : step_(std::move(step)) {}

    [[nodiscard]] const AnyPreTokenizer& step() const noexcept { return step_; }

    /// All at once: as a finer step it is given pieces, which are short.
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        static constexpr ByteCharacters characters{};
        const std::string spelled = characters.spelled(text.substr(from));
        std::size_t seen = 0; // bytes of `spelled`, and of `text` behind `from`
        std::size_t bytes = 0;
        const auto bytes_before = [&](std::size_t place) {
            for (; seen < place; ++bytes) {
                seen += decode_utf8(spelled, seen).length;
            }
            return from + bytes;
        };
        for (std::size_t at = 0; at < spelled.size();) {
            PieceBatch some;
            at = step_(spelled, at, some);
            for (const Piece& piece : some) {
                const std::size_t begin = bytes_before(piece.begin);
                to.add(begin, bytes_before(piece.end));
            }
        }
        return text.size();
    }

    [[nodiscard]] std::string settings() const { return "of bytes: " + step_.settings(); }

private:
    AnyPreTokenizer step_;
};

static_assert(PreTokenizer<OnByteCharacters>);

} // namespace firth
