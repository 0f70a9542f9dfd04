// Compiled with no library that unpacks, and linked with a file that has zlib: neither may take the
// other's functions.

#include "unpacking.hpp"

#include <cstdio>
#include <fstream>

static_assert(FIRTH_HAS_ZLIB() == 0);

int main() {
    const unsigned char packed[] = {
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xFF, 0xCB, 0xCE, 0xCC, 0x4B,
        0x57, 0x30, 0xD0, 0x33, 0x55, 0x30, 0xE4, 0x2A, 0x2C, 0x4D, 0x4D, 0xCD, 0x03, 0xB2,
        0x8D, 0x4C, 0x15, 0x8C, 0xB8, 0x00, 0x8B, 0xA8, 0xE1, 0xE4, 0x18, 0x00, 0x00, 0x00};
    const std::string path = "unpacking.txt.gz";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(packed), sizeof(packed));
    const Unpacked with = unpack_by_zlib(path);
    const Unpacked without = unpack(path);
    std::remove(path.c_str());
    int wrong = 0;
    const auto expect = [&](bool holds, const char* what) {
        if (holds) return;
        std::printf("wrong: %s\n", what);
        wrong = 1;
    };
    expect(with.source == "king 0.5 1\nqueen 0.25 2\n", "a source with zlib");
    expect(with.words == "king queen", "load with zlib");
    expect(with.rows == "king", "rows with zlib");
    expect(with.format == "glove-text", "verify with zlib");
    expect(with.text == "0.25", "a text with zlib");
    expect(with.vectors[firth::Id{1}][1] == 2, "the other file's vectors");
    for (const std::string& message :
         {without.source, without.words, without.rows, without.format, without.text}) {
        std::printf("%s\n", message.c_str());
        expect(message.find("built without (zlib)") != message.npos, "a refusal without zlib");
    }
    return wrong;
}
