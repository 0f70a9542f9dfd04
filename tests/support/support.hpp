#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/table/word_vectors.hpp>

#include "catch.hpp"
#include "vectors.hpp"

namespace test {

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("firth-test-" + std::to_string(std::random_device{}()))) {
        std::filesystem::create_directories(path_);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }

    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), {}));
    }

private:
    std::filesystem::path path_;
};

inline void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// `count` floats in [-1, 1).
inline std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
    firth::Random random(seed);
    std::vector<float> values(count);
    for (float& value : values) {
        value = 2.0f * random.uniform() - 1.0f;
    }
    return values;
}

/// Words w0, w1, ... with random vectors.
inline firth::WordVectors<float> random_vectors(std::size_t rows, std::size_t dim,
                                                std::uint64_t seed) {
    firth::Vocabulary vocabulary;
    for (std::size_t id = 0; id < rows; ++id) {
        vocabulary.add("w" + std::to_string(id));
    }
    return {std::move(vocabulary), random_table(rows, dim, seed)};
}

/// The folder with real data, from FIRTH_DATA_DIR or beside the checkout; nothing, and a message,
/// where it is absent.
inline std::optional<std::string> data_folder() {
    const char* const named = std::getenv("FIRTH_DATA_DIR");
    const std::string folder = named != nullptr ? named : FIRTH_SOURCE_DIR "/../shared/data";
    if (std::filesystem::is_directory(folder)) return folder;
    WARN("skipped: no data in " << folder << " (set FIRTH_DATA_DIR)");
    return std::nullopt;
}

/// The message of the exception of type E that `action` throws; fails the test where it throws
/// none.
template <class E, class Action>
std::string message_of(Action&& action) {
    try {
        action();
    } catch (const E& error) {
        return error.what();
    }
    FAIL("expected an exception");
    return {};
}

inline bool contains(const std::string& text, const std::string& part) {
    const bool found = text.find(part) != std::string::npos;
    if (!found) UNSCOPED_INFO("\"" << text << "\" does not hold \"" << part << "\"");
    return found;
}

} // namespace test
