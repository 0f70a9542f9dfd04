#pragma once

/// Everything in `firth/encode/`.

#include <firth/encode/classifier.hpp>
#include <firth/encode/classifier_file.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/encode/shrink_classifier.hpp>
#include <firth/encode/word_table.hpp>
