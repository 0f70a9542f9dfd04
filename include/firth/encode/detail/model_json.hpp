#pragma once

/// What the readers of models' configs share. Needs nlohmann/json.

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>

namespace firth::detail {

/// A JSON file that is an object, or a list of objects; errors name the file.
class ModelJson {
public:
    using Json = nlohmann::json;

    /// Throws `IoError` where it cannot be read, and `FormatError` where it is no JSON.
    explicit ModelJson(std::string path) : path_(std::move(path)) {
        const MappedFile file(path_);
        try {
            root_ = Json::parse(file.bytes());
        } catch (const Json::exception& error) {
            fail(std::string("is no JSON: ") + error.what());
        }
    }

    [[noreturn]] void fail(const std::string& what) const { throw FormatError(path_ + " " + what); }

    [[noreturn]] void refuse(const std::string& kind, const std::string& what) const {
        fail("asks for the " + kind + " \"" + what + "\", which is not supported");
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The whole as an object. Throws where it is none.
    [[nodiscard]] const Json& object() const {
        if (!root_.is_object()) fail("is no object, expected a model's config");
        return root_;
    }

    /// The whole as a list of objects. Throws where it is none.
    [[nodiscard]] const Json& list() const {
        if (!root_.is_array()) fail("is no list of modules");
        for (const Json& each : root_) {
            if (!each.is_object()) fail("has a module that is no object");
        }
        return root_;
    }

    /// A member of an object, or `otherwise` where it is not there or null. Throws where it has
    /// another type, and for a number that does not fit.
    template <class T>
    [[nodiscard]] T get(const Json& object, const char* key, T otherwise) const {
        const auto found = object.find(key);
        if (found == object.end() || found->is_null()) return otherwise;
        bool fits = false;
        if constexpr (std::is_same_v<T, bool>) {
            fits = found->is_boolean();
        } else if constexpr (std::is_integral_v<T>) {
            fits = found->is_number_unsigned() &&
                   found->template get<std::uint64_t>() <= (std::numeric_limits<T>::max)();
        } else if constexpr (std::is_floating_point_v<T>) {
            fits = found->is_number();
        } else {
            fits = found->is_string();
        }
        if (!fits) fail("has a \"" + std::string(key) + "\" of the wrong type");
        return found->template get<T>();
    }

private:
    std::string path_;
    Json root_;
};

} // namespace firth::detail
