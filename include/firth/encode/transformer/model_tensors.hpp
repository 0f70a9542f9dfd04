#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/io/safetensors.hpp>

namespace firth {

/// Weights of a model by their names, from files of safetensors that stay mapped. Floats are read
/// where they lie; halves, and floats that are not aligned, are copied as floats when they are
/// asked for.
class ModelTensors {
public:
    ModelTensors() = default;

    /// Adds all tensors of a file. Throws `IoError`, and `FormatError` for a damaged file and for a
    /// name that is there already.
    void add_file(const std::string& path) {
        auto file = std::make_unique<MappedFile>(path);
        for (StoredTensor& tensor : parse_safetensors(file->bytes(), path)) {
            const std::string name = tensor.name;
            if (!tensors_.try_emplace(name, Named{std::move(tensor), path}).second) {
                throw FormatError(path + " has a tensor \"" + name + "\", as " +
                                  tensors_.at(name).path + " has");
            }
        }
        files_.push_back(std::move(file));
    }

    [[nodiscard]] bool contains(const std::string& name) const { return tensors_.contains(name); }
    [[nodiscard]] std::size_t size() const noexcept { return tensors_.size(); }

    /// Calls `on_name(name)` for each, in order.
    template <class OnName>
    void for_each_name(OnName&& on_name) const {
        for (const auto& [name, tensor] : tensors_) {
            on_name(std::string_view(name));
        }
    }

    /// The numbers of a tensor of this shape, row by row; good as long as this. Throws
    /// `FormatError`, naming file and tensor, where it is missing, of another shape or type, or has
    /// a number that is not finite.
    [[nodiscard]] std::span<const float> floats(const std::string& name,
                                                std::initializer_list<std::size_t> shape) {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) {
            throw FormatError(
                (tensors_.empty() ? std::string("the model") : tensors_.begin()->second.path) +
                " has no tensor \"" + name + "\", which the model's config asks for");
        }
        const auto& [tensor, path] = found->second;
        std::size_t count = 1;
        for (const std::size_t extent : shape) {
            count *= extent;
        }
        if (!std::ranges::equal(tensor.shape, shape)) {
            throw FormatError(path + ": tensor \"" + name + "\" has the shape " +
                              shown(tensor.shape) + ", expected " + shown(shape));
        }
        std::span<const float> values;
        const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data());
        if (tensor.type == "F32" && address % alignof(float) == 0 &&
            std::endian::native == std::endian::little) {
            values = {reinterpret_cast<const float*>(tensor.bytes.data()), count};
        } else {
            AlignedBuffer<float> copy(count);
            if (!read_floats(tensor, {copy.data(), copy.size()})) {
                throw FormatError(path + ": tensor \"" + name + "\" is of type " + tensor.type +
                                  ", expected F32, F16, BF16 or F64");
            }
            copies_.push_back(std::move(copy));
            values = {copies_.back().data(), count};
        }
        if (!std::ranges::all_of(values, [](const float& value) { return is_finite(value); })) {
            throw FormatError(path + ": tensor \"" + name + "\" holds a number that is not finite");
        }
        return values;
    }

private:
    struct Named {
        StoredTensor tensor;
        std::string path;
    };

    static std::string shown(const auto& shape) {
        std::string text;
        for (const auto extent : shape) {
            text += (text.empty() ? "" : " x ") + std::to_string(extent);
        }
        return text.empty() ? "of one number" : text;
    }

    std::vector<std::unique_ptr<MappedFile>> files_;
    std::map<std::string, Named> tensors_;
    std::vector<AlignedBuffer<float>> copies_;
};

} // namespace firth
