#pragma once

/// The version of the headers, by semantic versioning. `CMakeLists.txt` reads the project's version
/// from these three lines, so this is the only place to change.
#define FIRTH_VERSION_MAJOR 0
#define FIRTH_VERSION_MINOR 1
#define FIRTH_VERSION_PATCH 0

namespace firth {

struct Version {
    int major;
    int minor;
    int patch;
};

inline constexpr Version version{FIRTH_VERSION_MAJOR, FIRTH_VERSION_MINOR, FIRTH_VERSION_PATCH};

} // namespace firth
