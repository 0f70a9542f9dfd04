#include <firth/eval/recall.hpp>
#include <firth/search/exact/certified_index.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/exact/rescored_index.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/word2vec.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

template <class M>
void check_screening(const EmbeddingTable<float>& table, const EmbeddingTable<float>& queries) {
    const ExactIndex<M> exact(table);
    const CertifiedIndex<M> screened(table, {.threads = 2});
    ScreeningReport report;
    const SearchOptions options{.k = 10, .threads = 2};
    REQUIRE(screened.search_batch(queries, options, report) ==
            exact.search_batch(queries, options));
    // These vectors, of a single epoch, lie close together.
    REQUIRE(report.fell_back <= queries.rows() / 20);
    REQUIRE(report.rescored < 1000 * queries.rows());
}

} // namespace

TEST_CASE("screened and rescored search on vectors trained from text") {
    const auto data = test::data_folder();
    if (!data) return;
#if !FIRTH_HAS_LZMA()
    WARN("skipped: the text is packed, and there is no liblzma");
#else
    const EncodedCorpus corpus =
        read_corpus(*data + "/enwiki-16m.txt.xz", {.min_count = 20, .threads = 2});
    const TrainedVectors trained =
        train_sgns(corpus, {.dim = 50, .window = 3, .epochs = 1, .threads = 2});
    const EmbeddingTable<float>& table = trained.vectors.table();
    // Words, and sums of two as analogies have them.
    EmbeddingTable<float> queries(400, table.dim());
    Random random(1);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        const auto some_row = [&] {
            return table[random.below(static_cast<std::uint32_t>(table.rows()))];
        };
        std::ranges::copy(some_row(), queries[q].begin());
        if (q % 2 == 0) simd::axpy(1.0f, some_row(), queries[q]);
    }
    check_screening<Cosine>(table, queries);
    check_screening<InnerProduct>(table, queries);
    check_screening<SquaredL2>(table, queries);
    const QuantizedTable codes(table.view());
    using Codes = ExactIndex<Cosine, QuantizedTable>;
    const RescoredIndex<Codes> rescored(Codes(codes), table);
    REQUIRE(recall(rescored.search_batch(queries, {.k = 10, .threads = 2}),
                   ExactIndex<Cosine>(table).search_batch(queries, 10)) > 0.999);
#endif
}
