#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>

/// Protobuf's wire format: a message is a sequence of fields, each a number and a type (a varint),
/// then the value. After the encoding guide of Protocol Buffers. Groups, which no current writer
/// makes, are refused.
namespace firth::detail {

/// How a field's value lies in the bytes.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// A field of a message.
struct ProtobufField {
    std::uint32_t number = 0;
    WireType type = WireType::varint;
    std::uint64_t value = 0;  ///< of a varint, fixed64 or fixed32
    std::string_view bytes;   ///< of a string, byte sequence or message
    std::string_view whole;   ///< all of it, with its number: what an unknown field is kept as
    std::size_t at = 0;       ///< the byte of the file where it begins
    std::size_t value_at = 0; ///< the byte of the file where its value begins
};

/// Reads the fields of a message in their order, never past its end; errors name the file and the
/// byte.
class ProtobufReader {
public:
    /// `bytes` are a message that begins at byte `at` of the file `name`; both must outlive it.
    ProtobufReader(std::string_view bytes, std::string_view name, std::size_t at = 0) noexcept
        : bytes_(bytes), name_(name), file_at_(at) {}

    /// The next field, or nothing at the end. Throws `FormatError` where the bytes are no field.
    std::optional<ProtobufField> next() {
        if (at_ == bytes_.size()) return std::nullopt;
        const std::size_t begin = at_;
        ProtobufField field;
        field.at = file_at_ + begin;
        const std::uint64_t tag = varint();
        if (tag >> 32 != 0 || tag >> 3 == 0) {
            fail(field.at, "expected a field, found the number " + std::to_string(tag >> 3));
        }
        field.number = static_cast<std::uint32_t>(tag >> 3);
        field.value_at = file_at_ + at_;
        switch (tag & 7) {
        case 0:
            field.value = varint();
            break;
        case 1:
            field.value = fixed(8);
            break;
        case 2:
            field.bytes = counted();
            break;
        case 5:
            field.value = fixed(4);
            break;
        default:
            fail(field.at, "field " + std::to_string(field.number) + " has type " +
                               std::to_string(tag & 7) + ", expected 0, 1, 2 or 5");
        }
        field.type = static_cast<WireType>(tag & 7);
        if (field.type == WireType::bytes) field.value_at = file_at_ + at_ - field.bytes.size();
        field.whole = bytes_.substr(begin, at_ - begin);
        return field;
    }

    /// The message in a field. Throws where it is none.
    [[nodiscard]] ProtobufReader message(const ProtobufField& field) const {
        return {text(field), name_, field.value_at};
    }

    /// The string or bytes in a field. Throws where it holds a number.
    [[nodiscard]] std::string_view text(const ProtobufField& field) const {
        require(field, WireType::bytes);
        return field.bytes;
    }

    /// The integer in a field, which was written as 64 bits where it is negative.
    [[nodiscard]] std::int32_t integer(const ProtobufField& field) const {
        require(field, WireType::varint);
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(field.value));
    }

    [[nodiscard]] bool boolean(const ProtobufField& field) const {
        require(field, WireType::varint);
        return field.value != 0;
    }

    [[nodiscard]] float number(const ProtobufField& field) const {
        require(field, WireType::fixed32);
        return std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    }

    /// Throws `FormatError` about the byte `at` of the file.
    [[noreturn]] void fail(std::size_t at, const std::string& message) const {
        throw FormatError(std::string(name_) + ", byte " + std::to_string(at) + ": " + message);
    }

private:
    void require(const ProtobufField& field, WireType type) const {
        if (field.type == type) return;
        fail(field.at, "field " + std::to_string(field.number) + " has type " +
                           std::to_string(static_cast<int>(field.type)) + ", expected " +
                           std::to_string(static_cast<int>(type)));
    }

    std::uint64_t varint() {
        const std::size_t begin = at_;
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at_ == bytes_.size()) fail(file_at_ + begin, "the message ends within a number");
            const auto byte = static_cast<unsigned char>(bytes_[at_++]);
            if (shift == 63 && byte > 1) break;
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return value;
        }
        fail(file_at_ + begin, "a number has more than 64 bits");
    }

    std::uint64_t fixed(std::size_t size) {
        if (bytes_.size() - at_ < size) fail(file_at_ + at_, "the message ends within a number");
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
        }
        at_ += size;
        return value;
    }

    std::string_view counted() {
        const std::size_t begin = at_;
        const std::uint64_t size = varint();
        if (size > bytes_.size() - at_) {
            fail(file_at_ + begin, "a field of " + std::to_string(size) +
                                       " bytes, but the message has only " +
                                       std::to_string(bytes_.size() - at_) + " more");
        }
        const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
        at_ += taken.size();
        return taken;
    }

    std::string_view bytes_;
    std::string_view name_;
    std::size_t file_at_;
    std::size_t at_ = 0;
};

/// Writes the fields of a message in the order they are put.
class ProtobufWriter {
public:
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

    void put(std::uint32_t number, bool value) { put_varint(number, value ? 1 : 0); }

    /// Negative numbers take ten bytes, as the format has them.
    void put(std::uint32_t number, std::int32_t value) {
        put_varint(number, static_cast<std::uint64_t>(std::int64_t{value}));
    }

    void put(std::uint32_t number, float value) {
        tag(number, WireType::fixed32);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes_ += static_cast<char>(bits >> shift & 0xFFu);
        }
    }

    /// A string, bytes or a message.
    void put(std::uint32_t number, std::string_view value) {
        tag(number, WireType::bytes);
        varint(value.size());
        bytes_.append(value);
    }

    /// Fields as they were read.
    void put_fields(std::string_view fields) { bytes_.append(fields); }

private:
    void put_varint(std::uint32_t number, std::uint64_t value) {
        tag(number, WireType::varint);
        varint(value);
    }

    void tag(std::uint32_t number, WireType type) {
        varint(std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
    }

    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) {
            bytes_ += static_cast<char>((value & 0x7Fu) | 0x80u);
        }
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

} // namespace firth::detail
