#include <firth/eval/sentence_similarity.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("encoders are measured by the ranks of cosines", "[sts]") {
    const std::vector<float> first{1, 0, 1, 0, 2, 0, 1, 1};
    std::vector<float> second{3, 0, 1, 1, 0, 1, -1, -1};
    const std::vector<SentencePair> pairs{
        {"a", "b", 5}, {"c", "d", 2}, {"e", "f", 3}, {"g", "h", 0}};
    const auto rho = [&](std::size_t rows) {
        return evaluate_sentence_similarity({first.data(), rows, 2}, {second.data(), 4, 2}, pairs);
    };
    // Cosines 1, 0.7, 0, -1 against 5, 2, 3, 0: ranks 4 3 2 1 and 4 2 3 1.
    CHECK(rho(4) == Approx(0.8));
    CHECK_THROWS_WITH(rho(3),
                      Catch::Matchers::Contains(
                          "vectors of 3 x 2 and 4 x 2, expected a row of one size for each"));
    second[4] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(rho(4), "the cosine of pair 3 is no number: its vectors are not finite");
    CHECK(std::isnan(evaluate_sentence_similarity({}, {}, {})));
}
