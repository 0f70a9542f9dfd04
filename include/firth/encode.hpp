#pragma once

/// Everything in `firth/encode/` but `fit_sif.hpp` and `distill_static.hpp`, which need Eigen,
/// and `sentence_encoder_file.hpp` and `static_encoder_file.hpp`, which need nlohmann/json.

#include <firth/encode/classifier.hpp>
#include <firth/encode/classifier_file.hpp>
#include <firth/encode/dense_layer.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/encode/pooling.hpp>
#include <firth/encode/sentence_encoder.hpp>
#include <firth/encode/shrink_classifier.hpp>
#include <firth/encode/static_encoder.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/transformer/model_tensors.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/encode/transformer/transformer_steps.hpp>
#include <firth/encode/word_mean_encoder.hpp>
#include <firth/encode/word_table.hpp>
