#include <firth/text/pre_tokenizers/string_split.hpp>

#include <firth/base/random.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;

template <class Cut>
Strings split_pieces(const Cut& cut, std::string_view text) {
    Strings pieces;
    for (std::size_t at = 0; at < text.size();) {
        PieceBatch batch;
        at = cut(text, at, batch);
        for (const Piece& piece : batch) {
            pieces.emplace_back(text.substr(piece.begin, piece.end - piece.begin));
        }
    }
    return pieces;
}

/// The behaviors by their definitions, on all parts at once.
Strings expected(const StringSplit& split, std::string_view text) {
    std::vector<std::pair<std::string, bool>> parts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t found = (std::min)(text.find(split.pattern, at), text.size());
        if (found > at) parts.emplace_back(text.substr(at, found - at), split.inverted);
        if (found == text.size()) break;
        parts.emplace_back(split.pattern, !split.inverted);
        at = found + split.pattern.size();
    }
    Strings pieces;
    bool last_cut = false;
    switch (split.behavior) {
    case SplitBehavior::removed:
        for (const auto& [part, cuts] : parts) {
            if (!cuts) pieces.push_back(part);
        }
        break;
    case SplitBehavior::isolated:
        for (const auto& [part, cuts] : parts) {
            pieces.push_back(part);
        }
        break;
    case SplitBehavior::contiguous:
        for (const auto& [part, cuts] : parts) {
            if (!pieces.empty() && cuts == last_cut) {
                pieces.back() += part;
            } else {
                pieces.push_back(part);
            }
            last_cut = cuts;
        }
        break;
    case SplitBehavior::merged_with_previous:
        for (const auto& [part, cuts] : parts) {
            if (cuts && !last_cut && !pieces.empty()) {
                pieces.back() += part;
            } else {
                pieces.push_back(part);
            }
            last_cut = cuts;
        }
        break;
    case SplitBehavior::merged_with_next:
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (part->second && !last_cut && !pieces.empty()) {
                pieces.front() = part->first + pieces.front();
            } else {
                pieces.insert(pieces.begin(), part->first);
            }
            last_cut = part->second;
        }
        break;
    }
    return pieces;
}

} // namespace

TEST_CASE("A text is cut where another stands", "[pre_tokenizer]") {
    using enum SplitBehavior;
    CHECK(split_pieces(StringSplit{"--", removed}, "a----b-") == Strings{"a", "b-"});
    CHECK(split_pieces(StringSplit{"--", isolated}, "a----b-") == Strings{"a", "--", "--", "b-"});
    CHECK(split_pieces(StringSplit{"--", contiguous}, "a----b-") == Strings{"a", "----", "b-"});
    CHECK(split_pieces(StringSplit{"-", merged_with_previous}, "a--b") == Strings{"a-", "-", "b"});
    CHECK(split_pieces(StringSplit{"-", merged_with_next}, "a--b") == Strings{"a", "-", "-b"});
    CHECK(split_pieces(StringSplit{"-", removed, true}, "a--b") == Strings{"-", "-"});
    CHECK(split_pieces(StringSplit{"", isolated}, "ab") == Strings{"ab"});
    CHECK(split_pieces(StringSplit{"", removed, true}, "ab").empty());
    Random random(5);
    for (int i = 0; i < 3000; ++i) {
        std::string text;
        const std::uint32_t size = i == 0 ? 3000 : random.below(24); // more than one batch
        for (std::uint32_t k = 0; k < size; ++k) {
            text += "ab- "[random.below(4)];
        }
        const StringSplit split{i % 3 == 0 ? "ab" : "-", static_cast<SplitBehavior>(i % 5),
                                random.below(2) == 1};
        CAPTURE(text, split.settings());
        REQUIRE(split_pieces(split, text) == expected(split, text));
    }
}

TEST_CASE("Pieces of a fixed length", "[pre_tokenizer]") {
    CHECK(split_pieces(FixedLength{2}, "a\xC3\xA9"
                                    "bcd") == Strings{"a\xC3\xA9", "bc", "d"});
    CHECK(split_pieces(FixedLength{5}, "").empty());
    CHECK(split_pieces(FixedLength{1}, std::string(1200, 'a')).size() == 1200);
}
