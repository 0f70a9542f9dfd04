#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>

namespace firth::detail {

/// What SentencePiece replaces before it cuts: a map from byte strings to byte strings, as its
/// files hold it ("precompiled"). u32 bytes of a trie, the trie as a double array in the layout of
/// Darts (Yata's darts-clone), then the replacements, each ended by a zero byte.
///
/// A unit of the trie is 32 bits: its own label (bits 0 to 7 and 31), whether a string ends there
/// (bit 8), and what its place is combined with to give that of its children (bits 10 to 30,
/// times 256 where bit 9 is set). The end of a string is a unit with bit 31 and its value.
///
/// All of that is checked once, so that no walk can leave the arrays.
class Charsmap {
public:
    /// A replacement for the first `length` bytes of a text.
    struct Match {
        std::size_t length = 0; ///< 0 for none
        std::string_view replacement;
    };

    /// Maps nothing.
    Charsmap() = default;

    /// Throws `FormatError`, calling the bytes `name`, where they are not what is said above.
    explicit Charsmap(std::string_view bytes, const std::string& name = "the charsmap") {
        if (bytes.empty()) return;
        const auto fail = [&](const std::string& message) {
            throw FormatError(name + ": " + message);
        };
        if (bytes.size() < 4) fail("it ends within the length of its trie");
        const std::size_t trie = number(bytes, 0);
        if (trie > bytes.size() - 4) {
            fail("a trie of " + std::to_string(trie) + " bytes, but only " +
                 std::to_string(bytes.size() - 4) + " follow");
        }
        if (trie % 1024 != 0 || trie == 0) {
            fail("a trie of " + std::to_string(trie) + " bytes, expected a multiple of 1024");
        }
        replacements_ = bytes.substr(4 + trie);
        if (replacements_.empty() || replacements_.back() != '\0') {
            fail("the last replacement is not ended by a zero byte");
        }
        units_.resize(trie / 4);
        for (std::size_t i = 0; i < units_.size(); ++i) {
            units_[i] = number(bytes, 4 + 4 * i);
        }
        check(fail);
        find_plain();
    }

    [[nodiscard]] bool empty() const noexcept { return units_.empty(); }

    /// What it was made of.
    [[nodiscard]] std::string bytes() const {
        std::string all;
        if (empty()) return all;
        const auto put = [&](std::uint32_t value) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                all += static_cast<char>(value >> shift & 0xFF);
            }
        };
        put(static_cast<std::uint32_t>(4 * units_.size()));
        for (const std::uint32_t unit : units_) {
            put(unit);
        }
        return all + replacements_;
    }

    /// The longest entry that `text` begins with.
    [[nodiscard]] Match longest(std::string_view text) const noexcept {
        return find(text, [](Match) { return false; });
    }

    /// The shortest.
    [[nodiscard]] Match shortest(std::string_view text) const noexcept {
        return find(text, [](Match) { return true; });
    }

    /// True for an ASCII byte that no entry changes where another ASCII byte follows it.
    [[nodiscard]] bool plain(char byte) const noexcept {
        return plain_[static_cast<unsigned char>(byte)];
    }

private:
    static std::uint32_t number(std::string_view bytes, std::size_t at) noexcept {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
        }
        return value;
    }

    static constexpr std::uint32_t value_mark = 1u << 31;

    static constexpr std::uint32_t label(std::uint32_t unit) noexcept {
        return unit & (value_mark | 0xFFu);
    }
    static constexpr bool ends(std::uint32_t unit) noexcept { return (unit >> 8 & 1) != 0; }
    static constexpr std::uint32_t offset(std::uint32_t unit) noexcept {
        return (unit >> 10) << ((unit & 1u << 9) >> 6);
    }

    template <class Enough>
    Match find(std::string_view text, const Enough& enough) const noexcept {
        Match found;
        if (units_.empty()) return found;
        text = text.substr(0, most_bytes); // children may come round to a node before
        std::size_t node = offset(units_[0]);
        for (std::size_t i = 0; i < text.size(); ++i) {
            const std::uint32_t byte = static_cast<unsigned char>(text[i]);
            const std::uint32_t unit = units_[node ^ byte];
            if (label(unit) != byte || byte == 0) break;
            node = (node ^ byte) ^ offset(unit);
            if (!ends(unit)) continue;
            const char* const value = replacements_.data() + (units_[node] & ~value_mark);
            found = {i + 1, std::string_view(value)};
            if (enough(found)) break;
        }
        return found;
    }

    /// Walks through the trie, each node once: those that end alike may share their children.
    template <class Fail>
    void check(const Fail& fail) const {
        // The nodes by what their parent's base must be, as lists.
        constexpr std::uint32_t none = ~0u;
        std::vector<std::uint32_t> first(units_.size(), none);
        std::vector<std::uint32_t> next(units_.size(), none);
        for (std::uint32_t i = 1; i < units_.size(); ++i) {
            const std::uint32_t byte = label(units_[i]);
            if (byte == 0 || byte > 0xFF) continue;
            next[i] = first[i ^ byte];
            first[i ^ byte] = i;
        }
        std::vector<bool> seen(units_.size(), false);
        std::vector<std::uint32_t> left{0};
        seen[0] = true;
        while (!left.empty()) {
            const std::uint32_t node = left.back();
            left.pop_back();
            const std::uint32_t base = node ^ offset(units_[node]);
            const auto place = [&] { return " at unit " + std::to_string(node); };
            if (base >= units_.size()) fail("the trie is left" + place());
            if (node != 0 && ends(units_[node])) {
                if ((units_[base] & value_mark) == 0) fail("an entry without value" + place());
                const std::uint32_t value = units_[base] & ~value_mark;
                if (value >= replacements_.size()) {
                    fail("a value outside of the replacements" + place());
                }
                const std::string_view rest =
                    std::string_view(replacements_).substr(value, most_bytes + 1);
                const std::size_t length = rest.find('\0');
                if (length == rest.npos) {
                    fail("a replacement of more than " + std::to_string(most_bytes) + " bytes" +
                         place());
                }
                if (!is_utf8(rest.substr(0, length))) {
                    fail("a replacement that is no UTF-8" + place());
                }
            }
            for (std::uint32_t child = first[base]; child != none; child = next[child]) {
                if (seen[child]) continue;
                seen[child] = true;
                left.push_back(child);
            }
        }
    }

    /// An ASCII byte is plain if it is no entry and no entry goes on from it with another.
    void find_plain() {
        const std::size_t root = offset(units_[0]);
        for (std::uint32_t byte = 1; byte < 0x80; ++byte) {
            const std::uint32_t unit = units_[root ^ byte];
            bool plain = true;
            if (label(unit) == byte) {
                const std::size_t base = (root ^ byte) ^ offset(unit);
                plain = !ends(unit);
                for (std::uint32_t then = 1; then < 0x80 && plain; ++then) {
                    plain = label(units_[base ^ then]) != then;
                }
            }
            plain_[byte] = plain;
        }
    }

    /// Of an entry and of a replacement: a walk is never longer, and a text grows by no more.
    static constexpr std::size_t most_bytes = 1000;

    static constexpr std::array<bool, 256> all_ascii() noexcept {
        std::array<bool, 256> plain{};
        for (std::size_t i = 0; i < 0x80; ++i) {
            plain[i] = true;
        }
        return plain;
    }

    std::vector<std::uint32_t> units_;
    std::string replacements_;
    std::array<bool, 256> plain_ = all_ascii();
};

} // namespace firth::detail
