#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>

namespace firth {

/// Where writers put the bytes of a file, from front to back.
class ByteSink {
public:
    ByteSink() = default;
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;
    virtual ~ByteSink() = default;

    /// Appends `bytes`. Throws `IoError`.
    virtual void write(std::string_view bytes) = 0;

    /// Says that all bytes were written. Throws `IoError` where they could not be kept.
    virtual void commit() = 0;
};

/// Appends to a string.
class StringSink final : public ByteSink {
public:
    /// The string must outlive it.
    explicit StringSink(std::string& to) noexcept : to_(&to) {}

    void write(std::string_view bytes) override { to_->append(bytes); }
    void commit() override {}

private:
    std::string* to_;
};

/// Writes to a stream.
class StreamSink final : public ByteSink {
public:
    /// The stream must outlive it.
    explicit StreamSink(std::ostream& to) noexcept : to_(&to) {}

    void write(std::string_view bytes) override {
        to_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

    void commit() override {
        if (!to_->flush()) throw IoError("cannot write the stream: it failed");
    }

private:
    std::ostream* to_;
};

} // namespace firth
