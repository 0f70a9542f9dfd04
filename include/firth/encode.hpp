#pragma once

/// Everything in `firth/encode/` but `fit_sif.hpp`, which needs Eigen.

#include <firth/encode/classifier.hpp>
#include <firth/encode/classifier_file.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/encode/shrink_classifier.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/word_mean_encoder.hpp>
#include <firth/encode/word_table.hpp>
