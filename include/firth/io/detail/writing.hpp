#pragma once

#include <string>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/format.hpp>

namespace firth::detail {

/// Throws `OptionError` where the options ask for elements other than those of float32, in which a
/// format's rows are given to its writer.
inline void check_only_f32(const std::string& path, const VectorFormat& format,
                           const SaveOptions& options) {
    if (options.type == ElementType::f32) return;
    throw OptionError("cannot write " + path + ": " + std::string(format.name) +
                      " has elements of one type only, expected f32, not " +
                      std::string(element_name(options.type)));
}

/// A header that promised rows which are then skipped is written over.
inline AtomicFile::Order header_order(const SaveOptions& options) noexcept {
    return options.unwritable == UnwritableWords::skip ? AtomicFile::Order::any
                                                       : AtomicFile::Order::forward;
}

} // namespace firth::detail
