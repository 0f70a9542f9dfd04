#pragma once

/// What the readers of a tokenizer.json's parts share. Needs nlohmann/json.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>

namespace firth::detail {

/// Members of objects, as what they have to be. Errors name the file.
class JsonReader {
public:
    using Json = nlohmann::json;

    explicit JsonReader(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[noreturn]] void fail(const std::string& what) const { throw FormatError(name_ + " " + what); }

    [[noreturn]] void refuse(const std::string& kind, const std::string& type) const {
        fail("asks for the " + kind + " \"" + type + "\", which is not supported");
    }

    /// A member of an object, or a value for where it is not there or null. Throws where it has
    /// another type, and for a number that does not fit.
    template <class T>
    [[nodiscard]] T get(const Json& object, const char* key, T otherwise) const {
        const auto found = object.find(key);
        if (found == object.end() || found->is_null()) return otherwise;
        try {
            if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>) {
                if (found->is_number_unsigned() &&
                    found->template get<std::uint64_t>() <= (std::numeric_limits<T>::max)())
                    return static_cast<T>(found->template get<std::uint64_t>());
            } else {
                return found->template get<T>();
            }
        } catch (const Json::exception&) {
            // said below
        }
        fail("has a \"" + std::string(key) + "\" of the wrong type: " + shown(*found));
    }

    [[nodiscard]] std::string type_of(const Json& step, const char* kind) const {
        if (!step.is_object()) fail("has a " + std::string(kind) + " that is no object");
        return get<std::string>(step, "type", "");
    }

    [[nodiscard]] const Json& list(const Json& step, const char* key) const {
        const auto found = step.find(key);
        if (found == step.end() || !found->is_array()) {
            fail("has a sequence without the array \"" + std::string(key) + '"');
        }
        return *found;
    }

    /// What a step looks for: a pattern in its own syntax, or a text as it stands.
    struct Pattern {
        std::string text;
        bool is_regex;
    };

    [[nodiscard]] Pattern pattern(const Json& step, const std::string& kind) const {
        const auto found = step.find("pattern");
        if (found == step.end() || !found->is_object())
            fail("has a " + kind + " without a pattern");
        if (found->contains("Regex")) return {get<std::string>(*found, "Regex", ""), true};
        if (!found->contains("String")) fail("has a " + kind + " without a pattern");
        return {get<std::string>(*found, "String", ""), false};
    }

    /// The text that a step looks for; patterns are refused by name.
    [[nodiscard]] std::string string_pattern(const Json& step, const std::string& kind) const {
        Pattern found = pattern(step, kind);
        if (found.is_regex) refuse("pattern of a " + kind, found.text);
        return std::move(found.text);
    }

    /// The begin of a value's text, for an error.
    [[nodiscard]] static std::string shown(const Json& value) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60);
    }

private:
    std::string name_;
};

} // namespace firth::detail
