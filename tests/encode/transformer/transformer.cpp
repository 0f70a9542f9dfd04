#include <firth/encode/transformer/transformer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../support/support.hpp"
#include "../../support/tiny_transformer.hpp"

using namespace firth;

namespace {

Transformer read(const TinyTransformer& model, const std::string& path) {
    model.write(path);
    ModelTensors tensors;
    tensors.add_file(path);
    return {model.config, std::move(tensors)};
}

TokenBatch random_batch(const TransformerConfig& sizes, std::size_t texts, Random& random) {
    TokenBatch batch;
    for (std::size_t text = 0; text < texts; ++text) {
        for (std::size_t left = random.below(static_cast<std::uint32_t>(sizes.max_tokens() + 1));
             left != 0; --left) {
            batch.ids.push_back(random.below(static_cast<std::uint32_t>(sizes.vocabulary)));
            batch.types.push_back(sizes.types > 1 ? random.below(2) : 0);
        }
        batch.ends.push_back(batch.ids.size());
    }
    return batch;
}

} // namespace

TEST_CASE("a transformer's token vectors are those of float64, after every layer",
          "[transformer]") {
    const test::TemporaryFolder folder;
    Random random(7);
    for (int variant = 0; variant < 6; ++variant) {
        CAPTURE(variant);
        TransformerConfig sizes = TinyTransformer::small_sizes();
        sizes.activation = variant == 1   ? Activation::gelu_tanh
                           : variant == 2 ? Activation::quick_gelu
                           : variant == 3 ? Activation::relu
                                          : Activation::gelu;
        if (variant == 2) sizes.first_position = 2; // RoBERTa's
        if (variant == 3) sizes.types = 0;          // DistilBERT's
        if (variant == 4) {
            sizes.norm_epsilon = 0.1f;
            sizes.positions = 150;
        }
        if (variant == 5) {
            sizes.dim = 40;
            sizes.heads = 1;
            sizes.inner = 7;
        }
        const TinyTransformer model(sizes, static_cast<std::uint64_t>(variant), variant == 3,
                                    variant == 1 ? "bert." : "");
        const Transformer transformer = read(model, folder / "m.safetensors");
        const TokenBatch batch = random_batch(sizes, 5, random);
        Transformer::Workspace workspace;
        for (std::size_t layers = 0; layers <= 2; ++layers) {
            const TableView<const float> found = transformer(batch, workspace, layers);
            REQUIRE(found.rows() == batch.ids.size());
            std::size_t begin = 0;
            for (const std::size_t end : batch.ends) {
                const auto part = [&](const auto& all) {
                    return std::vector(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                       all.begin() + static_cast<std::ptrdiff_t>(end));
                };
                const TinyTransformer::Rows expected =
                    model.reference(part(batch.ids), part(batch.types), layers);
                for (std::size_t i = begin; i < end; ++i) {
                    for (std::size_t k = 0; k < sizes.dim; ++k) {
                        REQUIRE(std::fabs(static_cast<double>(found[i][k]) -
                                          expected[i - begin][k]) < 1e-5);
                    }
                }
                begin = end;
            }
        }
    }
}

TEST_CASE("a text has the same bytes alone and in any batch", "[transformer]") {
    const test::TemporaryFolder folder;
    TransformerConfig sizes = TinyTransformer::small_sizes();
    sizes.dim = 36;
    sizes.inner = 70;
    const Transformer transformer = read(TinyTransformer(sizes, 3), folder / "m.safetensors");
    Random random(5);
    const TokenBatch batch = random_batch(sizes, 40, random);
    Transformer::Workspace together;
    Transformer::Workspace apart;
    const TableView<const float> all = transformer(batch, together);
    std::size_t begin = 0;
    for (const std::size_t end : batch.ends) {
        TokenBatch one;
        for (std::size_t i = begin; i < end; ++i) {
            one.ids.push_back(batch.ids[i]);
            one.types.push_back(batch.types[i]);
        }
        one.ends.push_back(one.ids.size());
        const TableView<const float> alone = transformer(one, apart);
        for (std::size_t i = begin; i < end; ++i) {
            REQUIRE(std::ranges::equal(all[i], alone[i - begin]));
        }
        begin = end;
    }
}

TEST_CASE("old names of norms are read, and pairs of files", "[transformer]") {
    const test::TemporaryFolder folder;
    TinyTransformer model(TinyTransformer::small_sizes(), 1);
    const TokenBatch batch{{1, 2, 3}, {}, {3}};
    Transformer::Workspace workspace;
    const Transformer known = read(model, folder / "m.safetensors");
    const TableView<const float> expected = known(batch, workspace);
    TinyTransformer old = model;
    TinyTransformer second = model;
    old.tensors.clear();
    second.tensors.clear();
    for (auto& [name, tensor] : model.tensors) {
        std::string named = name;
        if (const auto at = name.find("LayerNorm.weight"); at != name.npos) {
            named.replace(at, named.npos, "LayerNorm.gamma");
        }
        if (const auto at = name.find("LayerNorm.bias"); at != name.npos) {
            named.replace(at, named.npos, "LayerNorm.beta");
        }
        (name.starts_with("encoder.layer.1") ? second : old).tensors[named] = tensor;
    }
    old.write(folder / "1.safetensors");
    second.write(folder / "2.safetensors");
    ModelTensors tensors;
    tensors.add_file(folder / "1.safetensors");
    tensors.add_file(folder / "2.safetensors");
    const Transformer both(model.config, std::move(tensors));
    Transformer::Workspace its;
    const TableView<const float> found = both(batch, its);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(std::ranges::equal(found[i], expected[i]));
    }
    ModelTensors twice;
    twice.add_file(folder / "1.safetensors");
    CHECK_THROWS_WITH(twice.add_file(folder / "1.safetensors"),
                      Catch::Matchers::Contains("has a tensor \"embeddings.LayerNorm.beta\", as "));
}

TEST_CASE("models that are not whole are refused by file and tensor", "[transformer]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    const TinyTransformer model(TinyTransformer::small_sizes(), 1);
    const auto refused = [&](const TinyTransformer& broken, const std::string& said) {
        CHECK_THROWS_WITH(read(broken, path), Catch::Matchers::Contains(said));
    };
    const std::string value = "encoder.layer.1.attention.self.value.weight";
    TinyTransformer broken = model;
    broken.tensors.erase(value);
    refused(broken,
            "m.safetensors has no tensor \"" + value + "\", which the model's config asks for");
    broken = model;
    broken.tensors[value].shape = {9, 16};
    refused(broken,
            "m.safetensors: tensor \"" + value + "\" has the shape 9 x 16, expected 12 x 12");
    broken = model;
    broken.tensors[value].values[17] = std::numeric_limits<float>::quiet_NaN();
    refused(broken, "tensor \"" + value + "\" holds a number that is not finite");
    broken = model;
    broken.config.layers = 3;
    refused(broken, "has no tensor \"encoder.layer.2.attention.self.query.weight\"");

    const Transformer transformer = read(model, path);
    Transformer::Workspace workspace;
    CHECK_THROWS_WITH(transformer({{1, 30}, {}, {2}}, workspace),
                      "the id 30, expected one below the model's 30");
    CHECK_THROWS_WITH(transformer({{1, 2}, {0, 2}, {2}}, workspace),
                      "the token type 2, expected one below the model's 2");
    CHECK_THROWS_WITH(transformer({std::vector<Id>(17), {}, {17}}, workspace),
                      "a text of 17 tokens, expected at most 16");
    CHECK_THROWS_WITH(transformer({{1, 2, 3}, {}, {2}}, workspace),
                      "the texts of a batch end at 2 of 3 ids and 0 types, expected as many");
    CHECK(transformer({{}, {}, {0, 0}}, workspace).rows() == 0);
}

TEST_CASE("sizes that no encoder has are refused", "[transformer]") {
    const auto refused = [](auto change, const std::string& said) {
        TransformerConfig sizes = TinyTransformer::small_sizes();
        change(sizes);
        CHECK_THROWS_WITH(sizes.check("config.json"), Catch::Matchers::Contains(said));
    };
    CHECK_NOTHROW(TinyTransformer::small_sizes().check("config.json"));
    refused([](auto& sizes) { sizes.heads = 5; },
            "config.json has 5 heads, expected a divisor of the dim 12");
    refused([](auto& sizes) { sizes.heads = 0; }, "0 heads");
    refused([](auto& sizes) { sizes.dim = 0; }, "sizes of 0");
    refused([](auto& sizes) { sizes.layers = 1000; }, "beyond");
    refused([](auto& sizes) { sizes.first_position = 16; },
            "has 16 positions, expected more than 16");
    refused([](auto& sizes) { sizes.norm_epsilon = -1; }, "layer_norm_eps");
}
