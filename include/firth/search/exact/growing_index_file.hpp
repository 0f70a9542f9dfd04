#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/search/exact/growing_index.hpp>
#include <firth/search/metric.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

/// A `GrowingIndex` as a file: a section file of kind "index", version 1, with these sections.
///
///     metric         its name
///     label          "number" or "string"
///     shape          rows, dim (u64 each)
///     labels         one a row: 64-bit numbers (negative ones in two's complement), or bytes
///     label ends     of strings only: where in `labels` each ends (u64 each)
///     rows           rows x dim numbers (f32)
namespace firth {

/// Labels that files can hold: whole numbers and strings.
template <class Label>
concept StoredLabel = std::integral<Label> || std::same_as<Label, std::string>;

/// A `GrowingIndex` that files can hold.
template <class I>
concept StoredIndex = StoredLabel<typename I::LabelType> && NamedMetric<typename I::MetricType> &&
    std::same_as<I, GrowingIndex<typename I::MetricType, typename I::LabelType>>;

namespace detail {

inline constexpr std::string_view index_kind = "index";
inline constexpr std::uint32_t index_version = 1;

template <StoredLabel Label>
inline constexpr std::string_view label_kind = std::integral<Label> ? "number" : "string";

inline void expect_section(const SectionFile& file, std::string_view name,
                           std::string_view expected) {
    file.verify(name);
    if (file.section(name) == expected) return;
    file.fail_in(name, "says \"" + std::string(file.section(name).substr(0, 32)) +
                           "\", expected \"" + std::string(expected) + "\"");
}

template <StoredLabel Label>
[[nodiscard]] std::vector<Label> read_labels(const SectionFile& file, std::size_t rows) {
    std::vector<Label> labels;
    file.verify("labels");
    if constexpr (std::integral<Label>) {
        for (const std::uint64_t number : file.array<std::uint64_t>("labels")) {
            const auto label = static_cast<Label>(number);
            if (static_cast<std::uint64_t>(label) != number) {
                file.fail_in("labels", "holds " + std::to_string(number) +
                                           ", which is beyond the type of label asked for");
            }
            labels.push_back(label);
        }
    } else {
        file.verify("label ends");
        const std::string_view bytes = file.section("labels");
        std::uint64_t begin = 0;
        for (const std::uint64_t end : file.array<std::uint64_t>("label ends")) {
            if (end < begin || end > bytes.size()) {
                file.fail_in("label ends", "does not rise, or leaves the labels");
            }
            labels.emplace_back(bytes.substr(begin, end - begin));
            begin = end;
        }
    }
    if (labels.size() != rows) {
        file.fail_in("labels", "has " + std::to_string(labels.size()) + " labels, expected " +
                                   std::to_string(rows) + ", one a row");
    }
    return labels;
}

} // namespace detail

/// Writes an index, which others may search but not change meanwhile. A crash leaves the old file
/// or the new one. Throws `IoError`.
template <NamedMetric M, StoredLabel Label>
void write_index(const GrowingIndex<M, Label>& index, const std::string& path) {
    const auto rows = index.read();
    SectionFileWriter file(path, detail::index_kind, detail::index_version);
    file.section("metric", M::name);
    file.section("label", detail::label_kind<Label>);
    file.begin("shape");
    const std::array<std::uint64_t, 2> shape{rows.size(), index.dim()};
    file.write_array(std::span<const std::uint64_t>(shape));
    file.begin("labels");
    std::vector<std::uint64_t> ends;
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if constexpr (std::integral<Label>) {
            const auto number = static_cast<std::uint64_t>(rows.label(i));
            file.write(detail::bytes_of(number));
        } else {
            file.write(rows.label(i));
            ends.push_back(end += rows.label(i).size());
        }
    }
    if constexpr (!std::integral<Label>) {
        file.begin("label ends");
        file.write_array(std::span<const std::uint64_t>(ends));
    }
    file.begin("rows");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        file.write_array(rows.row(i));
    }
    file.commit();
}

/// Reads what `write_index` wrote: `read_index<GrowingIndex<Cosine>>("my.index")`. Throws
/// `IoError`, and `FormatError` where the file is damaged or holds an index by another metric or
/// with other labels.
template <StoredIndex Growing>
[[nodiscard]] Growing read_index(const std::string& path) {
    using Label = typename Growing::LabelType;
    const SectionFile file(path, detail::index_kind, detail::index_version);
    detail::expect_section(file, "metric", Growing::MetricType::name);
    detail::expect_section(file, "label", detail::label_kind<Label>);
    file.verify("shape");
    const auto shape = file.array<std::uint64_t>("shape");
    if (shape.size() != 2 || shape[0] > max_rows || shape[1] == 0 || shape[1] > max_dim) {
        file.fail_in("shape",
                     "is not the number of rows and a dim of 1 to " + std::to_string(max_dim));
    }
    const auto count = static_cast<std::size_t>(shape[0]);
    const auto dim = static_cast<std::size_t>(shape[1]);
    const std::vector<Label> labels = detail::read_labels<Label>(file, count);
    file.verify("rows");
    const std::span<const float> rows = file.array<float>("rows");
    if (rows.size() / dim != count || rows.size() % dim != 0) {
        file.fail_in("rows", "has " + std::to_string(rows.size()) + " numbers, expected " +
                                 std::to_string(count) + " times " + std::to_string(dim));
    }
    Growing index(dim);
    try {
        index.add(labels, TableView<const float>(rows.data(), count, dim));
    } catch (const Error& error) {
        file.fail_in("rows", std::string("cannot be taken: ") + error.what());
    }
    return index;
}

} // namespace firth
