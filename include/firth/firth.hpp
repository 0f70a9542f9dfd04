#pragma once

/// Everything.

#include <firth/base.hpp>
#include <firth/corpus.hpp>
#include <firth/encode.hpp>
#include <firth/eval.hpp>
#include <firth/io.hpp>
#include <firth/math.hpp>
#include <firth/query.hpp>
#include <firth/search.hpp>
#include <firth/simd.hpp>
#include <firth/table.hpp>
#include <firth/text.hpp>
#include <firth/train.hpp>
