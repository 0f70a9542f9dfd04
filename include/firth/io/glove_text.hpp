#pragma once

#include <string>
#include <string_view>

#include <firth/base/atomic_file.hpp>
#include <firth/io/word2vec_common.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/word_vectors.hpp>

/// GloVe's text format: word2vec's without its first line.
namespace firth {

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError`, and `Error`
/// for words that no reader of the format could read back.
inline void write_glove_text(const WordVectors<float>& vectors, const std::string& path) {
    detail::check_writable(vectors, path);
    AtomicFile file(path);
    detail::write_text_rows(vectors, [&](std::string_view part) { file.write(part); });
    file.commit();
}

} // namespace firth
