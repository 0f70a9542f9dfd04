#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <firth/base/section_file.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/native.hpp>
#include <firth/io/native_classifier.hpp>
#include <firth/io/native_subwords.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// All that files go by, see `VectorFormatDescription`. firth's files of other
/// kinds are recognised, too, so that they can be verified.
struct NativeFormat {
    static constexpr VectorFormat format = native_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return is_section_file(file.bytes());
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return read_native(NativeFile(file), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<NativeReader>(NativeFile(file), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        return std::make_unique<NativeWriter>(path, rows, dim, options.type);
    }

    [[nodiscard]] static ElementType stored_type(const OpenedFile& file, const ReadOptions&) {
        return NativeFile(file).type();
    }

    [[nodiscard]] static FileReport verify(const OpenedFile& file, const ReadOptions&) {
        FileReport report;
        report.format = format.name;
        report.kind = section_file_kind(file.bytes());
        if (report.kind == detail::classifier_kind) {
            verify_native_classifier(file);
            report.checked.emplace_back("every word and label is found under its number");
            report.checked.emplace_back("every row is finite, every bucket has one");
        } else if (report.kind != detail::native_kind) {
            file.sections().verify_all();
        } else {
            const NativeFile native(file);
            verify_native(native);
            report.rows = native.rows();
            report.dim = native.dim();
            report.checked.emplace_back("every row is finite and has the norm that the file says");
            report.checked.emplace_back("every word is found under its number");
            if (has_subwords(native)) {
                verify_subwords(native);
                report.checked.emplace_back("every n-gram has a finite row");
            }
            detail::warn_of_words(native.vocabulary(), report.warnings);
        }
        report.checked.emplace_back("every section has its checksum");
        return report;
    }
};

} // namespace firth
