// Files cut at every byte and changed at random: an error or a load, in no more memory than the
// table of what the file really holds, padded, and 16 MB. FIRTH_DAMAGE_ROUNDS sets how many random
// changes each file gets, 10000 for a whole run.

#include <firth/base/random.hpp>
#include <firth/io/load.hpp>
#include <firth/io/native.hpp>
#include <firth/io/save.hpp>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "../support/support.hpp"

using namespace firth;

namespace {

std::atomic<std::size_t> taken{0};
std::atomic<std::size_t> most{0};

/// The size of a block stands before it.
constexpr std::size_t before = 64;

void* take(std::size_t size, std::size_t alignment) {
    alignment = std::max(alignment, before);
    char* const block =
        static_cast<char*>(std::aligned_alloc(alignment, round_up(size + alignment, alignment)));
    if (block == nullptr) throw std::bad_alloc();
    char* const memory = block + alignment;
    reinterpret_cast<std::size_t*>(memory)[-1] = size;
    reinterpret_cast<std::size_t*>(memory)[-2] = alignment;
    const std::size_t now = taken.fetch_add(size) + size;
    std::size_t seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    return memory;
}

void give_back(void* memory) noexcept {
    if (memory == nullptr) return;
    taken.fetch_sub(static_cast<std::size_t*>(memory)[-1]);
    std::free(static_cast<char*>(memory) - static_cast<std::size_t*>(memory)[-2]);
}

} // namespace

void* operator new(std::size_t size) {
    return take(size, before);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    give_back(memory);
}

namespace {

constexpr std::size_t allowance = std::size_t{16} << 20;

std::size_t rounds() {
    const char* const asked = std::getenv("FIRTH_DAMAGE_ROUNDS");
    return asked != nullptr ? static_cast<std::size_t>(std::atoi(asked)) : 150;
}

struct Tally {
    std::size_t loads = 0;
    std::size_t errors = 0;
};

/// Writes the bytes, loads them, and looks at the memory it took.
void try_bytes(const std::string& path, std::string_view bytes, std::size_t sound_table,
               Tally& tally) {
    test::write_file(path, bytes);
    most = taken.load();
    const std::size_t at_first = taken;
    std::size_t table = 0;
    try {
        const WordVectors<float> vectors = load(path, {.threads = 1});
        table = vectors.table().rows() * vectors.table().stride() * sizeof(float);
        for (Id id = 0; id < vectors.size(); ++id) {
            static_cast<void>(vectors.word(id));
            static_cast<void>(vectors[id].back());
        }
        ++tally.loads;
    } catch (const Error&) {
        ++tally.errors;
    }
    const std::size_t used = most - at_first;
    if (used > std::max(table, sound_table) + allowance) {
        FAIL(used << " bytes of memory for a file of " << bytes.size() << " bytes, whose table has "
                  << std::max(table, sound_table));
    }
}

void damage(const std::string& name, const std::string& sound, Tally& tally) {
    INFO(name);
    const test::TemporaryFolder folder;
    const std::string path = folder / "damaged";
    test::write_file(path, sound);
    std::size_t table = 0;
    {
        const WordVectors<float> vectors = load(path);
        table = vectors.table().rows() * vectors.table().stride() * sizeof(float);
    }
    const std::string_view bytes = sound;
    Random random(1);
    const auto place = [&] { return random.below(static_cast<std::uint32_t>(sound.size())); };
    const std::size_t each = std::min<std::size_t>(4096, sound.size());
    const std::size_t step = std::max<std::size_t>(1, 10000 / (4 * rounds() + 1) / 2);
    for (std::size_t size = 0; size < each; size += step) {
        try_bytes(path, bytes.substr(0, size), table, tally);
    }
    for (std::size_t i = 0; i < rounds() / 10; ++i) {
        try_bytes(path, bytes.substr(0, place()), table, tally);
    }
    std::string changed = sound;
    for (std::size_t i = 0; i < rounds(); ++i) {
        const std::size_t at = place();
        changed[at] = static_cast<char>(random.below(256));
        try_bytes(path, changed, table, tally);
        changed[at] = sound[at];
    }
}

} // namespace

TEST_CASE("files of the peers, cut and changed") {
    const auto data = test::data_folder();
    if (!data) return;
    for (const auto& file : std::filesystem::recursive_directory_iterator(*data + "/vectors")) {
        const std::string name = file.path().filename().string();
        if (!file.is_regular_file() || name.ends_with(".json") || name.ends_with(".cor") ||
            name == "toy-data.txt") {
            continue;
        }
        Tally tally;
        damage(name, test::read_file(file.path().string()), tally);
        std::printf("%-28s %8zu loads %8zu errors\n", name.c_str(), tally.loads, tally.errors);
        REQUIRE(tally.errors > 0);
    }
}

TEST_CASE("files that firth writes, cut and changed") {
    for (const VectorFormat& format : KnownFormats::written) {
        const test::TemporaryFolder folder;
        WordVectors<float> vectors = test::random_vectors(100, 7, 1);
        for (std::size_t i = 0; i < 700; ++i) {
            vectors.mutable_table()[i / 7][i % 7] = static_cast<float>(i % 250 + 1);
        }
        save(vectors, folder / "sound", format);
        Tally tally;
        damage(std::string(format.name), test::read_file(folder / "sound"), tally);
        std::printf("%-28s %8zu loads %8zu errors\n", std::string(format.name).c_str(), tally.loads,
                    tally.errors);
        REQUIRE(tally.errors > 0);
    }
}
