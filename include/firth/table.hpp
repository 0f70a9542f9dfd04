#pragma once

/// Everything in `firth/table/`.

#include <firth/table/bit_table.hpp>
#include <firth/table/bucket_lookup.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/convert_table.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_scorer.hpp>
#include <firth/table/label_tree.hpp>
#include <firth/table/mapped_symbols.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/quantized_table.hpp>
#include <firth/table/relabel.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
