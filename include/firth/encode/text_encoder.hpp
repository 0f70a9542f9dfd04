#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <firth/base/thread_count.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Turns a text into a vector. Any number of threads may ask one at once.
///
/// - `encoder.dim()`: elements of a vector;
/// - `encoder.encode(text, vector)` writes the text's vector to `dim()` floats. What a text without
///   anything known becomes is the encoder's to say;
/// - `encoder.encode(texts, vectors)` is optional: the same for a `std::span` of texts and a
///   `TableView<float>` with a row for each, for encoders that do many at once in less time.
template <class E>
concept TextEncoder = requires(const E& encoder, std::string_view text, std::span<float> vector) {
    { encoder.dim() } -> std::convertible_to<std::size_t>;
    encoder.encode(text, vector);
};

/// The vectors of many texts, a row each, on so many threads (0: all of the machine's). They do not
/// depend on the number of threads. Throws `OptionError` for too many threads.
template <TextEncoder E>
[[nodiscard]] EmbeddingTable<float>
encode_texts(const E& encoder, std::span<const std::string_view> texts, std::size_t threads = 1) {
    EmbeddingTable<float> vectors(texts.size(), encoder.dim());
    constexpr std::size_t share = 64;
    const std::size_t tasks = (texts.size() + share - 1) / share;
    ThreadPool((std::min)(resolve_threads(threads), (std::max)(tasks, std::size_t{1})))
        .run(tasks, [&](std::size_t task) {
            const std::size_t begin = task * share;
            const std::size_t count = (std::min)(share, texts.size() - begin);
            const TableView<float> rows(vectors[begin].data(), count, vectors.dim(),
                                        vectors.stride());
            if constexpr (requires { encoder.encode(texts.subspan(begin, count), rows); }) {
                encoder.encode(texts.subspan(begin, count), rows);
            } else {
                for (std::size_t i = 0; i < count; ++i) {
                    encoder.encode(texts[begin + i], rows[i]);
                }
            }
        });
    return vectors;
}

} // namespace firth
