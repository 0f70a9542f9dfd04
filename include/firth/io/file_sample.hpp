#pragma once

#include <optional>
#include <string_view>

#include <firth/io/detail/text_kind.hpp>

namespace firth {

/// What formats are asked about when a file is recognised: its bytes, and what kind of text they
/// are, which is found out once and only where a format asks.
class FileSample {
public:
    /// The bytes must outlive it.
    explicit FileSample(std::string_view bytes) noexcept : bytes_(bytes) {}

    /// All bytes of the file, unpacked. A large file is mapped: look at the first ones only.
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

    /// What the first lines are, taken for text. Parses up to a hundred of them.
    [[nodiscard]] const detail::TextVerdict& text() const {
        if (!text_) text_ = detail::judge_text(bytes_);
        return *text_;
    }

private:
    std::string_view bytes_;
    mutable std::optional<detail::TextVerdict> text_;
};

} // namespace firth
