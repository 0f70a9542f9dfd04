// A program of libFuzzer for the target FIRTH_FUZZ_TARGET. With the environment variable
// FIRTH_FUZZ_SEEDS it writes the target's first files into that folder before it begins.

#include "targets.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

const fuzz::Target& target() {
    for (const fuzz::Target& each : fuzz::targets()) {
        if (each.name == FIRTH_FUZZ_TARGET) return each;
    }
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (const char* const folder = std::getenv("FIRTH_FUZZ_SEEDS")) {
        std::filesystem::create_directories(folder);
        std::size_t number = 0;
        for (const std::string& seed : fuzz::seeds(FIRTH_FUZZ_TARGET)) {
            std::ofstream(std::string(folder) + "/seed" + std::to_string(number++),
                          std::ios::binary)
                << seed;
        }
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run(target(), {reinterpret_cast<const char*>(data), size});
    return 0;
}
