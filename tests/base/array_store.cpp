#include <firth/base/array_store.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("arrays come back from memory and from the file") {
    const test::TemporaryFolder folder;
    constexpr std::size_t count = 2000;
    const auto size_of = [](std::size_t number) {
        return number % 10 == 0 ? 0 : number == 1234 ? 3000000 : mix_bits(number) % 3000;
    };
    const auto element = [](std::size_t number, std::size_t i) {
        return static_cast<std::uint32_t>(mix_bits(number * 4096 + i));
    };
    // Everything in memory; a part; nothing.
    for (const std::uint64_t memory :
         {std::uint64_t{1} << 40, std::uint64_t{9} << 20, std::uint64_t{0}}) {
        ArrayStore<std::uint32_t> store(count, memory, folder / "");
        WorkQueue queue(count - 1); // the last one is never put
        run_workers(3, [&](std::size_t) {
            ArrayStore<std::uint32_t>::Writer writer(store);
            std::vector<std::uint32_t> values;
            while (const std::optional<std::size_t> number = queue.next()) {
                values.clear();
                for (std::size_t i = 0; i < size_of(*number); ++i) {
                    values.push_back(element(*number, i));
                }
                writer.put(*number, values);
            }
            writer.finish();
        });
        store.map();
        REQUIRE(store.size() == count);
        for (int pass = 0; pass < 2; ++pass) {
            for (std::size_t number = 0; number + 1 < count; ++number) {
                const std::span<const std::uint32_t> values = store[number];
                REQUIRE(values.size() == size_of(number));
                bool same = true;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    same = same && values[i] == element(number, i);
                }
                REQUIRE(same);
                store.release(number); // it is read again in the second pass
            }
        }
        REQUIRE(store[count - 1].empty());
        REQUIRE(folder.files() == 0); // no file that others could see
    }
}

TEST_CASE("an array store names the folder that it cannot write to") {
    ArrayStore<int> store(1, 0, "/no/such/folder");
    ArrayStore<int>::Writer writer(store);
    writer.put(0, std::vector<int>(10));
    REQUIRE_THROWS_AS(writer.finish(), IoError);
}
