#pragma once

/// The truncation and padding of a tokenizer.json, read and written. Needs nlohmann/json.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <firth/table/id.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/padding.hpp>
#include <firth/text/truncation.hpp>

namespace firth::detail {

[[nodiscard]] inline EncodingSide read_side(const JsonReader& file, const nlohmann::json& step) {
    const std::string name = file.get<std::string>(step, "direction", "Right");
    if (name != "Left" && name != "Right") file.refuse("direction", name);
    return name == "Left" ? EncodingSide::left : EncodingSide::right;
}

[[nodiscard]] inline const char* side_name(EncodingSide side) noexcept {
    return side == EncodingSide::left ? "Left" : "Right";
}

[[nodiscard]] inline std::optional<Truncation> read_truncation(const JsonReader& file,
                                                               const nlohmann::json& step) {
    if (step.is_null()) return {};
    if (!step.is_object()) file.fail("has a truncation that is no object");
    Truncation made;
    made.max_length = file.get<std::size_t>(step, "max_length", 512);
    made.stride = file.get<std::size_t>(step, "stride", 0);
    made.side = read_side(file, step);
    const std::string strategy = file.get<std::string>(step, "strategy", "LongestFirst");
    if (strategy == "OnlyFirst") {
        made.strategy = Truncation::Strategy::only_first;
    } else if (strategy == "OnlySecond") {
        made.strategy = Truncation::Strategy::only_second;
    } else if (strategy != "LongestFirst") {
        file.refuse("strategy of truncation", strategy);
    }
    return made;
}

[[nodiscard]] inline OrderedJson truncation_json(const std::optional<Truncation>& from) {
    if (!from) return nullptr;
    const char* const strategy = from->strategy == Truncation::Strategy::only_first ? "OnlyFirst"
                                 : from->strategy == Truncation::Strategy::only_second
                                     ? "OnlySecond"
                                     : "LongestFirst";
    return {{"direction", side_name(from->side)},
            {"max_length", from->max_length},
            {"strategy", strategy},
            {"stride", from->stride}};
}

[[nodiscard]] inline std::optional<Padding> read_padding(const JsonReader& file,
                                                         const nlohmann::json& step) {
    if (step.is_null()) return {};
    if (!step.is_object()) file.fail("has a padding that is no object");
    Padding made;
    if (const auto strategy = step.find("strategy"); strategy != step.end()) {
        if (strategy->is_object()) {
            made.length = file.get<std::size_t>(*strategy, "Fixed", 0);
        } else if (*strategy != "BatchLongest") {
            file.fail("has the padding " + JsonReader::shown(*strategy) +
                      ", expected \"BatchLongest\" or {\"Fixed\": length}");
        }
    }
    made.multiple_of = file.get<std::size_t>(step, "pad_to_multiple_of", 0);
    made.id = file.get<Id>(step, "pad_id", 0);
    made.type = file.get<std::uint32_t>(step, "pad_type_id", 0);
    made.side = read_side(file, step);
    return made;
}

/// `token` is that of the padding's id.
[[nodiscard]] inline OrderedJson padding_json(const std::optional<Padding>& from,
                                              const std::string& token) {
    if (!from) return nullptr;
    OrderedJson strategy = "BatchLongest";
    if (from->length) strategy = OrderedJson{{"Fixed", *from->length}};
    OrderedJson multiple;
    if (from->multiple_of != 0) multiple = from->multiple_of;
    return {{"strategy", strategy},
            {"direction", side_name(from->side)},
            {"pad_to_multiple_of", multiple},
            {"pad_id", from->id},
            {"pad_type_id", from->type},
            {"pad_token", token}};
}

} // namespace firth::detail
