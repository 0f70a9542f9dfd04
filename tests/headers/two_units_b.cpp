#include <firth/firth.hpp>

std::size_t rows_in_other_unit();

std::size_t rows_in_other_unit() {
    return firth::EmbeddingTable<float>(3, 4).rows();
}
