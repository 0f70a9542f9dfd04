#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace firth {

/// XXH64 of a sequence of bytes, seed 0, as `xxhsum -H64` prints it; fed piece by piece. After
/// Collet's specification of the xxHash algorithms (its "XXH64 algorithm description"). Finds
/// damage, not malice.
class Checksum {
public:
    /// Takes in the next bytes.
    void add(std::string_view bytes) noexcept {
        if (bytes.empty()) return;
        length_ += bytes.size();
        if (held_ != 0) {
            const std::size_t taken = (std::min)(bytes.size(), stripe - held_);
            std::memcpy(buffer_.data() + held_, bytes.data(), taken);
            held_ += taken;
            bytes.remove_prefix(taken);
            if (held_ < stripe) return;
            mix(buffer_.data());
            held_ = 0;
        }
        for (; bytes.size() >= stripe; bytes.remove_prefix(stripe)) {
            mix(bytes.data());
        }
        if (!bytes.empty()) std::memcpy(buffer_.data(), bytes.data(), bytes.size());
        held_ = bytes.size();
    }

    /// The checksum of all bytes so far.
    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t sum = prime5;
        if (length_ >= stripe) {
            sum = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
                  std::rotl(lanes_[3], 18);
            for (const std::uint64_t lane : lanes_) {
                sum = (sum ^ mixed(0, lane)) * prime1 + prime4;
            }
        }
        sum += length_;
        const char* at = buffer_.data();
        const char* const end = at + held_;
        for (; end - at >= 8; at += 8) {
            sum = std::rotl(sum ^ mixed(0, read<std::uint64_t>(at)), 27) * prime1 + prime4;
        }
        if (end - at >= 4) {
            sum = std::rotl(sum ^ (read<std::uint32_t>(at) * prime1), 23) * prime2 + prime3;
            at += 4;
        }
        for (; at != end; ++at) {
            sum = std::rotl(sum ^ (static_cast<unsigned char>(*at) * prime5), 11) * prime1;
        }
        sum = (sum ^ (sum >> 33)) * prime2;
        sum = (sum ^ (sum >> 29)) * prime3;
        return sum ^ (sum >> 32);
    }

private:
    static constexpr std::size_t stripe = 32;
    static constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87u;
    static constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4Fu;
    static constexpr std::uint64_t prime3 = 0x165667B19E3779F9u;
    static constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63u;
    static constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5u;

    /// A number as it lies in memory: the same value on all machines of one byte order.
    template <class T>
    static std::uint64_t read(const char* from) noexcept {
        T value;
        std::memcpy(&value, from, sizeof(T));
        return value;
    }

    static constexpr std::uint64_t mixed(std::uint64_t lane, std::uint64_t input) noexcept {
        return std::rotl(lane + input * prime2, 31) * prime1;
    }

    void mix(const char* bytes) noexcept {
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            lanes_[i] = mixed(lanes_[i], read<std::uint64_t>(bytes + 8 * i));
        }
    }

    std::array<std::uint64_t, 4> lanes_{prime1 + prime2, prime2, 0, 0 - prime1};
    std::array<char, stripe> buffer_{};
    std::size_t held_ = 0;
    std::uint64_t length_ = 0;
};

/// The checksum of these bytes.
[[nodiscard]] inline std::uint64_t checksum(std::string_view bytes) noexcept {
    Checksum sum;
    sum.add(bytes);
    return sum.value();
}

} // namespace firth
