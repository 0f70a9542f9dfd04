#pragma once

#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format_list.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/native_format.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/safetensors.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_text.hpp>

namespace firth {

/// Every format that firth knows: the one list that reading, writing and recognising go by. Those
/// with a mark come first; vecs, models of fastText from before its mark and texts are known by
/// their looks, in this order.
using KnownFormats = FormatList<NativeFormat, NpyFormat, SafetensorsFormat, Word2VecTextFormat,
                                Word2VecBinaryFormat, BvecsFormat, IvecsFormat, FvecsFormat,
                                FastTextFormat, ProjectorFormat, GloveTextFormat>;

static_assert(WritableFormat<NativeFormat> && WritableFormat<NpyFormat> &&
              WritableFormat<SafetensorsFormat> && WritableFormat<Word2VecTextFormat> &&
              WritableFormat<Word2VecBinaryFormat> && WritableFormat<BvecsFormat> &&
              WritableFormat<IvecsFormat> && WritableFormat<FvecsFormat> &&
              WritableFormat<ProjectorFormat> && WritableFormat<GloveTextFormat>);
static_assert(VectorFormatDescription<FastTextFormat> && !WritableFormat<FastTextFormat>);

} // namespace firth
