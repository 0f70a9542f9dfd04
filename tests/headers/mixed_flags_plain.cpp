/// Compiled for any processor; linked with a file that was compiled for AVX2. Headers only, such
/// files may share tables and call kernels; with firth::dispatch they may use everything.

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <firth/base/random.hpp>

#include "mixed_flags.hpp"

namespace {

void require(bool right, const char* what) {
    if (right) return;
    std::cerr << what << '\n';
    std::exit(1);
}

} // namespace

int main() {
    using namespace firth;
    using Arch = simd::compiled_arch;
    EmbeddingTable<float> table(50, 100);
    Random random(1);
    for (std::size_t id = 0; id < table.rows(); ++id) {
        for (float& x : table[id]) {
            x = random.uniform() - 0.5f;
        }
    }
    const QuantizedTable codes(table);
    const Results wide = with_wide_registers(table, codes);
    const Layout here = layout<Arch>();
    require(std::memcmp(&here, &wide.layout, sizeof(Layout)) == 0, "types differ in their layout");
    std::cout << Arch::name << " and " << wide.arch << '\n';
    require(wide.arch != Arch::name, "both files were compiled with the same flags");
    for (std::size_t id = 0; id < table.rows(); ++id) {
        require(std::fabs(wide.dots[2 * id] - simd::dot<Arch>(table[0], table[id])) < 1e-5f,
                "float kernels differ");
        require(wide.dots[2 * id + 1] ==
                    static_cast<float>(simd::dot<Arch>(codes.codes()[0], codes.codes()[id])),
                "int8 kernels differ");
    }
#if FIRTH_USE_DISPATCH()
    const auto nearest = ExactIndex<Cosine>(table).search(table[3], 5);
    for (std::size_t i = 0; i < nearest.size(); ++i) {
        require(nearest[i].id == wide.nearest[i], "searches differ");
    }
#endif
}
