#pragma once

/// Everything in `firth/corpus/`.

#include <firth/corpus/cooccurrence.hpp>
#include <firth/corpus/cooccurrence_file.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/corpus_file.hpp>
#include <firth/corpus/count_cooccurrences.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/corpus/sequence_source.hpp>
#include <firth/corpus/split_examples.hpp>
