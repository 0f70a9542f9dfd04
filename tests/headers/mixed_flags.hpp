#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <firth/search/exact/exact_index.hpp>
#include <firth/simd.hpp>
#include <firth/table.hpp>

/// Two files of one program, compiled with different flags, that hand each other tables.
struct Layout {
    std::size_t sizes[8];
};

template <class>
Layout layout() {
    using namespace firth;
    return {{sizeof(EmbeddingTable<float>), sizeof(TableView<float>), sizeof(QuantizedTable),
             sizeof(BitTable), sizeof(ExactIndex<Cosine>), sizeof(simd::KernelTable),
             alignof(EmbeddingTable<float>), padded_dim<float>(100)}};
}

/// What each file does with the other's table, by the kernels that its own flags allow.
struct Results {
    std::string_view arch;
    std::vector<float> dots;
    std::vector<firth::Id> nearest;
    Layout layout;
};

Results with_wide_registers(const firth::EmbeddingTable<float>& table,
                            const firth::QuantizedTable& codes);
