#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/version.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/train/run/training_state.hpp>

/// A training that stands still, as a file: a section file of kind "checkpoint" with the settings
/// it was begun with, the place it has reached, and its tables. Version 2: numbers in settings
/// are the shortest text that reads back as the same number.
namespace firth {

/// What a training is, one "name = value" a line: it can be resumed where all are the same.
using TrainingSettings = std::vector<std::pair<std::string, std::string>>;

/// Numbers that a training changes, by the name of their section in a checkpoint: a table, or any
/// other state.
struct TrainedNumbers {
    std::string name;
    std::span<float> values;
};

/// The rows of a table, with their padding.
[[nodiscard]] inline TrainedNumbers trained_table(std::string name, EmbeddingTable<float>& table) {
    return {std::move(name), {table.data(), table.rows() * table.stride()}};
}

namespace detail {

inline constexpr std::string_view checkpoint_kind = "checkpoint";
inline constexpr std::uint32_t checkpoint_version = 2;

/// The version of firth that a training was begun with.
[[nodiscard]] inline std::string version_name() {
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
           std::to_string(version.patch);
}

inline void read_numbers(const SectionFile& file, const TrainedNumbers& to) {
    file.verify(to.name);
    const std::span<const float> values = file.array<float>(to.name);
    if (values.size() != to.values.size()) {
        file.fail(0, "section \"" + to.name + "\" holds " + std::to_string(values.size()) +
                         " numbers, expected " + std::to_string(to.values.size()));
    }
    std::copy(values.begin(), values.end(), to.values.begin());
}

} // namespace detail

/// Writes a checkpoint in the place of the old one; a crash leaves one of the two. Throws
/// `IoError`.
inline void write_checkpoint(const std::string& path, const TrainingSettings& settings,
                             const TrainingPlace& place, std::span<const TrainedNumbers> numbers) {
    SectionFileWriter file(path, detail::checkpoint_kind, detail::checkpoint_version);
    std::string lines;
    for (const auto& [name, value] : settings) {
        lines += name + " = " + value + '\n';
    }
    file.section("settings", lines);
    file.begin("place");
    file.write_array(std::span<const std::uint64_t>(
        std::array<std::uint64_t, 4>{place.epoch, place.part, place.loss.samples, place.samples}));
    file.begin("loss");
    file.write_array(
        std::span<const double>(std::array<double, 2>{place.loss.loss, place.loss.zero_loss}));
    file.write_array(std::span<const double>(place.epoch_loss));
    for (const TrainedNumbers& part : numbers) {
        file.begin(part.name);
        file.write_array(std::span<const float>(part.values));
    }
    file.commit();
}

/// Reads a checkpoint into numbers of the right size and returns its place. Throws `IoError`,
/// `FormatError` where the file is damaged, and `OptionError` where it belongs to a training with
/// other settings, naming the first that differs.
[[nodiscard]] inline TrainingPlace read_checkpoint(const std::string& path,
                                                   const TrainingSettings& settings,
                                                   std::span<const TrainedNumbers> numbers) {
    const SectionFile file(path, detail::checkpoint_kind, detail::checkpoint_version);
    file.verify("settings");
    std::string_view lines = file.section("settings");
    for (const auto& [name, value] : settings) {
        const std::string setting = name + " = " + value;
        if (!lines.starts_with(setting + '\n')) {
            throw OptionError(path + " was written by a training with \"" +
                              std::string(lines.substr(0, lines.find('\n'))) +
                              "\", this one has \"" + setting + "\"");
        }
        lines.remove_prefix(setting.size() + 1);
    }
    if (!lines.empty()) {
        throw OptionError(path + " was written by a training with \"" +
                          std::string(lines.substr(0, lines.find('\n'))) +
                          "\", this one has no such setting");
    }
    file.verify("place");
    file.verify("loss");
    const auto places = file.array<std::uint64_t>("place");
    const auto losses = file.array<double>("loss");
    if (places.size() != 4 || losses.size() < 2 || losses.size() - 2 != places[0]) {
        file.fail(0, "the place it has reached is not sound");
    }
    TrainingPlace place;
    place.epoch = static_cast<std::uint32_t>(places[0]);
    place.part = places[1];
    place.loss = {losses[0], places[2], losses[1]};
    place.samples = places[3];
    place.epoch_loss.assign(losses.begin() + 2, losses.end());
    for (const TrainedNumbers& part : numbers) {
        detail::read_numbers(file, part);
    }
    return place;
}

/// Throws `OptionError` where a checkpoint would be overwritten: there is a file, and `resume` is
/// false. Trainings ask this themselves before they begin; to be asked earlier where reading the
/// corpus takes long.
inline void check_checkpoint(const CheckpointOptions& options) {
    if (options.path.empty() || options.resume) return;
    std::error_code ignored;
    if (!std::filesystem::exists(options.path, ignored)) return;
    throw OptionError(options.path + " is there already, the checkpoint of a training that was " +
                      "stopped; resume that one, remove the file, or choose another path");
}

/// The checkpoint of one run of a training, or of none where the options have no path.
class Checkpoint {
public:
    /// None.
    Checkpoint() = default;

    /// `numbers` is all that the training changes; it outlives the checkpoint.
    Checkpoint(const CheckpointOptions& options, TrainingSettings settings,
               std::vector<TrainedNumbers> numbers)
        : options_(options), settings_(std::move(settings)), numbers_(std::move(numbers)) {}

    /// Where the run begins: at the start, or, resumed, where the file says, with its numbers.
    /// Throws as `check_checkpoint` and `read_checkpoint` do.
    [[nodiscard]] TrainingPlace begin() const {
        check_checkpoint(options_);
        if (!used() || !options_.resume || !std::filesystem::exists(options_.path)) return {};
        return read_checkpoint(options_.path, settings_, numbers_);
    }

    [[nodiscard]] bool used() const noexcept { return !options_.path.empty(); }

    /// True where one is to be written so many seconds after the last.
    [[nodiscard]] bool due(double seconds) const noexcept {
        return used() && options_.seconds > 0 && seconds >= options_.seconds;
    }

    /// Writes the file. Where that is impossible the training goes on, and the reason is handed to
    /// `on_failure` and kept; where it was cancelled `IoError` is thrown.
    void write(const TrainingPlace& place, bool cancelled) {
        try {
            write_checkpoint(options_.path, settings_, place, numbers_);
        } catch (const IoError& error) {
            if (cancelled) throw;
            failure_ = error.what();
            if (options_.on_failure) options_.on_failure(failure_);
        }
    }

    /// Why the last one that failed could not be written; empty where none did.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

private:
    CheckpointOptions options_;
    TrainingSettings settings_;
    std::vector<TrainedNumbers> numbers_;
    std::string failure_;
};

} // namespace firth
