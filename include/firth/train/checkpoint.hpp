#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/container.hpp>
#include <firth/base/error.hpp>
#include <firth/base/version.hpp>
#include <firth/simd/dispatch.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/train/training_state.hpp>

/// A training that stands still, as a file: a container of kind "checkpoint" with the settings it
/// was begun with, the place it has reached, and its two tables.
namespace firth {

/// What a training is, one "name = value" a line: it can be gone on with where all are the same.
using TrainingSettings = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline constexpr std::string_view checkpoint_kind = "checkpoint";
inline constexpr std::uint32_t checkpoint_version = 1;

/// The version of firth that a training was begun with.
[[nodiscard]] inline std::string version_name() {
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
           std::to_string(version.patch);
}

/// The name of the instruction set that kernels of `Arch` really use.
template <class Arch>
[[nodiscard]] std::string arch_name() {
    if constexpr (simd::detail::is_dispatched<Arch>) {
        return std::string(simd::selected_arch());
    } else {
        return std::string(Arch::name);
    }
}

inline void write_table(ContainerWriter& file, std::string_view name,
                        const EmbeddingTable<float>& table) {
    file.begin(name);
    file.write_array(std::span(table.data(), table.rows() * table.stride()));
}

inline void read_table(const Container& file, std::string_view name, EmbeddingTable<float>& table) {
    file.verify(name);
    const std::span<const float> values = file.array<float>(name);
    if (values.size() != table.rows() * table.stride()) {
        file.fail(0, "section \"" + std::string(name) + "\" holds " +
                         std::to_string(values.size()) + " numbers, expected " +
                         std::to_string(table.rows() * table.stride()));
    }
    std::copy(values.begin(), values.end(), table.data());
}

} // namespace detail

/// Writes a checkpoint in the place of the old one; a crash leaves one of the two. Throws
/// `IoError`.
inline void write_checkpoint(const std::string& path, const TrainingSettings& settings,
                             const TrainingPlace& place, const EmbeddingTable<float>& input,
                             const EmbeddingTable<float>& output) {
    ContainerWriter file(path, detail::checkpoint_kind, detail::checkpoint_version);
    std::string lines;
    for (const auto& [name, value] : settings) {
        lines += name + " = " + value + '\n';
    }
    file.section("settings", lines);
    file.begin("place");
    file.write_array(std::span<const std::uint64_t>(
        std::array<std::uint64_t, 3>{place.epoch, place.part, place.loss.samples}));
    file.begin("loss");
    file.write_array(std::span<const double>(&place.loss.loss, 1));
    file.write_array(std::span<const double>(place.epoch_loss));
    detail::write_table(file, "input", input);
    detail::write_table(file, "output", output);
    file.commit();
}

/// Reads a checkpoint into tables of the right size and returns its place. Throws `IoError`,
/// `FormatError` where the file is damaged, and `OptionError` where it belongs to a training with
/// other settings, naming the first that differs.
[[nodiscard]] inline TrainingPlace read_checkpoint(const std::string& path,
                                                   const TrainingSettings& settings,
                                                   EmbeddingTable<float>& input,
                                                   EmbeddingTable<float>& output) {
    const Container file(path, detail::checkpoint_kind, detail::checkpoint_version);
    file.verify("settings");
    std::string_view lines = file.section("settings");
    for (const auto& [name, value] : settings) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        if (line != name + " = " + value) {
            throw OptionError(path + " was written by a training with \"" + std::string(line) +
                              "\", this one has \"" + name + " = " + value + "\"");
        }
        lines.remove_prefix((std::min)(lines.size(), line.size() + 1));
    }
    file.verify("place");
    file.verify("loss");
    const auto numbers = file.array<std::uint64_t>("place");
    const auto losses = file.array<double>("loss");
    if (numbers.size() != 3 || losses.empty() || losses.size() - 1 != numbers[0]) {
        file.fail(0, "the place it has reached is not sound");
    }
    TrainingPlace place;
    place.epoch = static_cast<std::uint32_t>(numbers[0]);
    place.part = numbers[1];
    place.loss = {losses[0], numbers[2]};
    place.epoch_loss.assign(losses.begin() + 1, losses.end());
    detail::read_table(file, "input", input);
    detail::read_table(file, "output", output);
    return place;
}

} // namespace firth
