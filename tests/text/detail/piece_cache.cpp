#include <firth/text/detail/piece_cache.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/random.hpp>

#include "../../support/support.hpp"

using namespace firth;
using firth::detail::PieceCache;
using firth::detail::PieceKey;

namespace {

std::string random_piece(Random& random, std::size_t most) {
    static constexpr std::string_view bytes("ab \0\x81\xFF\xE2\x96", 8);
    std::string piece = random.below(3) == 0 ? "\xE2\x96\x81" : "";
    const std::size_t size = 1 + random.below(static_cast<std::uint32_t>(most));
    while (piece.size() < size) {
        piece += bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
    }
    return piece;
}

/// Ids that depend on all of a piece, none to 20 of them, mostly few.
std::vector<Id> ids_of(std::string_view piece, Id id_count) {
    std::uint32_t sum = 7;
    for (const char byte : piece) {
        sum = sum * 31 + static_cast<unsigned char>(byte);
    }
    std::vector<Id> ids;
    for (std::size_t count = sum % 3 == 0 ? sum % 21 : sum % 5; ids.size() < count;) {
        sum = sum * 1664525 + 1013904223;
        ids.push_back(sum % 11 == 0 ? id_count - 1 : sum % id_count);
    }
    return ids;
}

} // namespace

TEST_CASE("a cache of pieces gives what was kept or nothing", "[piece_cache]") {
    for (const Id id_count : {Id(1) << 16, (Id(1) << 16) + 1}) {
        const std::size_t short_ids = id_count > Id(1) << 16 ? 4 : 8;
        Random random(3);
        PieceCache cache(4, id_count); // so few places that most are taken again
        std::size_t hits = 0;
        for (std::size_t turn = 0; turn < 20'000; ++turn) {
            const std::string piece = random_piece(random, turn % 2 == 0 ? 3 : 70);
            const std::vector<Id> ids = ids_of(piece, id_count);
            // The bytes after a piece are no part of it.
            const std::string text = piece + random_piece(random, 20);
            PieceKey key;
            if (PieceCache::make_key(text.data(), piece.size(), text.size(), key)) {
                PieceKey alone;
                REQUIRE(PieceCache::make_key(piece.data(), piece.size(), piece.size(), alone));
                REQUIRE((key.low == alone.low && key.high == alone.high));
                const std::size_t place = cache.place(key);
                Id found[PieceCache::most_short_ids];
                int count = cache.find(key, place, found);
                if (count < 0) {
                    const bool is_kept = cache.keep(key, place, ids.data(), ids.size());
                    REQUIRE(is_kept == (!ids.empty() && ids.size() <= short_ids));
                    if (!is_kept) continue;
                    count = cache.find(key, place, found);
                } else {
                    ++hits;
                }
                REQUIRE(count == static_cast<int>(ids.size()));
                REQUIRE(std::equal(ids.begin(), ids.end(), found));
                continue;
            }
            REQUIRE(piece.size() > PieceKey::most_bytes);
            const std::size_t place = cache.long_place(piece);
            std::size_t count = 0;
            const Id* kept = cache.find_long(piece, place, count);
            if (kept == nullptr) {
                cache.keep_long(piece, place, ids.data(), ids.size());
                kept = cache.find_long(piece, place, count);
                REQUIRE((kept != nullptr) == (piece.size() <= PieceCache::long_size &&
                                              ids.size() <= PieceCache::long_ids));
                if (kept == nullptr) continue;
            }
            REQUIRE(std::vector<Id>(kept, kept + count) == ids);
        }
        CHECK(hits > 1000);
    }
}

TEST_CASE("keys tell pieces apart", "[piece_cache]") {
    const std::vector<std::string> pieces{"a",
                                          std::string("a\0", 2),
                                          "\xE2\x96\x81",
                                          "\x81",
                                          "\xE2\x96\x81"
                                          "a",
                                          "\x81"
                                          "a",
                                          "\xFF"
                                          "a",
                                          std::string(15, 'a'),
                                          std::string(14, 'a'),
                                          "\xE2\x96\x81" + std::string(14, 'a'),
                                          "\x81" + std::string(14, 'a'),
                                          "\xE2\x96"
                                          "a"};
    for (const std::string& one : pieces) {
        for (const std::string& other : pieces) {
            PieceKey a;
            PieceKey b;
            REQUIRE(PieceCache::make_key(one.data(), one.size(), one.size(), a));
            REQUIRE(PieceCache::make_key(other.data(), other.size(), other.size(), b));
            CHECK((a.low == b.low && a.high == b.high) == (one == other));
        }
    }
    PieceKey key;
    CHECK_FALSE(PieceCache::make_key("aaaaaaaaaaaaaaaa", 16, 16, key));
    CHECK_FALSE(PieceCache::make_key("\xE2\x96\x81"
                                     "aaaaaaaaaaaaaaa",
                                     18, 18, key));
}
