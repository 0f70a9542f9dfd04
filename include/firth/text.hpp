#pragma once

/// Everything in `firth/text/`.

#include <firth/text/decoder.hpp>
#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/metaspace.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/sentencepiece.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/labelled_line.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/normalizers/sentencepiece_normalizer.hpp>
#include <firth/text/phrases.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/subword_model.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/tokenize.hpp>
#include <firth/text/tokenizers/sentencepiece_bpe.hpp>
#include <firth/text/tokenizers/sentencepiece_model.hpp>
#include <firth/text/tokenizers/unigram.hpp>
