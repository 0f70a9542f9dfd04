#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <istream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>

namespace firth {

/// Reads a file's bytes from front to back, never past the end; errors name the file and the byte.
class ByteReader {
public:
    /// `name` is what errors call the file. The bytes must outlive the reader.
    ByteReader(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string_view rest() const noexcept { return bytes_.substr(at_); }
    [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Throws `FormatError` about the byte at `position`.
    [[noreturn]] void fail_at(std::size_t position, const std::string& message) const {
        throw FormatError(name_ + ", byte " + std::to_string(position) + ": " + message);
    }

    /// Throws `FormatError` about the place where the reader stands.
    [[noreturn]] void fail(const std::string& message) const { fail_at(at_, message); }

    /// The next `size` bytes; `what` says in the error what they should have been.
    std::string_view take(std::size_t size, const std::string& what) {
        if (size > bytes_.size() - at_) {
            fail("the file ends after " + std::to_string(bytes_.size() - at_) + " of the " +
                 std::to_string(size) + " bytes of " + what);
        }
        const std::string_view taken = bytes_.substr(at_, size);
        at_ += size;
        return taken;
    }

    /// The next number, little-endian; `what` says in the error what it should have been.
    template <class T>
    T number(const std::string& what) {
        static_assert(std::is_arithmetic_v<T>);
        T value;
        std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
        if constexpr (std::endian::native == std::endian::big) value = detail::swap_bytes(value);
        return value;
    }

    /// `rows` rows of `row_bytes` bytes, whose product may be beyond 64 bits.
    std::string_view take_rows(std::uint64_t rows, std::uint64_t row_bytes,
                               const std::string& what) {
        if (row_bytes != 0 && rows > rest().size() / row_bytes) {
            fail("the file ends after " + std::to_string(rest().size()) + " bytes of " + what +
                 ", expected " + std::to_string(rows) + " times " + std::to_string(row_bytes));
        }
        return take(static_cast<std::size_t>(rows * row_bytes), what);
    }

    /// Everything up to the next `end` byte, which is passed over.
    std::string_view take_until(char end, const std::string& what) {
        const std::size_t found = bytes_.find(end, at_);
        if (found == bytes_.npos) fail("the file ends within " + what);
        const std::string_view taken = bytes_.substr(at_, found - at_);
        at_ = found + 1;
        return taken;
    }

    /// Passes over all `byte`s that come next.
    void skip_all(char byte) noexcept {
        while (at_ != bytes_.size() && bytes_[at_] == byte) {
            ++at_;
        }
    }

private:
    std::string_view bytes_;
    std::string name_;
    std::size_t at_ = 0;
};

/// All bytes that are left in a stream. Throws `IoError` where it fails.
[[nodiscard]] inline std::string read_all(std::istream& stream, const std::string& name) {
    std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (stream.bad()) throw IoError("cannot read " + name + ": the stream failed");
    return bytes;
}

} // namespace firth
