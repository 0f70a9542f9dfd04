#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/temporary_file.hpp>

namespace firth {

/// Numbered arrays of trivial elements, 0 .. count - 1, written by many threads, each array at most
/// once, and read when all are written. They stay in memory up to a limit; the rest goes to a
/// temporary file, which is mapped at the end.
template <class T>
class ArrayStore {
    static_assert(std::is_trivially_copyable_v<T>);

    struct Place {
        std::size_t number;
        std::uint64_t begin; ///< in the block, then in the file, in elements
        std::size_t size;
    };

public:
    /// Holds `count` arrays, empty at first, in about `memory` bytes; the rest goes to a file in
    /// `folder`, "" for the system's folder of temporary files.
    ArrayStore(std::size_t count, std::uint64_t memory, std::string folder)
        : arrays_(count), folder_(std::move(folder)), memory_(memory) {}

    ArrayStore(const ArrayStore&) = delete;
    ArrayStore& operator=(const ArrayStore&) = delete;

    /// What one thread writes through. What it wrote is in the store after `finish`.
    class Writer {
    public:
        explicit Writer(ArrayStore& store) : store_(&store) {}

        /// Throws `IoError` where the disk is full.
        void put(std::size_t number, std::span<const T> values) {
            if (values.empty()) return;
            const std::span<T> to = room(values.size());
            std::copy(values.begin(), values.end(), to.begin());
            name(number, to);
        }

        /// Room for `size` elements, to be filled before the next `put`; `name` says which arrays
        /// lie in it. Throws `IoError` where the disk is full.
        [[nodiscard]] std::span<T> room(std::size_t size) {
            if (size > block_.size() - used_) {
                finish();
                if (size > block_.size()) {
                    block_ = AlignedBuffer<T>((std::max)(size, block_elements));
                }
            }
            used_ += size;
            return {block_.data() + used_ - size, size};
        }

        /// Adds an array that lies in the room given last.
        void name(std::size_t number, std::span<const T> values) {
            if (values.empty()) return;
            const auto begin = static_cast<std::uint64_t>(values.data() - block_.data());
            waiting_.push_back({number, begin, values.size()});
        }

        void finish() {
            if (!waiting_.empty()) store_->take(block_, used_, waiting_);
            waiting_.clear();
            used_ = 0;
        }

    private:
        ArrayStore* store_;
        AlignedBuffer<T> block_;
        std::size_t used_ = 0;
        std::vector<Place> waiting_;
    };

    /// To be called once, when all writers have finished and before anything is read.
    void map() {
        if (!file_) return;
        mapped_.emplace(file_->map());
        const T* const begin = reinterpret_cast<const T*>(mapped_->bytes().data());
        for (const Place& place : in_file_) {
            arrays_[place.number] = {begin + place.begin, place.size};
        }
        in_file_ = {};
    }

    [[nodiscard]] std::size_t size() const noexcept { return arrays_.size(); }

    /// Array `number` < size().
    [[nodiscard]] std::span<const T> operator[](std::size_t number) const noexcept {
        return arrays_[number];
    }

    /// Elements [begin, end) of an array, in memory or read from the file into `buffer` without
    /// keeping the file's pages in memory. For reading arrays in any order. Throws `IoError`.
    [[nodiscard]] std::span<const T> read(std::size_t number, std::size_t begin, std::size_t end,
                                          std::vector<T>& buffer) const {
        const std::span<const T> part = arrays_[number].subspan(begin, end - begin);
        if (!in_file(part)) return part;
        buffer.resize(part.size());
        file_->read(static_cast<std::uint64_t>(reinterpret_cast<const char*>(part.data()) -
                                               mapped_->bytes().data()),
                    reinterpret_cast<char*>(buffer.data()), part.size_bytes());
        return buffer;
    }

    /// Says that an array will not be needed for a while. Once enough arrays in the file were
    /// released, the memory of the whole file is given back (see `MappedFile::release`); all can
    /// still be read.
    void release(std::size_t number) const noexcept {
        if (!in_file(arrays_[number])) return;
        // Arrays may be smaller than a page, and reading one maps its neighbours as well.
        const std::uint64_t bytes = arrays_[number].size_bytes();
        if (released_.fetch_add(bytes, std::memory_order_relaxed) + bytes < release_bytes) return;
        released_.store(0, std::memory_order_relaxed);
        mapped_->release(0, mapped_->bytes().size());
    }

private:
    static constexpr std::uint64_t release_bytes = std::uint64_t{1} << 24;
    static constexpr std::size_t block_elements = (std::size_t{1} << 22) / sizeof(T) + 1;

    [[nodiscard]] bool in_file(std::span<const T> values) const noexcept {
        if (!mapped_ || values.empty()) return false;
        const std::string_view bytes = mapped_->bytes();
        const char* const begin = reinterpret_cast<const char*>(values.data());
        return begin >= bytes.data() && begin < bytes.data() + bytes.size();
    }

    /// Takes a full block, or writes it to the file and leaves it to the writer.
    void take(AlignedBuffer<T>& block, std::size_t used, const std::vector<Place>& places) {
        const std::uint64_t bytes = block.size() * sizeof(T);
        {
            const std::lock_guard lock(mutex_);
            if (bytes <= memory_) {
                memory_ -= bytes;
                for (const Place& place : places) {
                    arrays_[place.number] = {block.data() + place.begin, place.size};
                }
                blocks_.push_back(std::move(block));
                return;
            }
            if (!file_) {
                file_ = std::make_unique<TemporaryFile>(
                    folder_.empty() ? std::filesystem::temp_directory_path().string() : folder_);
            }
        }
        const std::uint64_t begin =
            file_->append({reinterpret_cast<const char*>(block.data()), used * sizeof(T)}) /
            sizeof(T);
        const std::lock_guard lock(mutex_);
        for (const Place& place : places) {
            in_file_.push_back({place.number, begin + place.begin, place.size});
        }
    }

    std::vector<std::span<const T>> arrays_;
    std::string folder_;
    std::uint64_t memory_; ///< that is left
    std::mutex mutex_;
    std::vector<AlignedBuffer<T>> blocks_;
    std::unique_ptr<TemporaryFile> file_;
    std::vector<Place> in_file_;
    std::optional<MappedFile> mapped_;
    mutable std::atomic<std::uint64_t> released_{0};
};

} // namespace firth
