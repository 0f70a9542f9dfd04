// A program of libFuzzer for the target in the environment variable FIRTH_FUZZ_TARGET; without it, prints the names of all
// targets. With FIRTH_FUZZ_SEEDS it writes the target's first files into that folder before it begins.

#include "targets.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

const fuzz::Target* target = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* const name = std::getenv("FIRTH_FUZZ_TARGET");
    for (const fuzz::Target& each : fuzz::targets()) {
        if (name == nullptr) std::puts(std::string(each.name).c_str());
        else if (name == each.name) target = &each;
    }
    if (target == nullptr) {
        if (name != nullptr) std::fprintf(stderr, "FIRTH_FUZZ_TARGET: there is no \"%s\"\n", name);
        std::exit(name == nullptr ? 0 : 2);
    }
    if (const char* const folder = std::getenv("FIRTH_FUZZ_SEEDS")) {
        std::filesystem::create_directories(folder);
        std::size_t number = 0;
        for (const std::string& seed : fuzz::seeds(target->name)) {
            std::ofstream(std::string(folder) + "/seed" + std::to_string(number++),
                          std::ios::binary)
                << seed;
        }
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run(*target, {reinterpret_cast<const char*>(data), size});
    return 0;
}
