#include <firth/table/matrix_view.hpp>

#include <type_traits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("views of a caller's memory keep to its elements") {
    std::vector<float> memory(3 * 7);
    TableView<float> view(memory.data(), 3, 5, 7);
    view[2][4] = 1;
    REQUIRE(memory[2 * 7 + 4] == 1);
    REQUIRE_FALSE(view.is_padded());
    REQUIRE(view.padded_row(0).size() == 5);
    REQUIRE(view.first(2).rows() == 2);
    REQUIRE(view.first(3).data() == view.data());
    REQUIRE(TableView<float>(memory.data(), 3, 7)[2].data() == memory.data() + 14);
    REQUIRE(TableView<float>(memory.data(), 3, 7).stride() == 7);
    const TableView<const float> padded = TableView<float>::padded(memory.data(), 1, 5).first(1);
    REQUIRE(padded.is_padded());
    REQUIRE(padded.stride() == 16);
    REQUIRE(padded.padded_row(0).size() == 16);
    const TableView<const float> reading = view;
    REQUIRE(reading[2][4] == 1);
    static_assert(!std::is_convertible_v<TableView<const float>, TableView<float>>);
    static_assert(!std::is_assignable_v<decltype(reading[0][0]), float>);
}
