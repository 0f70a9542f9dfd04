#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace firth {

/// The types of elements that files hold. In memory rows are float32 unless a name says otherwise.
enum class ElementType { f16, bf16, f32, f64, i8, u8, i32 };

/// Its name, as the tool spells it.
[[nodiscard]] constexpr std::string_view element_name(ElementType type) noexcept {
    constexpr std::array<std::string_view, 7> names{"f16", "bf16", "f32", "f64", "i8", "u8", "i32"};
    return names[static_cast<std::size_t>(type)];
}

/// The bytes of one element.
[[nodiscard]] constexpr std::size_t element_size(ElementType type) noexcept {
    constexpr std::array<std::size_t, 7> sizes{2, 2, 4, 8, 1, 1, 4};
    return sizes[static_cast<std::size_t>(type)];
}

} // namespace firth
