#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// What a format must say of itself, and lists of formats, which all functions of files go by.
namespace firth {

/// A type that tells all about a format, by static functions. A format of your own:
///
///     struct PlainFormat {
///         static constexpr firth::VectorFormat format{.name = "plain", .extensions = {".plain"}};
///         static bool recognize(const firth::FileSample& file) {
///             return file.bytes().starts_with("PLAIN\n");
///         }
///         static std::unique_ptr<firth::RowReader> rows(const firth::OpenedFile& file,
///                                                       const firth::ReadOptions&);
///         static firth::WordVectors<float> load(const firth::OpenedFile& file,
///                                               const firth::ReadOptions& options,
///                                               firth::ReadReport* report) {
///             return firth::read_rows(*rows(file, options), file.path(), options, report);
///         }
///     };
///     static_assert(firth::VectorFormatDescription<PlainFormat>); // else says what is missing
///     using MyFormats = firth::KnownFormats::with<PlainFormat>;
///     const auto vectors = firth::load<MyFormats>("vectors.plain");
///
/// - `format`: a constant. Its name is no other format's of the list.
/// - `recognize(sample)`: whether a file of these bytes is in the format. Formats are asked in the
///   order of their list, and the first that says yes has the file.
/// - `rows(file, options)`: a reader of one row after the other. The file lives longer than it.
/// - `load(file, options, report)`: the vectors, by all of the options; `report`, unless null, was
///   cleared before. Throws `FormatError` for what is not in the format. `read_rows` does all of it
///   with the reader; a `load` of its own is for formats that are read on several threads, or in
///   place.
///
/// These three are there where a format differs from the rest:
///
/// - `writer(path, rows, dim, options)` makes a `RowWriter`; formats without are read only.
/// - `stored_type(file, options)`: the `ElementType` in the file; without it f32.
/// - `verify(file, options)`: a `FileReport`; without it all rows are read, see `verify_rows`.
template <class F>
concept VectorFormatDescription = requires(const FileSample& sample, const OpenedFile& file,
                                           const ReadOptions& options, ReadReport* report) {
    requires std::same_as<std::remove_cvref_t<decltype(F::format)>, VectorFormat>;
    requires !F::format.name.empty();
    { F::recognize(sample) } -> std::same_as<bool>;
    { F::load(file, options, report) } -> std::same_as<WordVectors<float>>;
    { F::rows(file, options) } -> std::same_as<std::unique_ptr<RowReader>>;
};

/// A format whose files can be written.
template <class F>
concept WritableFormat = VectorFormatDescription<F> &&
    requires(const std::string& path, std::uint64_t rows, std::size_t dim,
             const SaveOptions& options) {
    { F::writer(path, rows, dim, options) } -> std::same_as<std::unique_ptr<RowWriter>>;
};

namespace detail {

template <class F>
concept HasStoredType = requires(const OpenedFile& file, const ReadOptions& options) {
    { F::stored_type(file, options) } -> std::same_as<ElementType>;
};

template <class F>
concept HasVerify = requires(const OpenedFile& file, const ReadOptions& options) {
    { F::verify(file, options) } -> std::same_as<FileReport>;
};

/// A type alone, so that compilers say what it lacks: of a list of types gcc says only that one of
/// them does.
template <class F>
struct Described {
    static_assert(VectorFormatDescription<F>, "a format of your own is described incompletely");
    using Type = F;
};

} // namespace detail

/// Formats in the order in which they are asked whether a file is theirs.
template <VectorFormatDescription... Formats>
struct FormatList {
    /// This list behind formats of your own, which are asked first.
    template <class... Own>
    using with = FormatList<typename detail::Described<Own>::Type..., Formats...>;

    /// All of them.
    static constexpr std::array<VectorFormat, sizeof...(Formats)> all{Formats::format...};

    /// Those that can be written.
    static constexpr auto written = [] {
        std::array<VectorFormat, (std::size_t{WritableFormat<Formats>} + ... + 0)> found{};
        std::size_t count = 0;
        const auto add = [&]<class F>(std::type_identity<F>) {
            if constexpr (WritableFormat<F>) found[count++] = F::format;
        };
        (add(std::type_identity<Formats>()), ...);
        return found;
    }();

    /// The format that has a file with these bytes, if any.
    [[nodiscard]] static std::optional<VectorFormat> recognize(const FileSample& sample) {
        std::optional<VectorFormat> found;
        const bool known = ((Formats::recognize(sample) && (found = Formats::format, true)) || ...);
        return known ? found : std::nullopt;
    }

    /// `use(std::type_identity<F>())` of the description F of a format. Throws `OptionError` for a
    /// format that is not in the list.
    template <class Use>
    static auto find(const VectorFormat& format, Use&& use) {
        using Result = std::common_type_t<decltype(use(std::type_identity<Formats>()))...>;
        std::optional<Result> result;
        const auto take = [&]<class F>(std::type_identity<F> description) {
            if (F::format != format) return false;
            result.emplace(use(description));
            return true;
        };
        if (!(take(std::type_identity<Formats>()) || ...)) {
            std::string names;
            for (const VectorFormat& known : all) {
                detail::add_to_list(names, known.name);
            }
            throw OptionError("the format \"" + std::string(format.name) +
                              "\" is not in the list of formats, expected one of " + names);
        }
        return std::move(*result);
    }

private:
    static constexpr bool names_differ = [] {
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (std::count(all.begin(), all.end(), all[i]) != 1) return false;
        }
        return true;
    }();
    static_assert(names_differ, "two formats of a list have the same name");
};

namespace detail {

template <class List>
inline constexpr bool is_format_list = false;
template <class... Formats>
inline constexpr bool is_format_list<FormatList<Formats...>> = true;

} // namespace detail

/// A `FormatList`.
template <class List>
concept VectorFormatList = detail::is_format_list<List>;

} // namespace firth
