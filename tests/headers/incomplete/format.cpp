// A file format without `load`: the compiler must name it.

#include <firth/io/formats.hpp>

#include <memory>

struct Mine {
    static constexpr firth::VectorFormat format{.name = "mine"};
    static bool recognize(const firth::FileSample& file) { return file.bytes().empty(); }
    static std::unique_ptr<firth::RowReader> rows(const firth::OpenedFile& file,
                                                  const firth::ReadOptions& options);
};

using MyFormats = firth::KnownFormats::with<Mine>;
