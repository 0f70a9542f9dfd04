#include "mixed_flags.hpp"

// Compiled for AVX2.
Results with_wide_registers(const firth::EmbeddingTable<float>& table,
                            const firth::QuantizedTable& codes) {
    using Arch = firth::simd::compiled_arch;
    Results results{Arch::name, {}, {}, layout<Arch>()};
    for (std::size_t id = 0; id < table.rows(); ++id) {
        results.dots.push_back(firth::simd::dot<Arch>(table[0], table[id]));
        results.dots.push_back(
            static_cast<float>(firth::simd::dot<Arch>(codes.codes()[0], codes.codes()[id])));
    }
#if FIRTH_USE_DISPATCH()
    for (const firth::Neighbor& neighbor :
         firth::ExactIndex<firth::Cosine>(table).search(table[3], 5)) {
        results.nearest.push_back(neighbor.id);
    }
#endif
    return results;
}
