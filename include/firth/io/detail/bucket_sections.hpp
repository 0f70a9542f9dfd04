#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/table/bucket_lookup.hpp>
#include <firth/table/bucket_rows.hpp>

/// Which buckets have rows, in two sections of firth's own files:
///
///     ngram buckets  the buckets that have rows, rising (u32 each)
///     ngram groups   for each 64 buckets which have a row, a bit each from the lowest on, and how
///                    many of all before have one (u64 each), buckets / 64 + 1 pairs; not there:
///                    buckets are searched for
namespace firth::detail {

inline constexpr std::string_view bucket_section = "ngram buckets";
inline constexpr std::string_view bucket_group_section = "ngram groups";

/// Both in place. Throws `FormatError` where the groups are not those of so many buckets; what is
/// in them is checked by `verify_buckets`.
[[nodiscard]] inline BucketRows map_buckets(const std::shared_ptr<SectionFile>& file,
                                            std::uint32_t buckets) {
    auto used = mapped_array<std::uint32_t>(file, bucket_section);
    if (!file->has(bucket_group_section)) return {std::move(used), buckets};
    auto groups = mapped_array<BucketLookup::Group>(file, bucket_group_section);
    if (groups.size() != BucketLookup::groups_of(buckets)) {
        file->fail_in(bucket_group_section, "has " + std::to_string(groups.size()) +
                                                " groups, expected " +
                                                std::to_string(BucketLookup::groups_of(buckets)) +
                                                " of " + std::to_string(buckets) + " buckets");
    }
    return {std::move(used), buckets, std::move(groups)};
}

/// Writes both; groups only where they are fewer than the rows, since they would be most of a file
/// that uses few of many buckets. Throws `Error` for buckets that `check` does not let pass.
inline void write_buckets(SectionFileWriter& file, const BucketRows& rows) {
    rows.check();
    file.array(bucket_section, rows.used());
    if (BucketLookup::groups_of(rows.buckets()) >= rows.size()) return;
    if (!rows.lookup().empty()) return file.array(bucket_group_section, rows.lookup().groups());
    file.array(bucket_group_section, BucketLookup(rows.used(), rows.buckets()).groups());
}

/// Throws `FormatError` for buckets that do not rise, and groups that are not theirs. O(buckets /
/// 64 + rows).
inline void verify_buckets(const SectionFile& file, const BucketRows& rows) {
    try {
        rows.check();
    } catch (const Error& error) {
        file.fail_in(bucket_section, error.what());
    }
}

} // namespace firth::detail
