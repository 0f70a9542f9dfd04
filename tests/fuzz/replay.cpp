// The fuzz targets without a fuzzer: their first files, those cut and changed at random, and every
// file that was a finding once (in tests/fuzz/findings/TARGET).

#include "targets.hpp"

#include <filesystem>

#include <firth/base/random.hpp>

#include "../support/support.hpp"

TEST_CASE("every first file of every fuzz target loads") {
    for (const fuzz::Target& target : fuzz::targets()) {
        const std::vector<std::string> seeds = fuzz::seeds(target.name);
        REQUIRE_FALSE(seeds.empty());
        for (std::size_t i = 0; i < seeds.size(); ++i) {
            INFO(target.name << ", file " << i);
            REQUIRE(fuzz::run(target, seeds[i]));
        }
    }
}

TEST_CASE("cut and changed files are errors or loads") {
    firth::Random random(1);
    for (const fuzz::Target& target : fuzz::targets()) {
        for (const std::string& seed : fuzz::seeds(target.name)) {
            for (int i = 0; i < 100; ++i) {
                std::string bytes = seed;
                if (i % 2 == 0)
                    bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
                for (int change = 0; change < i % 4 && !bytes.empty(); ++change) {
                    bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
                        static_cast<char>(random.below(256));
                }
                fuzz::run(target, bytes);
            }
        }
    }
}

TEST_CASE("what was a finding once is none any more") {
    const std::filesystem::path findings(FIRTH_SOURCE_DIR "/tests/fuzz/findings");
    for (const fuzz::Target& target : fuzz::targets()) {
        if (!std::filesystem::is_directory(findings / target.name)) continue;
        for (const auto& file : std::filesystem::directory_iterator(findings / target.name)) {
            INFO(file.path().string());
            fuzz::run(target, test::read_file(file.path().string()));
        }
    }
}
