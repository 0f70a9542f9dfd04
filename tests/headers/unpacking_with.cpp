// Compiled with FIRTH_WITH_ZLIB.

#include "unpacking.hpp"

static_assert(FIRTH_HAS_ZLIB() == 1);

Unpacked unpack_by_zlib(const std::string& path) {
    return unpack(path);
}
