#include <firth/base/aligned_buffer.hpp>

#include <algorithm>
#include <limits>
#include <memory>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("aligned buffers are aligned, zero and copied whole") {
    for (const std::size_t size : {1u, 15u, 1000u, 3000000u}) {
        AlignedBuffer<float> buffer(size);
        REQUIRE(reinterpret_cast<std::uintptr_t>(buffer.data()) % row_alignment == 0);
        REQUIRE(std::count(buffer.begin(), buffer.end(), 0.0f) ==
                static_cast<std::ptrdiff_t>(size));
        buffer[size - 1] = 3;
        const AlignedBuffer<float> copy = buffer;
        const AlignedBuffer<float> moved = std::move(buffer);
        REQUIRE(copy[size - 1] == 3);
        REQUIRE(moved.data() != copy.data());
        REQUIRE(buffer.size() == 0);
    }
    REQUIRE_THROWS_AS(AlignedBuffer<float>(std::numeric_limits<std::size_t>::max() / 2),
                      std::bad_alloc);
}

TEST_CASE("buffers are zero even where memory was used before, and large ones lie on huge pages") {
    for (int i = 0; i < 4; ++i) {
        AlignedBuffer<unsigned char> buffer(1000);
        REQUIRE(std::all_of(buffer.begin(), buffer.end(), [](unsigned char b) { return b == 0; }));
        std::fill(buffer.begin(), buffer.end(), static_cast<unsigned char>(0xFF));
    }
    const auto at = [](const AlignedBuffer<char>& buffer) {
        return reinterpret_cast<std::uintptr_t>(buffer.data());
    };
    REQUIRE(at(AlignedBuffer<char>(std::size_t{4} << 20, Uninitialized())) % (2u << 20) == 0);
    REQUIRE(AlignedBuffer<float>(0).data() == nullptr);
    const AlignedBuffer<int> none;
    REQUIRE(AlignedBuffer<int>(none).size() == 0);
    // Elements that lie somewhere else are kept as long as the buffer lives, and copied by value.
    auto keeper = std::make_shared<std::vector<int>>(std::vector<int>{1, 2, 3});
    const std::weak_ptr<std::vector<int>> watch = keeper;
    {
        AlignedBuffer<int> view(keeper, keeper->data(), keeper->size());
        keeper.reset();
        REQUIRE_FALSE(watch.expired());
        const AlignedBuffer<int> copy = view;
        view[0] = 7;
        REQUIRE(copy[0] == 1);
        const AlignedBuffer<int> moved = std::move(view);
        REQUIRE_FALSE(watch.expired());
        REQUIRE(moved[0] == 7);
    }
    REQUIRE(watch.expired());
}

TEST_CASE("padded dims are whole cache lines") {
    REQUIRE(padded_dim<float>(1) == 16);
    REQUIRE(padded_dim<float>(16) == 16);
    REQUIRE(padded_dim<float>(100) == 112);
    REQUIRE(padded_dim<double>(9) == 16);
}
