#include <firth/firth.hpp>

std::size_t rows_in_other_unit();

int main() {
    const firth::EmbeddingTable<float> table(3, 4);
    return table.rows() == rows_in_other_unit() ? 0 : 1;
}
